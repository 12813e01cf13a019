import type { Schemas } from "../api/client";
import type { Piece } from "../api/evidence";

type Entry = Schemas["EntryOut"];

const CYCLE = ["reopen", "fail-recheck"];

/**
 * What of the closing dossier is there: the issue's own files, those newer than a reopening counting, and the plan's
 * milestones. Of `pieces` all are shown, those of the lead too.
 */
export function dossierOf(history: readonly Entry[], wanted: readonly string[], pieces: readonly Piece[], own: readonly Piece[]) {
  const again = history.findLast((entry) => CYCLE.includes(entry.move))?.at_ms ?? 0;
  const there = new Set(own.filter((piece) => piece.kind === "photo-before" || piece.received_ms >= again).map((piece) => piece.kind));
  const cycle = history.filter((entry) => entry.at_ms >= again);
  const approved = cycle.some((entry) => entry.move === "approve-plan");
  const plan = approved ? cycle.findLast((entry) => entry.move === "submit-plan") : undefined;
  const done = new Set(cycle.filter((entry) => entry.move === "complete-milestone").map((entry) => Number(entry.fields.milestone)));
  const rows = (plan?.fields.milestones ?? []) as { name: string; due_ms: number }[];
  return {
    wanted: wanted.map((kind) => ({ kind, there: there.has(kind) })),
    milestones: rows.map((row, index) => ({ ...row, done: done.has(index) })),
    // before and after side by side, whatever order they were sent in
    pieces: [...pieces].sort((one, other) => order(one.kind) - order(other.kind)),
  };
}

function order(kind: string): number {
  const place = ["photo-before", "photo-after"].indexOf(kind);
  return place < 0 ? 2 : place;
}
