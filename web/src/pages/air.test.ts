import { expect, test } from "vitest";

import { cityAir, warnings, type Indexed } from "./air";

const hour = (division_code: string) => ({ division_code, hour_ms: 1, stations: 2, means: { a34004: 75 } });
const indexed = (id: string, value: number | null, published = value): Indexed => ({
  id, value, published, primary: ["a34004"], missing: [], category: value === null ? null : { zh: "轻度污染", colour: "#FF7E00" }, version: "HJ 633-2026",
});

test("the worst air comes first; what can not be computed last; what may not be published is said", () => {
  const found = cityAir([hour("130100"), hour("130200"), hour("130300"), hour("130400")], [indexed("130100", 40, null), indexed("130200", 114), indexed("130300", null)]);
  expect(found.map((row) => [row.division, row.index, row.partial, row.word])).toEqual([
    ["130200", 114, false, "轻度污染"],
    ["130100", 40, true, "轻度污染"],
    ["130300", null, false, "无法计算"],
    ["130400", null, false, "无法计算"],
  ]);
});

const duty = (source_id: string, more: object = {}, division_code = "130102") => ({
  voided: false, division_code, entity: { source_id, warning_id: "w1", level: "orange", start_ms: 10, end_ms: 0, ...more },
});

test("a warning binds the sources whose duties are in force now", () => {
  const found = warnings(
    [
      duty("a"), duty("a", { start_ms: 5 }), duty("b", {}, "130202"), duty("c", { start_ms: 101 }), duty("d", { end_ms: 100 }),
      { ...duty("e"), voided: true }, duty("f", { warning_id: "w0", level: "red", end_ms: 101 }, ""),
    ],
    100,
  );
  expect(found).toEqual([
    { id: "w0", level: "red", divisions: [], sources: 1, sinceMs: 10 },
    { id: "w1", level: "orange", divisions: ["130100", "130200"], sources: 2, sinceMs: 5 },
  ]);
});
