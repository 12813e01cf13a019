import { afterEach, describe, expect, it } from "vitest";

import { speak } from "../words/language";
import { at, dayText, exactly, inDay, inYear, left, span } from "./time";

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

describe("in English", () => {
  afterEach(() => speak("zh"));
  it("writes dates and spans as English does, in the authority's zone", async () => {
    expect([inYear(NOON), inDay(NOON), dayText(NOON)]).toEqual(["11-22 12:05", "12:05", "2026-11-22"]);
    await speak("en");
    expect([at(NOON), exactly(NOON), inYear(NOON), inDay(NOON), dayText(NOON)]).toEqual(["22 Nov 2026, 12:05", "22 Nov 2026, 12:05:06", "22 Nov, 12:05", "12:05", "2026-11-22"]);
    expect([span(20_000), span(51 * 3_600_000), left(NOON, NOON + 3_600_000)]).toEqual(["less than 1 minute", "2 days 3 hours", "1 hour overdue"]);
  });
});
