import { expect, it } from "vitest";

import { linesOf, type Lead } from "./lead";

const EVIDENCE = { frames: [], marks: [], inputs: {} };

function aLead(evidence: Partial<Lead["evidence"]>): Lead {
  return { factor: "a21026", evidence: { readings: [], ...EVIDENCE, ...evidence } } as unknown as Lead;
}

it("draws the lead's own charts, with the limit on its own factor alone", () => {
  const lines = linesOf(
    aLead({
      limit: { limit_id: "l", value: 35, reference_oxygen_percent: 6, basis: "permit", clause: "" },
      charts: [
        { factor: "a21026", unit: "mg/m3", start_ms: 1000, step_ms: 500, values: [1, 2] },
        { factor: "a19001", unit: "%", start_ms: 1000, step_ms: 500, values: [6] },
      ],
    }),
  );
  expect(lines.map((line) => line.limit)).toEqual([35, undefined]);
  expect(lines[0]?.points).toEqual([{ at: 1000, value: 1 }, { at: 1500, value: 2 }]);
});

it("falls back to the readings, one line a factor and statistic", () => {
  const reading = { factor: "a21026", stat: "Avg", period: "hour", value: 1, flag: "N" };
  const lines = linesOf(aLead({ readings: [{ ...reading, time_ms: 2 }, { ...reading, time_ms: 1 }, { ...reading, stat: "ZsAvg", time_ms: 1 }] }));
  expect(lines.map((line) => [line.title, line.points.length])).toEqual([["a21026 Avg", 2], ["a21026 ZsAvg", 1]]);
});
