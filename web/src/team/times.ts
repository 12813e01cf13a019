import { byReckoning, reckoned, type Reckoning } from "../session/clock";

/** What was stamped on this phone, and by which reckoning; rows of before have none. */
export interface Stamped {
  madeMs: number;
  reckoned?: Reckoning;
}

/**
 * What the ledger is told of the phone's time: when it was done, the same at each try, and what that clock shows now, so
 * that the ledger corrects a wrong one. Both by one reckoning, though the phone may have learned better since.
 */
export function timesOf(stamped: Stamped, wall = Date.now()): { happened_ms: number; sent_ms: number } {
  return { happened_ms: stamped.madeMs, sent_ms: Math.round(byReckoning(stamped.reckoned ?? reckoned(), wall)) };
}

/** A stamp of this moment. */
export function stamp(): Required<Stamped> {
  const now = reckoned();
  return { madeMs: Math.round(byReckoning(now)), reckoned: now };
}
