import { computed, reactive } from "vue";

import { api, told, type Schemas } from "../api/client";
import { language, phrase, table } from "./language";

// What the registry says goes before the shipped names; in English the shipped ones, since the registry's are Chinese.
const SHIPPED = table("DIVISIONS");
const registered = reactive(new Map<string, string>());
const counties = reactive(new Map<string, Schemas["CountyOut"]>());
let countiesAsked = false;

function nameOf(code: string): string | undefined {
  return language() === "en" ? (SHIPPED[code] ?? registered.get(code)) : (registered.get(code) ?? SHIPPED[code]);
}

/** 石家庄 for 130100, 石家庄长安区 for 130102 and, when nobody lists the county, 石家庄 130199; the code for what nobody named. */
export function divisionName(code: string): string {
  if (!code) return "—";
  const own = nameOf(code);
  if (own) return own;
  const city = nameOf(`${code.slice(0, 4)}00`) ?? nameOf(`${code.slice(0, 2)}0000`);
  const county = counties.get(code);
  if (!county && code.length === 6) void readCounties();
  if (!city || !county) return city ? `${city} ${code}` : code;
  return phrase(county.kind === "former" ? "divisions.formerCounty" : "divisions.county", { city, county: county.name });
}

/** Takes the names of counties. */
export function takeCounties(rows: readonly Schemas["CountyOut"][]) {
  for (const row of rows) counties.set(row.code, row);
}

// 600 names that only some pages show: they are read when the first of them is needed, once.
async function readCounties() {
  if (countiesAsked) return;
  countiesAsked = true;
  try {
    takeCounties(await told(api.GET("/v1/divisions/counties")));
  } catch {
    countiesAsked = false; // shown names are a comfort: the next page asks again
  }
}

/** Codes and names, for a choice of cities. */
export function knownDivisions(): [string, string][] {
  return [...new Set([...Object.keys(SHIPPED), ...registered.keys()])].map((code): [string, string] => [code, nameOf(code) ?? code]).sort(([one], [other]) => one.localeCompare(other));
}

/** Names by code for a choice; the same object until a name changes, so that no choice is drawn anew meanwhile. */
export const divisionWords = computed(() => Object.fromEntries(knownDivisions()));

/** Cities alone, for a choice; of the provinces those that are cities themselves. */
export const cityWords = computed(() =>
  Object.fromEntries(knownDivisions().filter(([code]) => code.endsWith("00") && (!code.endsWith("0000") || code === "110000" || code === "120000"))),
);

/** Takes the campaign's list and what the registry says; without them the shipped names stay. */
export async function readDivisions() {
  try {
    for (const row of await told(api.GET("/v1/divisions"))) registered.set(row.code, row.name);
    const page = await told(api.GET("/v1/registry/{kind}", { params: { path: { kind: "division" }, query: { limit: 1000 } } }));
    for (const row of page.items) {
      const name = (row.entity as { name?: unknown }).name;
      if (typeof name === "string") registered.set(row.id, name);
    }
  } catch {
    // shown names are a comfort: their absence is no trouble of its own
  }
}
