// Refusals of the API in the language shown. A sentence nobody translated is shown as it came: hidden would be worse.
import { exactly } from "../format/time";
import { language, phrase, table, type Pair } from "./language";
import { SAID } from "./zh/said";

const TITLES = table("TITLES");
const BY_STATUS = table("BY_STATUS");

export const EVIDENCE_KINDS = table("EVIDENCE_KINDS");

export const FIELD_WORDS = table("FIELD_WORDS");

/** Title and detail of a refusal in the language shown; `served` is the service's own title, for what has no word here. */
export function inWords(status: number, slug: string, detail: string, served: Pair = {}): { title: string; detail: string } {
  const title = TITLES[slug] ?? (served[language()] || BY_STATUS[status]) ?? phrase("refusals.status", { status });
  return { title, detail: sentence(detail) };
}

/** One sentence of the ledger; as it came when nobody translated it. */
export function sentence(detail: string): string {
  const both = /^([^ -~].*?) \/ ([ -~].*)/.exec(detail);
  if (language() === "en") return (both?.[2] ?? detail).replace(/\b1\d{12}\b/g, (ms) => exactly(Number(ms)));
  for (const [pattern, chinese] of SAID) {
    const found = pattern.exec(detail);
    if (found) return chinese([...found]);
  }
  return both?.[1] ?? detail;
}
