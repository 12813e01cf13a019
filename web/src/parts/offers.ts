import type { Schemas } from "../api/client";
import { checkedBody, freshAnswers, type Checked, type CheckList } from "./checking";

export type Offer = Schemas["OfferOut"];
export type Field = Offer["fields"][number];

/** What moves a subject on comes first, what ends it badly last; the rest as the machine lists it. */
const FIRST = [
  "accept", "inspect", "confirm", "acknowledge", "submit-plan", "approve-plan", "start", "report", "complete-milestone", "request-close", "verify",
  "verify-province", "publicise", "close", "assign", "screen", "dispatch", "call-unfounded", "draw", "pass-recheck",
];
const GRAVE = new Set(["void", "propose-void", "to-police", "refuse", "reject-plan", "fail-recheck", "reopen", "deny-extension"]);

export function inOrder(offers: readonly Offer[]): Offer[] {
  const place = (offer: Offer) => {
    if (GRAVE.has(offer.move)) return 200;
    if (offer.move === "note") return 150;
    const first = FIRST.indexOf(offer.move);
    return first < 0 ? 100 : first;
  };
  return [...offers].sort((one, other) => place(one) - place(other));
}

export function isGrave(move: string): boolean {
  return GRAVE.has(move);
}

export interface Milestone {
  name: string;
  due: string;
}

export interface Piece {
  kind: string;
  id: string;
}

export type Values = Record<string, unknown>;

/** What a form starts with. `list`: the check list that the offers ask for. */
export function freshValues(offer: Offer, dossier: readonly string[], known: Values = {}, list?: CheckList): Values {
  const values: Values = { reason: "" };
  for (const field of offer.fields) {
    if (field.kind === "flag") values[field.name] = false;
    else if (field.kind === "milestones") values[field.name] = [{ name: "", due: "" }] satisfies Milestone[];
    else if (field.kind === "evidence") values[field.name] = pieces(offer.move, dossier);
    else if (field.kind === "check-list") values[field.name] = list ? freshAnswers(list) : "";
    else values[field.name] = known[field.name] ?? "";
  }
  return values;
}

function pieces(move: string, dossier: readonly string[]): Piece[] {
  const wanted = move === "request-close" ? dossier : ["photo"];
  return wanted.map((kind) => ({ kind, id: "" }));
}

/** A local time of the authority (`2026-11-22T16:00`) as ms; 0 when it is none. China has one zone and no summer time. */
export function momentOf(text: unknown): number {
  const ms = Date.parse(`${String(text)}:00+08:00`);
  return Number.isFinite(ms) ? ms : 0;
}

/** The body of a move from what was typed: empty optional inputs are left out, lists are one row each. */
export function bodyOf(offer: Offer, values: Values): Record<string, unknown> {
  const body: Record<string, unknown> = { move: offer.move };
  const reason = String(values.reason ?? "").trim();
  if (reason) body.reason = reason;
  for (const field of offer.fields) {
    const value = fieldValue(field, values[field.name]);
    if (value !== undefined) body[field.name] = value;
  }
  return body;
}

function fieldValue(field: Field, value: unknown): unknown {
  switch (field.kind) {
    case "flag":
      return value === true ? true : field.required ? false : undefined;
    case "time":
      return momentOf(value) || undefined;
    case "count":
    case "number":
      return value === "" || value === null || value === undefined ? undefined : Number(value);
    case "check-list":
      return value ? checkedBody(value as Checked) : undefined;
    case "texts": {
      const lines = String(value ?? "").split(/[\n，,]/).map((line) => line.trim()).filter(Boolean);
      return lines.length ? lines : undefined;
    }
    case "milestones": {
      const rows = ((value ?? []) as Milestone[]).filter((row) => row.name.trim() && momentOf(row.due));
      return rows.length ? rows.map((row) => ({ name: row.name.trim(), due_ms: momentOf(row.due) })) : undefined;
    }
    case "evidence": {
      const rows = ((value ?? []) as Piece[]).filter((row) => row.kind.trim() && row.id.trim());
      return rows.length ? rows.map((row) => ({ kind: row.kind.trim(), id: row.id.trim() })) : undefined;
    }
    default:
      return String(value ?? "").trim() || undefined;
  }
}

/** Names of the inputs that are still wanted. */
export function missing(offer: Offer, values: Values): string[] {
  const body = bodyOf(offer, values);
  const names = offer.fields.filter((field) => field.required && body[field.name] === undefined).map((field) => field.name);
  return offer.reason_required && !body.reason ? [...names, "reason"] : names;
}
