import { onBeforeUnmount, readonly, ref } from "vue";

import type { Me } from "./session";

// Due dates count by the ledger's clock, which in a demonstration runs faster than the wall's.
// What was told last is kept: a phone that starts in a basement still stamps its photos with the ledger's time.
const CLOCK = "lantian.clock";
let base = told();

/** What the ledger's clock showed, what this machine's showed then, and how much faster the first runs. */
export interface Reckoning {
  suite: number;
  wall: number;
  rate: number;
}

function told(): Reckoning {
  try {
    const found = JSON.parse(localStorage.getItem(CLOCK) ?? "null") as Reckoning | null;
    if (found && Number.isFinite(found.suite + found.wall + found.rate)) return found;
  } catch {
    // nothing was kept, or storage is forbidden
  }
  return { suite: 0, wall: 0, rate: 1 };
}

export function setClock(me: Pick<Me, "now_ms" | "rate">) {
  base = { suite: me.now_ms, wall: Date.now(), rate: me.rate };
  try {
    localStorage.setItem(CLOCK, JSON.stringify(base));
  } catch {
    // it lasts as long as the page
  }
}

/** What the ledger's clock shows now; the wall's until it was asked. */
export function nowMs(): number {
  return byReckoning(base);
}

/** The same by a reckoning of before: what is stamped twice by it can be compared, whatever this machine's clock shows. */
export function byReckoning(reckoning: Reckoning, wall = Date.now()): number {
  return reckoning.suite ? reckoning.suite + (wall - reckoning.wall) * reckoning.rate : wall;
}

/** By which nowMs reckons now. */
export function reckoned(): Reckoning {
  return { ...base };
}

/** The present, anew each `ms` of wall time while the page is open. */
export function useNow(ms = 1000) {
  const now = ref(nowMs());
  const timer = window.setInterval(() => (now.value = nowMs()), ms);
  onBeforeUnmount(() => window.clearInterval(timer));
  return readonly(now);
}
