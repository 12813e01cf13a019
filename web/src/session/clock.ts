import { onBeforeUnmount, readonly, ref } from "vue";

import type { Me } from "./session";

// Due dates count by the ledger's clock, which in a demonstration runs faster than the wall's.
// What was told last is kept: a phone that starts in a basement still stamps its photos with the ledger's time.
const CLOCK = "lantian.clock";
let base = told();

function told(): { suite: number; wall: number; rate: number } {
  try {
    const found = JSON.parse(localStorage.getItem(CLOCK) ?? "null") as { suite: number; wall: number; rate: number } | null;
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
  return base.suite ? base.suite + (Date.now() - base.wall) * base.rate : Date.now();
}

/** The present, anew each `ms` of wall time while the page is open. */
export function useNow(ms = 1000) {
  const now = ref(nowMs());
  const timer = window.setInterval(() => (now.value = nowMs()), ms);
  onBeforeUnmount(() => window.clearInterval(timer));
  return readonly(now);
}
