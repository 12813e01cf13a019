import type { Schemas } from "../api/client";
import { phrase, table } from "../words/language";

export type Letter = Schemas["LetterOut"];
export type Action = Schemas["DecisionIn"]["action"];

export const LETTER_STATES = table("LETTER_STATES");
export const ACTIONS = table("LETTER_ACTIONS");
/** What each does, for whoever is about to do it. */
export const EFFECTS = table("LETTER_EFFECTS");
export const REASONS = table("LETTER_REASONS");

/** The value as text that a person can mend: the fields of a message, else hexadecimal digits in groups. */
export function editableText(letter: Letter): string {
  if (letter.editable === "fields" && letter.value !== null) return JSON.stringify(letter.value, null, 2);
  return (letter.value_hex.match(/.{1,64}/g) ?? []).join("\n");
}

/** Whether the mended text is read as fields or as bytes; a message that could not be read has only its bytes. */
export function writtenAs(letter: Letter): "fields" | "bytes" {
  return letter.editable === "fields" && letter.value !== null ? "fields" : "bytes";
}

/** The body of a decision, or why the text is none. */
export function bodyOf(letter: Letter, action: Action, reason: string, text: string): Schemas["DecisionIn"] | string {
  if (reason.trim().length < 2) return phrase("letters.giveAReason");
  if (action !== "fix") return { action, reason: reason.trim() };
  if (writtenAs(letter) === "bytes") {
    const hex = text.replace(/\s+/g, "");
    if (!hex || hex.length % 2 || /[^0-9a-f]/i.test(hex)) return phrase("letters.theContentMustBePairs");
    if (hex.toLowerCase() === letter.value_hex) return phrase("letters.theContentIsUnchangedTo");
    return { action, reason: reason.trim(), value_hex: hex };
  }
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch (error) {
    return phrase("letters.notValidJson", { error: error instanceof Error ? error.message : String(error) });
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) return phrase("letters.itMustBeAJson");
  if (JSON.stringify(fields) === JSON.stringify(letter.value)) return phrase("letters.theContentIsUnchangedTo");
  return { action, reason: reason.trim(), fields: fields as Record<string, unknown> };
}
