import { openDB, type DBSchema, type IDBPDatabase } from "idb";

import type { Schemas } from "../api/client";
import type { Answer, CheckList } from "../parts/checking";
import type { Position, Site } from "../parts/presence";
import type { Reckoning } from "../session/clock";

export type LeadOut = Schemas["LeadOut"];
export type ItemState = "waiting" | "sending" | "sent" | "conflict" | "refused";

/** A lead as it was read last, for where there is no network. */
export interface KeptLead {
  lead_id: string;
  account: string;
  lead: LeadOut;
  longitude: number;
  latitude: number;
  readMs: number;
  /** What its inspection answers and where it is expected; absent: not read yet, or kept by an older release. */
  asked?: { checkList: CheckList | null; site: Site | null };
}

/** What is being filled in on site. Photos lie beside it. */
export interface Visit {
  lead_id: string;
  officers: string;
  answers: Record<string, Answer>;
  place: Position | null;
  placeReason: string;
  notes: string;
  verdict: string;
  /** The category found, where it is not the lead's. Visits begun before it was asked for have none. */
  foundAs?: string;
  reason: string;
}

export interface Photo {
  id: string;
  lead_id: string;
  kind: string;
  name: string;
  blob: Blob;
  originalBytes: number;
  takenMs: number;
  /** By which it was stamped. */
  reckoned?: Reckoning;
  latitude: number | null;
  longitude: number | null;
  /** Given by the ledger once it has the bytes. */
  evidenceId: string;
}

/** One thing to send. `seen` counts the history it was decided on; `key` makes a second try the same request. */
export interface Item {
  id?: number;
  lead_id: string;
  account: string;
  what: "move" | "photo";
  move: string;
  /** Of a move; pieces of evidence name photos of this phone as `photo:<id>`. */
  body: Record<string, unknown>;
  photoId: string;
  title: string;
  key: string;
  seen: number;
  state: ItemState;
  detail: string;
  madeMs: number;
  /** By which it was stamped; absent in items of before. */
  reckoned?: Reckoning;
  sentMs: number;
}

interface Team extends DBSchema {
  leads: { key: string; value: KeptLead };
  visits: { key: string; value: Visit };
  photos: { key: string; value: Photo; indexes: { lead: string } };
  queue: { key: number; value: Item };
}

let opened: Promise<IDBPDatabase<Team>> | undefined;

/** The phone's own store. Asks the browser to keep it: unsent evidence must not be swept away for space. */
export function store(): Promise<IDBPDatabase<Team>> {
  opened ??= openDB<Team>("lantian-team", 1, {
    upgrade(database) {
      database.createObjectStore("leads", { keyPath: "lead_id" });
      database.createObjectStore("visits", { keyPath: "lead_id" });
      database.createObjectStore("photos", { keyPath: "id" }).createIndex("lead", "lead_id");
      database.createObjectStore("queue", { keyPath: "id", autoIncrement: true });
    },
  }).then((database) => {
    void navigator.storage?.persist?.();
    return database;
  });
  return opened;
}

export async function photosOf(leadId: string): Promise<Photo[]> {
  return (await store()).getAllFromIndex("photos", "lead", leadId);
}

export function freshVisit(leadId: string): Visit {
  return { lead_id: leadId, officers: "", answers: {}, place: null, placeReason: "", notes: "", verdict: "", foundAs: "", reason: "" };
}
