import csv from "../../../proto/lantian_proto/factors.csv?raw";

interface Factor {
  name: string;
  unit: string;
}

const byCode = new Map<string, Factor>();
for (const line of csv.split("\n").slice(1)) {
  const [, code, old, name, , unit] = line.split(",");
  if (!code || !name) continue;
  byCode.set(code, { name, unit: unit ?? "" });
  if (old && !byCode.has(old)) byCode.set(old, { name, unit: unit ?? "" });
}

/** 二氧化硫 for a21026 (or 02 of 2005); the code itself when the table does not know it. */
export function factorName(code: string): string {
  return byCode.get(code)?.name ?? byCode.get(code.replace(/\d\d$/, "xx"))?.name ?? code;
}

export function factorUnit(code: string): string {
  return byCode.get(code)?.unit ?? "";
}
