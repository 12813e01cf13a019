// What lies in other services behind the same address: rules (alerts), deliveries (notify), feeds (ingest).
// Their documents are not part of the generated client; these shapes are what the pages use of them.

import { notifyTicket } from "../session/enter";
import { authorise, session } from "../session/session";
import { phrase } from "../words/language";
import { Trouble, troubleOf, unreached } from "./client";

export interface Judged {
  confirmed: number;
  partly: number;
  unfounded: number;
  precision: number | null;
}

/** A number of a rule that may be set, as the catalogue has it. */
export interface Changeable {
  value: number;
  low: number;
  high: number;
  unit: string;
  whole: boolean;
}

/** A dated set of parameters. `effective`: made for the catalogue's version, and within its bounds. */
export interface RuleSet {
  rule_id: string;
  number: number;
  base_version: number;
  from_ms: number;
  values: Record<string, number>;
  reason: string;
  changed_by: string;
  changed_ms: number;
  replay_id: string;
  effective: boolean;
}

export interface Rule {
  id: string;
  kind: string;
  version: number;
  title: { zh: string; en: string };
  domain: string;
  conduct: string;
  legal_basis: unknown;
  parameters: Record<string, unknown>;
  runbook: { zh: string; en: string };
  changeable?: Record<string, Changeable>;
  sets?: RuleSet[];
  precision: Partial<Judged> & Record<string, unknown>;
  failures?: { times: number };
}

/** A period of a source that a rule could not judge; no source: the rule compares several. */
export interface RuleFailure {
  source_id: string;
  factor: string;
  asked: string;
  start_ms: number;
  end_ms: number;
  error: string;
}

export interface RuleWhole extends Rule {
  failures?: { times: number; newest?: RuleFailure[] };
  versions: Record<string, Judged & { share: number | null }>;
  cities: Record<string, Judged & { share: number | null }>;
  unfounded_reasons: { reason: string; leads: number }[];
}

export interface Delivery {
  delivery_id: string;
  state: string;
  reason: string;
  channel: string;
  address: string;
  kind: string;
  issue_id: string;
  number: string;
  created_ms: number;
  next_at_ms: number;
  tried: number;
  attempts: { at_ms: number; result: string; detail: string; status: number | null; duration_ms: number }[];
}

export interface Feed {
  feed: string;
  registered: boolean;
  connected: boolean;
  [name: string]: unknown;
}

/** What a service says of itself. */
export interface About {
  service: string;
  version: string;
  ready: boolean;
}

/** Nothing answers at this address: the ingress of this installation does not lead there. */
export class NotRouted extends Trouble {
  constructor(what: string) {
    super(404, phrase("elsewhere.cannotBeReachedAtThis", { what }), phrase("elsewhere.theEntranceOfThisConsole"));
  }
}

/** JSON of notify, which knows people by tickets. Throws Trouble. */
export async function askNotify<T>(path: string, init: RequestInit = {}): Promise<T> {
  const headers = new Headers(init.headers);
  const ticket = await notifyTicket();
  if (ticket) headers.set("Authorization", `Bearer ${ticket}`);
  return ask<T>(phrase("elsewhere.notificationService"), path, { ...init, headers });
}

/** Bytes received of an answer, and how many there will be where the service says so. */
export type Progress = (received: number, whole: number | undefined) => void;

/** Bytes of an answer, e.g. a photo or a table. Throws Trouble. */
export async function bytes(path: string, progress?: Progress): Promise<Blob> {
  const headers = new Headers();
  authorise(headers);
  const response = await fetch(path, { headers }).catch(() => {
    throw unreached();
  });
  if (response.ok && progress && response.body) return counted(response, progress);
  if (response.ok) return response.blob();
  if (response.status === 401) session.lose();
  throw troubleOf(response.status, await response.json().catch(() => undefined));
}

async function counted(response: Response, progress: Progress): Promise<Blob> {
  const whole = Number(response.headers.get("content-length")) || undefined;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      progress((received += part.value.length), whole);
    }
  } catch {
    throw unreached(); // the link broke in the middle: half a table is none
  }
  return new Blob(parts, { type: response.headers.get("content-type") ?? "" });
}

/** Saves an answer as a file. Throws Trouble. */
export async function download(path: string, name: string, progress?: Progress) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await bytes(path, progress));
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** What asks for a ticket or a key of its own: its 401 says nothing of the log-in here. */
const OWN_KEYS = ["/v1/deliveries", "/v1/feeds", "/v1/rules/", "/v1/unserved"];

/** JSON of another service. Throws Trouble. */
export async function ask<T>(what: string, path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    const headers = new Headers(init.headers);
    authorise(headers, init.method);
    response = await fetch(path, { ...init, headers });
  } catch {
    throw unreached();
  }
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  const body: unknown = isJson ? await response.json().catch(() => undefined) : undefined;
  if (response.ok && isJson) return body as T;
  if (response.status === 401 && !OWN_KEYS.some((own) => path.startsWith(own))) session.lose();
  if (response.status === 502 || response.status === 504) throw new Trouble(response.status, phrase("elsewhere.doesNotAnswer", { what }), phrase("elsewhere.theServiceMayBeRestarting"));
  if (response.status === 404 && (!isJson || isNobody(body))) throw new NotRouted(what);
  throw troubleOf(response.status, body);
}

function isNobody(body: unknown): boolean {
  const detail = (body as { detail?: unknown } | undefined)?.detail;
  return typeof detail === "string" && detail.includes("nothing lies at this path");
}
