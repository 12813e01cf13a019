import { describe, expect, it } from "vitest";

import type { Rule } from "../api/elsewhere";
import { versionText } from "../format/version";
import { anyWrong, bounds, differs, firstHour, idOf, inForce, isOf, last, nameOf, tallies, under, values, wrong, type Replay } from "./parameters";

const HOUR = 3_600_000;
const one = (value: number, low: number, high: number, whole = false, unit = "") => ({ value, low, high, unit, whole });
const set = (number: number, from: number, held: Record<string, number>, effective = true) => ({
  rule_id: "r", number, base_version: 2, from_ms: from, values: held, reason: "", changed_by: "a", changed_ms: 0, replay_id: "", effective,
});
const rule = {
  id: "r", version: 2, changeable: { high_ratio: one(2, 1.1, 10), high_hours: one(3, 1, 24, true, "h") },
  sets: [set(1, 10, { high_ratio: 3 }), set(2, 20, { high_ratio: 4 }), set(3, 30, { high_ratio: 5 }, false)],
} as unknown as Rule;
const replay = (other: Partial<Replay> = {}): Replay =>
  ({ replay_id: "x", state: "done", rule_id: "r", base_version: 2, number: 3, values: [], counts: [], leads: [], ...other }) as unknown as Replay;

describe("what is in force", () => {
  it("is the last effective set that has begun", () => {
    expect([5, 10, 25, 99].map((at) => inForce(rule, at)?.number)).toEqual([undefined, 1, 2, 2]);
    expect(last(rule)?.number).toBe(2);
    expect(under(rule, inForce(rule, 10))).toEqual({ high_ratio: 3, high_hours: 3 });
    expect(under(rule, undefined)).toEqual({ high_ratio: 2, high_hours: 3 });
  });
});

describe("what is typed", () => {
  it("is held against its bounds", () => {
    const [ratio, hours] = [one(2, 1.1, 10), one(3, 1, 24, true, "h")];
    expect([wrong(ratio, "1.1"), wrong(ratio, "10"), wrong(hours, "24")]).toEqual(["", "", ""]);
    expect(wrong(ratio, "10.1")).toBe("须在 1.1 至 10 之内");
    expect(wrong(hours, "0")).toContain("1 至 24 h");
    expect(wrong(hours, "2.5")).toBe("须为整数");
    expect([wrong(ratio, ""), wrong(ratio, " "), wrong(ratio, "two"), wrong(ratio, "Infinity")]).toEqual(Array(4).fill("请填写数字"));
    expect(bounds(hours)).toBe("1 至 24 h");
    expect(anyWrong(rule, { high_ratio: "2", high_hours: "x" })).toBe(true);
    expect(anyWrong(rule, { high_ratio: "2", high_hours: "4" })).toBe(false);
  });

  it("is sent as what differs from the catalogue, not from the last set", () => {
    expect(values(rule, { high_ratio: "1.5", high_hours: "4" })).toEqual([{ path: "high_hours", value: 4 }, { path: "high_ratio", value: 1.5 }]);
    expect(values(rule, { high_ratio: "2", high_hours: "3" })).toEqual([]);
    expect(differs(rule, last(rule), { high_ratio: "2", high_hours: "3" })).toBe(true);
    expect(differs(rule, last(rule), { high_ratio: "4", high_hours: "3" })).toBe(false);
  });
});

describe("a replay", () => {
  it("is of exactly the values it was run with", () => {
    const ran = replay({ values: [{ path: "high_ratio", value: 1.5 }, { path: "high_hours", value: 4 }] });
    expect(isOf(ran, values(rule, { high_ratio: "1.5", high_hours: "4" }))).toBe(true);
    expect(isOf(ran, values(rule, { high_ratio: "1.6", high_hours: "4" }))).toBe(false);
    expect(isOf(replay(), [])).toBe(true);
  });

  it("is summed for the rule and for the others", () => {
    const counts = [{ rule_id: "r", added: 1, gone: 2, changed: 3, same: 4 }, { rule_id: "a", added: 5, gone: 0, changed: 0, same: 1 }, { rule_id: "b", added: 1, gone: 0, changed: 0, same: 1 }];
    expect(tallies(replay({ counts }))).toEqual({ own: { added: 1, gone: 2, changed: 3, same: 4 }, others: { added: 6, gone: 0, changed: 0, same: 2 } });
  });

  it("names the set that comes of it", () => {
    expect(idOf(replay())).toBe("r.2.3");
  });
});

describe("words", () => {
  it("says versions as leads bear them", () => {
    expect([1, 2, 2001, 12_034].map(versionText)).toEqual(["1", "2", "2.1", "12.34"]);
  });

  it("names parameters, by factor too", () => {
    expect(nameOf("high_ratio")).toBe("较重倍数");
    expect(nameOf("floors.a21026")).toContain("二氧化硫");
    expect(nameOf("closing.breaches")).toBe("连续超出几次才成立");
  });

  it("gives full hours that are far enough ahead", () => {
    expect(firstHour(10 * HOUR)).toBe(11 * HOUR);
    expect(firstHour(10 * HOUR + 51 * 60_000)).toBe(12 * HOUR);
    expect(firstHour(10 * HOUR + 50 * 60_000)).toBe(11 * HOUR);
  });
});
