import { describe, expect, it } from "vitest";

import { at, exactly, left, span } from "./time";

const NOON = Date.UTC(2026, 10, 22, 4, 5, 6);

describe("times are those of the authority", () => {
  it("shows Beijing time, whatever the machine's zone", () => {
    expect(at(NOON)).toBe("2026-11-22 12:05");
    expect(exactly(NOON)).toBe("2026-11-22 12:05:06");
  });
  it("shows nothing for no time", () => {
    expect([at(0), at(null), at(undefined)]).toEqual(["", "", ""]);
  });
});

describe("spans", () => {
  it.each([
    [20_000, "不到1分钟"],
    [5 * 60_000, "5分钟"],
    [60 * 60_000, "1小时"],
    [125 * 60_000, "2小时5分钟"],
    [24 * 3_600_000, "1天"],
    [51 * 3_600_000, "2天3小时"],
  ])("%i ms is %s", (ms, text) => expect(span(ms)).toBe(text));
  it("says how late", () => {
    expect(left(NOON, NOON - 3_600_000)).toBe("还剩1小时");
    expect(left(NOON, NOON + 3_600_000)).toBe("超期1小时");
  });
});
