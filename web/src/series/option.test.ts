import { expect, it } from "vitest";

import { broken, limitAt, optionOf, stairs, type Curve } from "./option";

const HOUR = 3_600_000;
const points = [0, 1, 2, 5, 6].map((hour) => ({ time_ms: hour * HOUR, value: 10 + hour, flag: hour === 1 ? "C" : "N" }));
const curve: Curve = { factor: "a21026", stat: "avg", points };
const COLOURS = { ink: "#111", soft: "#222", line: "#333", brand: "#444", grave: "#555", high: "#777", calm: "#888", wash: "#666" };

it("breaks the line where hours are missing and nowhere else", () => {
  expect(broken(points).map((point) => point.value)).toEqual([10, 11, 12, null, 15, 16]);
  expect(broken(points.slice(0, 1))).toHaveLength(1);
  expect(broken([])).toEqual([]);
});

it("draws the strictest limit that held, from its day on", () => {
  const limits = [{ value: 35, from: 0, to: 0 }, { value: 10, from: 3 * HOUR, to: 5 * HOUR }];
  expect(stairs(limits, HOUR, 6 * HOUR)).toEqual([
    [HOUR, 35], [3 * HOUR, 35], [3 * HOUR, 10], [5 * HOUR, 10], [5 * HOUR, 35], [6 * HOUR, 35],
  ]);
  expect(limitAt(limits, 4 * HOUR)).toBe(10);
  expect(limitAt(limits, 5 * HOUR)).toBe(35);
  expect(limitAt([], 0)).toBeUndefined();
  expect(stairs([], 0, HOUR)).toEqual([[0, null], [HOUR, null]]);
});

it("marks what is over the limit and what carries a data mark, in the authority's time", () => {
  const option = optionOf(curve, [{ value: 14, from: 0, to: 0 }], [{ word: "停运", from: 0, to: HOUR }], { from: 0, to: 6 * HOUR }, { unit: "mg/m³", flags: { C: "校准" } }, COLOURS);
  const series = Array.isArray(option.series) ? option.series : [];
  const data = (series[0]?.data ?? []) as { value: [number, unknown]; symbol: string; label?: { formatter: string } }[];
  expect(data.map((row) => row.symbol)).toEqual(["none", "circle", "none", "none", "circle", "circle"]);
  expect(data[1]?.label?.formatter).toBe("C");
  expect(data[0]?.value[0]).toBe(8 * HOUR);
});
