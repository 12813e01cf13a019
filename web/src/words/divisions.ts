import { computed, reactive } from "vue";

import { api, told } from "../api/client";
import { language, table } from "./language";

// What the registry says goes before the shipped names; in English the shipped ones, since the registry's are Chinese.
const SHIPPED = table("DIVISIONS");
const registered = reactive(new Map<string, string>());

function nameOf(code: string): string | undefined {
  return language() === "en" ? (SHIPPED[code] ?? registered.get(code)) : (registered.get(code) ?? SHIPPED[code]);
}

/** 石家庄 for 130100 and, when its county is not known, 石家庄 130102; the code for what nobody named. */
export function divisionName(code: string): string {
  if (!code) return "—";
  const own = nameOf(code);
  if (own) return own;
  const city = nameOf(`${code.slice(0, 4)}00`) ?? nameOf(`${code.slice(0, 2)}0000`);
  return city ? `${city} ${code}` : code;
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
