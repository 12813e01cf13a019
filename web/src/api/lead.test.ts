import { expect, it } from "vitest";

import { linesOf, sentenceOf, type Lead } from "./lead";

const LEAD: Lead = {
  rule_id: "hour-exceedance", rule_version: 1, factor: "a21026", state: "LEAD_STATE_OPEN", retrospective: false, start_ms: "0", end_ms: "0", detected_ms: "0",
  evidence: { readings: [], limit: { limit_id: "l", value: 35, reference_oxygen_percent: 16, basis: "ultra-low", clause: "" }, marks: [] },
};
const reading = (at: number, value: number, flag = "N") => ({ factor: "a21026", stat: "avg", period: "hour", time_ms: String(at), value, flag });

it("draws charts where there are any, with gaps and flags, and the limit at its factor alone", () => {
  const lines = linesOf({
    ...LEAD,
    evidence: {
      ...LEAD.evidence,
      readings: [reading(20, 40, "T")],
      charts: [
        { factor: "a21026", unit: "mg/m³", start_ms: "10", step_ms: "10", values: [30, 40, null, "NaN", 50] },
        { factor: "a19001", unit: "%", start_ms: "10", step_ms: "10", values: [16] },
      ],
    },
  });
  expect(lines.map((line) => [line.title, line.limit])).toEqual([["二氧化硫", 35], ["氧气含量", undefined]].map(([, limit], index) => [lines[index]?.title, limit]));
  expect(lines[0]?.points).toEqual([{ at: 10, value: 30 }, { at: 20, value: 40, flag: "T" }, { at: 50, value: 50 }]);
  expect(lines[0]?.gaps).toEqual([[30, 50]]);
});

it("draws readings otherwise, and sees where they stopped", () => {
  const lines = linesOf({ ...LEAD, evidence: { ...LEAD.evidence, readings: [10, 20, 30, 40, 90].map((at) => reading(at, 1)) } });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.gaps).toEqual([[40, 90]]);
});

it("has a sentence for a lead that says nothing", () => {
  expect(sentenceOf(undefined, "hour-exceedance")).toBe("hour-exceedance");
});
