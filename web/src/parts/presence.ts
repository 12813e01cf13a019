import { metres } from "../team/photos";
import type { Schemas } from "../api/client";

export type Site = Schemas["SiteOut"];

/** Where a device is, as it says itself. */
export interface Position {
  latitude: number;
  longitude: number;
  accuracy_m: number;
}

export type Presence = "inside" | "outside" | "no-site" | "no-position" | "mobile";

/** What the ledger will say of a position, so that a reason can be asked for without a network. The ledger judges anew. */
export function presenceOf(site: Site | undefined, position: Position | null): { presence: Presence; away: number; coarse: boolean } {
  const coarse = Boolean(site && position && position.accuracy_m > site.fence_m);
  if (!site?.of) return { presence: "no-site", away: -1, coarse };
  if (!position) return { presence: "no-position", away: -1, coarse };
  if (site.of === "vehicle") return { presence: "mobile", away: -1, coarse };
  const away = Math.round(metres(position, site));
  return { presence: away > site.fence_m ? "outside" : "inside", away, coarse };
}
