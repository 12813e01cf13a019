import { afterEach, expect, test } from "vitest";

import { speak } from "./language";
import { seasonName } from "./season";

afterEach(() => speak("zh"));

test("a campaign whose plan is held has its name", async () => {
  expect(seasonName("2023-24", "2023-10-01", "2024-03-31")).toBe("2023-24 攻坚季");
  await speak("en");
  expect(seasonName("2023-24", "2023-10-01", "2024-03-31")).toBe("Season 2023-24");
});

test("one whose plan is not held is named by its days, and never by another season", async () => {
  expect(seasonName("", "2026-10-01", "2027-03-31")).toBe("2026-10-01 至 2027-03-31 攻坚季（方案未收录）");
  await speak("en");
  expect(seasonName("", "2026-10-01", "2027-03-31")).toBe("Season 2026-10-01 to 2027-03-31 (its plan is not held)");
});

test("between campaigns there is nothing to name", () => {
  expect(seasonName("", null, null)).toBe("");
});
