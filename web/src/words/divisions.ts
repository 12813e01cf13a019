import { reactive } from "vue";

import { api, told } from "../api/client";

// Cities of the campaign (GB/T 2260; autumn-winter plans of 2019 and 2020). The registry's own divisions go before these.
const CITIES =
  "110000北京 120000天津 130000河北 130100石家庄 130200唐山 130300秦皇岛 130400邯郸 130500邢台 130600保定 130700张家口 130800承德 130900沧州 " +
  "131000廊坊 131100衡水 140000山西 140100太原 140200大同 140300阳泉 140400长治 140500晋城 140600朔州 140700晋中 140800运城 140900忻州 141000临汾 " +
  "141100吕梁 370000山东 370100济南 370300淄博 370800济宁 371400德州 371500聊城 371600滨州 371700菏泽 410000河南 410100郑州 410200开封 410300洛阳 " +
  "410500安阳 410600鹤壁 410700新乡 410800焦作 410900濮阳 411200三门峡 610000陕西 610100西安 610200铜川 610300宝鸡 610400咸阳 610500渭南";

const names = reactive(new Map<string, string>(CITIES.split(" ").map((row) => [row.slice(0, 6), row.slice(6)])));
names.set("000000", "全国");

/** 石家庄 for 130100 and, when its county is not known, 石家庄 130102; the code for what nobody named. */
export function divisionName(code: string): string {
  if (!code) return "—";
  const own = names.get(code);
  if (own) return own;
  const city = names.get(`${code.slice(0, 4)}00`) ?? names.get(`${code.slice(0, 2)}0000`);
  return city ? `${city} ${code}` : code;
}

/** Codes and names, for a choice of cities. */
export function knownDivisions(): [string, string][] {
  return [...names.entries()].sort(([one], [other]) => one.localeCompare(other));
}

/** Takes the campaign's list and what the registry says; without them the shipped names stay. */
export async function readDivisions() {
  try {
    for (const row of await told(api.GET("/v1/divisions"))) names.set(row.code, row.name);
    const page = await told(api.GET("/v1/registry/{kind}", { params: { path: { kind: "division" }, query: { limit: 1000 } } }));
    for (const row of page.items) {
      const name = (row.entity as { name?: unknown }).name;
      if (typeof name === "string") names.set(row.id, name);
    }
  } catch {
    // shown names are a comfort: their absence is no trouble of its own
  }
}
