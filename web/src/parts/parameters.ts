// Parameters of a rule: what is in force, what somebody typed, whether it may be, and what a replay said of it. Pure.

import type { Changeable, Rule, RuleSet } from "../api/elsewhere";
import type { Schemas } from "../api/client";
import { factorName } from "../words/factors";
import { phrase } from "../words/language";
import { PARAMETERS, word } from "../words/words";

export type Replay = Schemas["ReplayOut"];
export type Typed = Record<string, string>;

const HOUR_MS = 3_600_000;
const AHEAD_MS = 10 * 60_000;

/** `floors.a21026` → 低值界限（二氧化硫）. */
export function nameOf(path: string): string {
  const [first = path, second] = path.split(".");
  if (first === "closing" && second) return word(PARAMETERS, `closing.${second}`);
  return second ? phrase("parameters.firstSecond", { first: word(PARAMETERS, first), second: factorName(second) }) : word(PARAMETERS, first);
}

export function bounds(one: Changeable): string {
  return phrase("parameters.to", { low: one.low, high: one.high, unit: one.unit ? ` ${one.unit}` : "" });
}

/** The set in force at a time: the last effective one that has begun. */
export function inForce(rule: Rule, now: number): RuleSet | undefined {
  return (rule.sets ?? []).filter((one) => one.effective && one.from_ms <= now).at(-1);
}

/** The set that a form starts from: the last that was made, so that nothing set before is lost. */
export function last(rule: Rule): RuleSet | undefined {
  return (rule.sets ?? []).filter((one) => one.effective).at(-1);
}

/** Values of the rule's numbers under a set; without one those of the catalogue. */
export function under(rule: Rule, set: RuleSet | undefined): Record<string, number> {
  return Object.fromEntries(Object.entries(rule.changeable ?? {}).map(([path, one]) => [path, set?.values[path] ?? one.value]));
}

/** Why a typed value can not be; empty when it can. */
export function wrong(one: Changeable, text: string): string {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) return phrase("parameters.enterANumber");
  if (value < one.low || value > one.high) return phrase("parameters.mustLieWithin", { one: bounds(one) });
  return one.whole && !Number.isInteger(value) ? phrase("parameters.mustBeAWholeNumber") : "";
}

export function anyWrong(rule: Rule, typed: Typed): boolean {
  return Object.entries(rule.changeable ?? {}).some(([path, one]) => wrong(one, typed[path] ?? "") !== "");
}

/** All that differs from the catalogue, in the order of the paths: what a replay and a set hold. */
export function values(rule: Rule, typed: Typed): { path: string; value: number }[] {
  return Object.entries(rule.changeable ?? {})
    .map(([path, one]) => ({ path, value: Number(typed[path]), standard: one.value }))
    .filter((one) => one.value !== one.standard)
    .map(({ path, value }) => ({ path, value }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Whether the typed values are others than those of a set. */
export function differs(rule: Rule, set: RuleSet | undefined, typed: Typed): boolean {
  return Object.entries(under(rule, set)).some(([path, value]) => Number(typed[path]) !== value);
}

/** Whether a replay was of exactly these values. */
export function isOf(replay: Replay, wanted: readonly { path: string; value: number }[]): boolean {
  const sorted = [...replay.values].sort((one, other) => (one.path < other.path ? -1 : 1));
  return JSON.stringify(sorted.map((one) => [one.path, one.value])) === JSON.stringify(wanted.map((one) => [one.path, one.value]));
}

/** Full hours from which a set may hold, the earliest first. */
export function firstHour(now: number): number {
  return Math.ceil((now + AHEAD_MS) / HOUR_MS) * HOUR_MS;
}

/** Number of the next set: a voided one counts, so the replay knows it best. */
export function idOf(replay: Replay): string {
  return `${replay.rule_id}.${replay.base_version}.${replay.number}`;
}

export interface Tally {
  added: number;
  gone: number;
  changed: number;
  same: number;
}

/** Leads of the changed rule, and of all others together. */
export function tallies(replay: Replay): { own: Tally; others: Tally } {
  const none = (): Tally => ({ added: 0, gone: 0, changed: 0, same: 0 });
  const found = { own: none(), others: none() };
  for (const row of replay.counts ?? []) {
    const into = row.rule_id === replay.rule_id ? found.own : found.others;
    for (const name of ["added", "gone", "changed", "same"] as const) into[name] += row[name];
  }
  return found;
}
