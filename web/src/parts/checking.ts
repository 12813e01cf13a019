import type { Schemas } from "../api/client";

export type CheckList = Schemas["CheckListOut"];
export type Item = CheckList["items"][number];
export type Found = "" | "problem" | "none" | "not-applicable";

/** What is filled in for one item. `evidence` names pieces of the ledger, or photos of this phone as `photo:<id>`. */
export interface Answer {
  found: Found;
  note: string;
  evidence: string[];
}

/** A check list that is being answered: the list itself stays with it, so that it is answered as it was asked. */
export interface Checked {
  list: CheckList;
  answers: Record<string, Answer>;
}

export function freshAnswers(list: CheckList, kept: Record<string, Answer> = {}): Checked {
  const answers = list.items.map((row) => [row.item, kept[row.item] ?? { ...NOTHING, evidence: [] }] as const);
  return { list, answers: Object.fromEntries(answers) };
}

const NOTHING: Answer = { found: "", note: "", evidence: [] };

export type Lack = "answer" | "why-not" | "note" | "evidence";

/** What an item still wants before the ledger takes it; undefined: nothing. */
export function lackOf(item: Item, answer: Answer | undefined): Lack | undefined {
  if (!answer?.found) return "answer";
  if (answer.found === "not-applicable") return answer.note.trim() ? undefined : "why-not";
  if (answer.found === "none" || !item.when_problem) return undefined;
  if (item.when_problem === "note") return answer.note.trim() ? undefined : "note";
  return answer.evidence.length ? undefined : "evidence";
}

export function lacks(checked: Checked): Item[] {
  return checked.list.items.filter((item) => lackOf(item, checked.answers[item.item]));
}

export function problems(checked: Checked): number {
  return checked.list.items.filter((item) => checked.answers[item.item]?.found === "problem").length;
}

/** Pieces that answers rest on. */
export function evidenceOf(checked: Checked): string[] {
  return [...new Set(Object.values(checked.answers).flatMap((answer) => (answer.found === "problem" ? answer.evidence : [])))];
}

/** As the API takes it; undefined while something is lacking. */
export function checkedBody(checked: Checked): Schemas["AnsweredIn"] | undefined {
  if (lacks(checked).length) return undefined;
  const answers = checked.list.items.map((item) => {
    const answer = checked.answers[item.item] ?? NOTHING;
    return { item: item.item, found: answer.found as Exclude<Found, "">, note: answer.note.trim(), evidence: answer.found === "problem" ? [...answer.evidence] : [] };
  });
  return { list_id: checked.list.list_id, version: checked.list.version, answers };
}
