import type { Schemas } from "../api/client";
import { either, phrase, table } from "../words/language";

/** What alerts says of one city's hour. */
export interface Indexed {
  id: string;
  value: number | null;
  published: number | null;
  primary: string[];
  missing: string[];
  category: { zh: string; en?: string; colour: string } | null;
  version: string | null;
}

export interface CityAir {
  division: string;
  hourMs: number;
  stations: number;
  index: number | null;
  /** The index is computed from what is there, and may not be published: pollutants are missing. */
  partial: boolean;
  primary: string[];
  word: string;
  colour: string;
}

/** Cities with their index, the worst air first. */
export function cityAir(hours: readonly Schemas["CityHourOut"][], indexed: readonly Indexed[]): CityAir[] {
  const by = new Map(indexed.map((row) => [row.id, row]));
  return hours
    .map((hour) => {
      const found = by.get(hour.division_code);
      return {
        division: hour.division_code,
        hourMs: hour.hour_ms,
        stations: hour.stations,
        index: found?.value ?? null,
        partial: found ? found.value !== null && found.published === null : false,
        primary: found?.primary ?? [],
        word: either(found?.category) || phrase("air.cannotBeComputed"),
        colour: found?.category?.colour ?? "",
      };
    })
    .sort((one, other) => (other.index ?? -1) - (one.index ?? -1) || one.division.localeCompare(other.division));
}

export type Level = "yellow" | "orange" | "red";
export const LEVELS = table("AIR_LEVELS");
const STRICTEST: readonly Level[] = ["red", "orange", "yellow"];

interface Duty {
  voided: boolean;
  division_code?: string | null;
  entity: Record<string, unknown>;
}

export interface Warning {
  id: string;
  level: Level;
  divisions: string[];
  sources: number;
  sinceMs: number;
}

/** Warnings whose duties are in force now, the strictest first: how many sources are bound, and where. */
export function warnings(duties: readonly Duty[], nowMs: number): Warning[] {
  const found = new Map<string, Warning & { seen: Set<string> }>();
  for (const { voided, division_code: division, entity } of duties) {
    const [start, end, id] = [Number(entity.start_ms), Number(entity.end_ms ?? 0), String(entity.warning_id)];
    if (voided || start > nowMs || (end && end <= nowMs)) continue;
    const level = entity.level as Level;
    const known = found.get(id) ?? { id, level, divisions: [], sources: 0, sinceMs: start, seen: new Set() };
    if (STRICTEST.indexOf(level) < STRICTEST.indexOf(known.level)) known.level = level;
    known.seen.add(String(entity.source_id));
    known.sources = known.seen.size;
    known.sinceMs = Math.min(known.sinceMs, start);
    const city = division ? `${division.slice(0, 4)}00` : "";
    if (city && !known.divisions.includes(city)) known.divisions.push(city);
    found.set(id, known);
  }
  return [...found.values()]
    .map(({ id, level, divisions, sources, sinceMs }) => ({ id, level, divisions: divisions.sort(), sources, sinceMs }))
    .sort((one, other) => STRICTEST.indexOf(one.level) - STRICTEST.indexOf(other.level) || one.id.localeCompare(other.id));
}
