import { describe, expect, it } from "vitest";

import { scaleOf } from "./scale";

describe("the drawing of readings against their limit", () => {
  it("keeps room for the limit and marks what lies above it", () => {
    const scale = scaleOf([{ at: 2, value: 80 }, { at: 1, value: 20 }], 35, 720, 220);
    expect(scale.dots.map((dot) => dot.over)).toEqual([false, true]);
    expect(scale.dots[0]?.at).toBe(1);
    expect(scale.limitY).toBeLessThan(scale.dots[0]?.y ?? 0);
    expect(scale.limitY).toBeGreaterThan(scale.dots[1]?.y ?? 0);
  });
  it("draws nothing odd without values, with one value, with equal and with negative ones", () => {
    for (const points of [[], [{ at: 1, value: 5 }], [{ at: 1, value: 0 }, { at: 2, value: 0 }], [{ at: 1, value: -3 }]]) {
      const scale = scaleOf(points, undefined, 720, 220);
      const numbers = [...scale.ticks.map((tick) => tick.y), ...scale.dots.flatMap((dot) => [dot.x, dot.y])];
      expect(numbers.every((number) => Number.isFinite(number) && number >= -1 && number <= 720)).toBe(true);
      expect(scale.ticks.length).toBeGreaterThan(1);
    }
  });
  it("leaves out what is no number", () => {
    expect(scaleOf([{ at: 1, value: Number.NaN }], 1, 720, 220).dots).toEqual([]);
  });
});
