import { short } from "../format/number";
import { at } from "../format/time";
import { factorName, factorUnit } from "../words/factors";
import { VALUE_WORDS } from "./words";

interface Entry {
  kind: string;
  id: string;
  entity: Record<string, unknown>;
}

/** What a person calls an entry: its name, of a limit what it limits, of a mark what it states; else its identifier. */
export function entryName({ kind, id, entity }: Entry): string {
  if (typeof entity.name === "string" && entity.name) return entity.name;
  if (kind === "limit" && typeof entity.factor === "string") return `${factorName(entity.factor)} ${short(Number(entity.value))} ${factorUnit(entity.factor)}`.trim();
  if (kind === "mark" && typeof entity.kind === "string") return `${VALUE_WORDS[entity.kind] ?? entity.kind} ${at(Number(entity.start_ms))}`.trim();
  return id;
}
