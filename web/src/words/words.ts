import { table } from "./language";

// Words of the ledger as the authority uses them (domain model, states T1 to T19).
export const STATES = table("STATES");

/** States in which a problem still waits for somebody. */
export const OPEN_STATES = [
  "registered", "assigned", "plan-submitted", "plan-approved", "rectifying", "close-requested", "verified", "verified-province", "publicised",
];

export const STAGES = table("STAGES");

export const ROUND_STATES = table("ROUND_STATES");

export const TASK_KINDS = table("TASK_KINDS");

export const SEVERITIES = table("SEVERITIES");

export const CATEGORIES = table("CATEGORIES");

export const KINDS = table("KINDS");

export const CHANNELS = table("CHANNELS");

export const FLAGS = table("FLAGS");

export const MEASURES = table("MEASURES");

export const ROLES = table("ROLES");

export const MOVES = table("MOVES");

/** Moves of rounds, whose names are shared with issues. */
export const ROUND_MOVES = table("ROUND_MOVES");

/** Letters to cities: where they stand, what is done with them, what a city is held to. */
export const CITY_LETTER_STATES = table("CITY_LETTER_STATES");
export const CITY_LETTER_MOVES = table("CITY_LETTER_MOVES");
export const CONDITIONS = table("CONDITIONS");

/** Changes of the registry that take two persons. */
export const CHANGE_STATES = table("CHANGE_STATES");
export const CHANGE_MOVES = table("CHANGE_MOVES");
export const MATTERS = table("MATTERS");

/** Plans of cities and enterprises: what they are, where a version stands, what is done with it. */
export const PLAN_KINDS = table("PLAN_KINDS");
export const PLAN_STATES = table("PLAN_STATES");
export const PLAN_MOVES = table("PLAN_MOVES");

export const ENTRY_KINDS = table("ENTRY_KINDS");

/** Why a round did not start by itself, and what is said of a phone's time. */
export const ROUND_CAUSES = table("ROUND_CAUSES");
export const DEVICE_FLAGS = table("DEVICE_FLAGS");

export const SCORE_PARTS = table("SCORE_PARTS");

export const STATS = table("STATS");
/** Commands to devices and where they stand (HJ 212-2017 6.1). */
export const COMMANDS = table("COMMANDS");
export const COMMAND_STATES = table("COMMAND_STATES");
export const VERDICTS = table("VERDICTS");
export const READING_FLAGS = table("READING_FLAGS");
export const LIMIT_BASES = table("LIMIT_BASES");

export const CONDUCTS = table("CONDUCTS");

/** Parameters of rules that many of them share; others keep their own name. */
export const PARAMETERS = table("PARAMETERS");

/** The word for a code; a code without one is shown as it is, never hidden. */
export function word(words: Record<string | number, string>, code: string | number): string {
  return words[code] ?? String(code);
}
