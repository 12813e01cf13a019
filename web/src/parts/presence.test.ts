import { expect, test } from "vitest";

import { presenceOf, type Site } from "./presence";

const SITE: Site = { of: "enterprise", latitude: 38.0428, longitude: 114.5149, fence_m: 1000 };
const HERE = { latitude: 38.043, longitude: 114.515, accuracy_m: 12 };

test.each([
  [SITE, HERE, "inside", 24, false],
  [SITE, { ...HERE, latitude: 38.1428 }, "outside", 11119, false],
  [{ ...SITE, of: "" }, HERE, "no-site", -1, false],
  [undefined, HERE, "no-site", -1, false],
  [SITE, null, "no-position", -1, false],
  [{ ...SITE, of: "vehicle" }, HERE, "mobile", -1, false],
  [SITE, { ...HERE, accuracy_m: 3000 }, "inside", 24, true],
] as const)("what a position says: %#", (site, position, presence, away, coarse) => {
  const found = presenceOf(site, position);
  expect([found.presence, found.coarse]).toEqual([presence, coarse]);
  expect(Math.abs(found.away - away)).toBeLessThan(6);
});
