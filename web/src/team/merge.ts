import type { Schemas } from "../api/client";
import type { CheckList } from "../parts/checking";
import { either, phrase, table } from "../words/language";
import { word } from "../words/words";

const FOUND = table("FOUND");
type Entry = Schemas["EntryOut"];

export interface Mine {
  move: string;
  seen: number;
}

export type Judgement =
  /** Nothing that matters happened meanwhile, or it was this very request: send it on this revision. */
  | { go: true; revision: number }
  /** Somebody else moved it on: a person decides what becomes of mine. */
  | { go: false; theirs: Entry[] };

/** Whether what was decided without a network still fits what the ledger says now. Pure. */
export function judge(mine: Mine, now: { revision: number; history: readonly Entry[] }, account: string): Judgement {
  const since = now.history.filter((entry) => entry.sequence > mine.seen);
  if (since.some((entry) => entry.actor.actor_id === account && entry.move === mine.move)) return { go: true, revision: now.revision };
  const theirs = since.filter((entry) => entry.actor.actor_id !== account && entry.from_state !== entry.to_state);
  return theirs.length ? { go: false, theirs } : { go: true, revision: now.revision };
}

/** The moves of a visit, in the order a lead takes them. */
const WAY = ["accept", "inspect", "confirm", "confirm-partly", "propose-unfounded", "call-not-reachable"];

/** What is still to be done before `verdict` from a stage. */
export function wayTo(verdict: string, stage: string, queued: readonly string[]): string[] {
  const needed = ["accept", "inspect", verdict];
  const done = stage === "accepted" ? 1 : stage === "inspecting" ? 2 : 0;
  return needed.slice(done).filter((move) => !queued.includes(move));
}

/** Where a lead stands for whoever waits for the network: the last queued move counts as made. */
export function stageAfter(stage: string, queued: readonly string[]): string {
  const last = [...queued].reverse().find((move) => WAY.includes(move));
  const AFTER: Record<string, string> = { accept: "accepted", inspect: "inspecting", confirm: "confirmed", "confirm-partly": "partly", "call-not-reachable": "not-reachable" };
  return (last && AFTER[last]) ?? stage;
}

/** A body with the ids that the ledger gave to photos of this phone, also where an item of the check list names them. Pure. */
export function withSent(body: Record<string, unknown>, sent: ReadonlyMap<string, string>): Record<string, unknown> {
  const now = (id: string) => sent.get(id) ?? id;
  const evidence = (body.evidence as { kind: string; id: string }[]).map((row) => ({ ...row, id: now(row.id) }));
  const list = body.check_list as Schemas["AnsweredIn"] | undefined;
  if (!list) return { ...body, evidence };
  return { ...body, evidence, check_list: { ...list, answers: list.answers.map((row) => ({ ...row, evidence: (row.evidence ?? []).map(now) })) } };
}

type Checklist = Schemas["AnsweredIn"] | undefined;

/** The problems of a check list in words; an item that the list of this phone does not name keeps its code. */
function checkWords(found: Checklist, list?: CheckList | null): string {
  const named = new Map(list?.items.map((item) => [item.item, either(item)]));
  return (found?.answers ?? [])
    .filter((row) => row.found === "problem")
    .map((row) => [word(FOUND, row.found), named.get(row.item) ?? row.item, row.note].filter(Boolean).join(" "))
    .join(phrase("any.semicolon"));
}

/** What is said in a note when the move itself is no longer possible: nothing found on site is lost. */
export function asNote(title: string, body: Record<string, unknown>, list?: CheckList | null): string {
  const parts = [body.conclusion, body.reason, body.code, checkWords(body.check_list as Checklist, list)].filter((part): part is string => typeof part === "string" && part !== "");
  return phrase("merge.theResultFromTheSite", { title, parts: parts.join(phrase("any.semicolon")) || phrase("merge.noWords") }).slice(0, 4000);
}
