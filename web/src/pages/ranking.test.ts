import { expect, it } from "vitest";

import { ranking } from "./ranking";

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
