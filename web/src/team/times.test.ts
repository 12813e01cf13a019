import { expect, it } from "vitest";

import { timesOf } from "./times";

const MINUTE = 60_000;

it("says the same of when it was done at each try, and what the clock shows now", () => {
  const stamped = { madeMs: 1_000_000, reckoned: { suite: 990_000, wall: 500_000, rate: 1 } };
  expect(timesOf(stamped, 520_000)).toEqual({ happened_ms: 1_000_000, sent_ms: 1_010_000 });
  expect(timesOf(stamped, 580_000)).toEqual({ happened_ms: 1_000_000, sent_ms: 1_070_000 });
});

it("lets the ledger find when it was done although the clock is wrong, or runs faster than the wall's", () => {
  for (const rate of [1, 720]) {
    // told at 0 of the wall that the ledger shows 7,000,000; set two hours ahead before the act, a minute after which it is sent
    const reckoned = { suite: 7_000_000, wall: 0, rate };
    const wrong = 120 * MINUTE;
    const madeMs = reckoned.suite + (3 * MINUTE + wrong) * rate;
    const said = timesOf({ madeMs, reckoned }, 4 * MINUTE + wrong);
    const ledgerNow = 7_000_000 + 4 * MINUTE * rate;
    expect(said.happened_ms + (ledgerNow - said.sent_ms)).toBe(7_000_000 + 3 * MINUTE * rate);
  }
});

it("speaks of the wall's clock where the ledger's was never told", () => {
  expect(timesOf({ madeMs: 5, reckoned: { suite: 0, wall: 0, rate: 1 } }, 9)).toEqual({ happened_ms: 5, sent_ms: 9 });
});
