import { phrase, table } from "../words/language";
import { word } from "../words/words";

// What an inspection looks at, by category of the lead (reference: runbooks of the rules, T5). Each is answered yes or no.
const CHECKS = table("CHECKS");
const COMMON = ["papers", "identity", "treatment"];

const BY_CATEGORY: Record<string, readonly string[]> = {
  exceedance: ["minutes", "settings", "portable", "calibrations"],
  dropout: ["logger", "outages", "stored-data", "marks-and-care"],
  fraud: ["seal", "sampling-line", "filed-parameters", "curves-and-logs"],
  bypass: ["valves", "bypass-flow", "last-opened"],
  "treatment-off": ["power", "reagents", "dcs"],
  emergency: ["measures", "stopped-processes", "vehicles"],
  fire: ["fire-place", "fire-out", "fire-owner"],
  dust: ["bare-soil", "wetting", "vehicle-washing", "fences"],
};

export function checklist(category: string): string[] {
  return [...COMMON, ...(BY_CATEGORY[category] ?? ["situation"])];
}

/** A check in words. */
export function checkWord(check: string): string {
  return word(CHECKS, check);
}

/** The answers in words, for the conclusion: in the language of who inspects. */
export function checkWords(checks: Record<string, string>): string {
  const rows = Object.entries(checks).filter(([, answer]) => answer);
  const said = rows.map(([check, answer]) => phrase("checklists.answer", { check: checkWord(check), answer: phrase(answer === "yes" ? "any.yes" : "any.no") }));
  return rows.length ? phrase("checklists.checkList", { answers: said.join(phrase("any.semicolon")) }) : "";
}
