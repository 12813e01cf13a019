import type { Schemas } from "../api/client";
import { at } from "../format/time";
import { distanceWords } from "../team/photos";
import { divisionName } from "./divisions";
import { phrase, table } from "./language";
import { EVIDENCE_KINDS } from "./refusals";
import { CATEGORIES, MEASURES, word } from "./words";

const PLACES = table("PLACES");
const PLACE_FLAGS = table("PLACE_FLAGS");

// What only machines care for, or what stands elsewhere on the page.
const HIDDEN = new Set(["clock", "step", "title", "to", "cc", "for_ms", "origin", "lead", "policy", "requests", "lead_sha256", "frames"]);
const TYPED = new Set([
  "unit", "person", "due_ms", "measures", "milestones", "milestone", "note", "peers", "photo_before", "photo_after", "evidence", "days", "conclusion",
  "site_visit", "findings", "notice", "seed", "legal_basis", "case_no", "outcome", "scope", "found", "of", "officers", "code", "division_code",
  "found_as", "valid_from", "valid_to", "measure", "line", "end_condition", "until_ms", "order", "presence", "check_list",
]);

/** What of an entry's inputs people want to read. */
export function shownFields(entry: Schemas["EntryOut"]): [string, unknown][] {
  return Object.entries(entry.fields).filter(([name, value]) => TYPED.has(name) && !HIDDEN.has(name) && value !== "" && value !== null);
}

/** An input of a move as a person reads it. */
export function fieldText(name: string, value: unknown): string {
  if (name.endsWith("_ms") && typeof value === "number") return at(value);
  if (name === "division_code") return divisionName(String(value));
  if (name === "found_as") return word(CATEGORIES, String(value));
  if (name === "measure") return word(MEASURES, String(value));
  if (name === "presence") return presenceText(value as Schemas["PresenceOut"]);
  if (name === "check_list") return listText(value as Schemas["AnsweredOut"]);
  if (name === "milestone") return phrase("fields.nth", { number: Number(value) + 1 });
  if (typeof value === "boolean") return phrase(value ? "any.yes" : "any.no");
  if (Array.isArray(value)) return value.map(piece).join(phrase("any.semicolon"));
  return String(value);
}

function presenceText(found: Schemas["PresenceOut"]): string {
  const away = found.distance_m >= 0 ? phrase("place.away", { away: distanceWords(found.distance_m) }) : "";
  const coarse = found.flags.includes("position-coarse") ? `${phrase("any.semicolon")}${word(PLACE_FLAGS, "position-coarse")}` : "";
  return `${word(PLACES, found.verdict)}${away}${coarse}`;
}

function listText(found: Schemas["AnsweredOut"]): string {
  const wrong = found.answers.filter((row) => row.found === "problem");
  const said = phrase("inspection.listAndProblems", { title: found.zh, version: found.version, problems: wrong.length, count: found.answers.length });
  return [said, ...wrong.map((row) => [row.zh, row.note].filter(Boolean).join(" "))].join(phrase("any.semicolon"));
}

function piece(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const row = value as { name?: string; due_ms?: number; kind?: string; id?: string };
  if (row.name !== undefined) return phrase("fields.nameAndDue", { name: row.name, due: at(row.due_ms) });
  return EVIDENCE_KINDS[row.kind ?? ""] ?? row.kind ?? row.id ?? "";
}
