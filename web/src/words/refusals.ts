// Refusals of the API in the language shown: the services say each of their sentences in both (ADR 19).
import { exactly } from "../format/time";
import { either, language, phrase, table, type Pair } from "./language";

const TITLES = table("TITLES");
const BY_STATUS = table("BY_STATUS");

export const EVIDENCE_KINDS = table("EVIDENCE_KINDS");

export const FIELD_WORDS = table("FIELD_WORDS");

/** Title and detail of a refusal in the language shown; `served` is the service's own title, for what has no word here. */
export function inWords(status: number, slug: string, detail: Pair, served: Pair = {}): { title: string; detail: string } {
  const title = TITLES[slug] ?? (served[language()] || BY_STATUS[status]) ?? phrase("refusals.status", { status });
  return { title, detail: sentence(detail) };
}

/** One sentence of a service, in the other language where it has only that; moments in an English one as times. */
export function sentence(said: Pair): string {
  const text = either(said);
  return language() === "en" ? text.replace(/\b1\d{12}\b/g, (ms) => exactly(Number(ms))) : text;
}
