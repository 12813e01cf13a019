import { onBeforeUnmount, readonly, ref } from "vue";

import type { Me } from "./session";

// Due dates count by the ledger's clock, which in a demonstration runs faster than the wall's.
let base = { suite: 0, wall: 0, rate: 1 };

export function setClock(me: Pick<Me, "now_ms" | "rate">) {
  base = { suite: me.now_ms, wall: Date.now(), rate: me.rate };
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
