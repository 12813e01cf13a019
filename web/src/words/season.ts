import { phrase } from "./language";

/**
 * What a campaign is called: by its season where its plan is held, else by its first and last day (`2026-10-01`); empty
 * when the time lies in none.
 */
export function seasonName(season: string, first: string | null | undefined, last: string | null | undefined): string {
  if (season) return phrase("reports.season", { season });
  return first && last ? phrase("reports.seasonWithoutPlan", { first, last }) : "";
}
