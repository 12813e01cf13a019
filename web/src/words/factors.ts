import csv from "../../../proto/lantian_proto/factors.csv?raw";
import { either } from "./language";

interface Factor {
  name: { zh: string; en: string };
  unit: string;
}

const byCode = new Map<string, Factor>();
for (const line of csv.split("\n").slice(1)) {
  const [, code, old, zh, en, unit] = line.split(",");
  if (!code || !zh) continue;
  const name = { zh, en: en ?? "" };
  byCode.set(code, { name, unit: unit ?? "" });
  if (old && !byCode.has(old)) byCode.set(old, { name, unit: unit ?? "" });
}

/** 二氧化硫 for a21026 (or 02 of 2005); the code itself when the table does not know it. */
export function factorName(code: string): string {
  return either(byCode.get(code)?.name ?? byCode.get(code.replace(/\d\d$/, "xx"))?.name) || code;
}

export function factorUnit(code: string): string {
  return byCode.get(code)?.unit ?? "";
}
