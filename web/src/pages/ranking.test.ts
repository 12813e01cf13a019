import { expect, it } from "vitest";

import { ranking, silent } from "./ranking";

it("counts by city, the one with overdue issues first", () => {
  const open = [
    { division_code: "130102", severity: 4, due_ms: 0 },
    { division_code: "130104", severity: 1, due_ms: 50 },
    { division_code: "410102", severity: 1, due_ms: 5 },
  ];
  expect(ranking(open, 10)).toEqual([
    { division: "410100", open: 1, grave: 0, overdue: 1 },
    { division: "130100", open: 2, grave: 1, overdue: 0 },
  ]);
});

it("knows who is silent now: the newest word of each source", () => {
  const row = (source_id: string, received_ms: number, state: string, start_ms: string) => ({ source_id, received_ms, lead: { state, start_ms } });
  const found = silent([
    row("a", 1, "LEAD_STATE_OPEN", "10"),
    row("a", 2, "LEAD_STATE_CLOSED", "10"),
    row("b", 1, "LEAD_STATE_OPEN", "30"),
    row("c", 1, "LEAD_STATE_EXTENDED", "20"),
  ]);
  expect(found.map((one) => one.source_id)).toEqual(["c", "b"]);
});
