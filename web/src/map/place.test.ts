import { expect, it } from "vitest";

import { fitting, toPixel, under, zoomed, type Spot } from "./place";

const SPOTS: Spot[] = [
  { id: "a", name: "甲", longitude: 114.5, latitude: 38, city: "石家庄", severity: 4 },
  { id: "b", name: "乙", longitude: 118.2, latitude: 39.6, city: "唐山", severity: 0 },
];

it("shows every spot inside of the drawing", () => {
  const view = fitting(SPOTS, 600, 400);
  for (const spot of SPOTS) {
    const at = toPixel(view, 600, 400, spot.longitude, spot.latitude);
    expect(at.x).toBeGreaterThan(0);
    expect(at.x).toBeLessThan(600);
    expect(at.y).toBeGreaterThan(0);
    expect(at.y).toBeLessThan(400);
  }
});

it("keeps the place under the pointer while it zooms", () => {
  const view = fitting(SPOTS, 600, 400);
  const before = toPixel(view, 600, 400, 114.5, 38);
  const after = toPixel(zoomed(view, 600, 400, before.x, before.y, 2), 600, 400, 114.5, 38);
  expect(after.x).toBeCloseTo(before.x, 6);
  expect(after.y).toBeCloseTo(before.y, 6);
});

it("finds what is pointed at, and nothing far from everything", () => {
  const view = fitting(SPOTS, 600, 400);
  const at = toPixel(view, 600, 400, 118.2, 39.6);
  expect(under(SPOTS, view, 600, 400, at.x + 4, at.y, 10)?.id).toBe("b");
  expect(under(SPOTS, view, 600, 400, 300, 5, 10)).toBeUndefined();
  expect(fitting([], 600, 400).scale).toBeGreaterThan(0);
});
