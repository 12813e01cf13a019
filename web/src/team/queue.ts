import { computed, ref, shallowRef, watch } from "vue";

import { api, asTrouble, told, Trouble, type Schemas } from "../api/client";
import { ask } from "../api/elsewhere";
import { session } from "../session/session";
import { phrase } from "../words/language";
import { MOVES, word } from "../words/words";
import { asNote, judge, withSent } from "./merge";
import { store, type Item, type LeadOut } from "./store";
import { stamp, timesOf } from "./times";

// What was done on site waits here until the ledger has it: in order for each lead, across restarts, at most once.
export const items = shallowRef<Item[]>([]);
export const online = ref(navigator.onLine);
export const open = computed(() => items.value.filter((item) => item.state !== "sent"));
export const stuck = computed(() => items.value.filter((item) => item.state === "conflict" || item.state === "refused"));

const TRY_AGAIN_MS = 15_000;
const KEEP_SENT_MS = 7 * 86_400_000;
let running = false;
let timer = 0;

export async function readQueue() {
  const found = await (await store()).getAll("queue");
  // What was under way when the page ended is sent again: its key makes that harmless.
  for (const item of found) if (item.state === "sending") item.state = "waiting";
  const old = found.filter((item) => item.state === "sent" && Date.now() - item.sentMs > KEEP_SENT_MS);
  for (const item of old) await (await store()).delete("queue", item.id as number);
  items.value = found.filter((item) => !old.includes(item));
}

async function write(item: Item) {
  await (await store()).put("queue", item);
  items.value = items.value.map((other) => (other.id === item.id ? { ...item } : other));
}

type Wanted = Pick<Item, "lead_id" | "what" | "title" | "seen"> & Partial<Pick<Item, "move" | "body" | "photoId">>;

/** Takes something to send. Returns when the phone has it, not when the ledger has. */
export async function enqueue(wanted: Wanted) {
  const item: Item = {
    move: "", body: {}, photoId: "", ...wanted,
    account: session.me.value?.id ?? "", key: crypto.randomUUID(), state: "waiting", detail: "", ...stamp(), sentMs: 0,
  };
  const id = await (await store()).add("queue", item);
  items.value = [...items.value, { ...item, id }];
  void send();
}

/** Sends what waits, lead by lead; what one lead is stuck on holds nothing else up. */
export async function send() {
  if (running || !navigator.onLine || !session.signed.value) return;
  running = true;
  window.clearTimeout(timer);
  try {
    const account = session.me.value?.id ?? "";
    const held = new Set(stuck.value.map((item) => item.lead_id));
    for (let item = next(account, held); item; item = next(account, held)) {
      await write({ ...item, state: "sending", detail: "" });
      const after = await attempt(item, account);
      await write(after);
      if (after.state !== "sent") held.add(after.lead_id);
    }
  } finally {
    running = false;
    if (items.value.some((item) => item.state === "waiting")) timer = window.setTimeout(() => void send(), TRY_AGAIN_MS);
  }
}

function next(account: string, held: ReadonlySet<string>): Item | undefined {
  return items.value.find((item) => item.state === "waiting" && item.account === account && !held.has(item.lead_id));
}

async function attempt(item: Item, account: string): Promise<Item> {
  try {
    if (item.what === "photo") await sendPhoto(item);
    else await sendMove(item, account);
    return { ...item, state: "sent", detail: "", sentMs: Date.now() };
  } catch (error) {
    if (error instanceof Conflict) return { ...item, state: "conflict", detail: error.message };
    const trouble = asTrouble(error);
    const later = trouble.status === 0 || trouble.status === 401 || trouble.status === 429 || trouble.status >= 500;
    return { ...item, state: later ? "waiting" : "refused", detail: trouble.detail || trouble.title };
  }
}

class Conflict extends Error {}

async function sendMove(item: Item, account: string, again = true): Promise<void> {
  const path = { lead_id: item.lead_id };
  const now = await told(api.GET("/v1/leads/{lead_id}", { params: { path } }));
  await keepLead(now);
  const judged = judge(item, now, account);
  if (!judged.go) {
    const theirs = judged.theirs.map((entry) => `${entry.actor.organisation || entry.actor.actor_id} ${word(MOVES, entry.move)}`).join(phrase("any.pause"));
    throw new Conflict(phrase("queue.whileYouWereOffline", { theirs }));
  }
  try {
    const moved = await told(
      api.POST("/v1/leads/{lead_id}/moves", {
        params: { path, header: { "if-match": `"${judged.revision}"`, "idempotency-key": item.key } },
        body: { ...(await withEvidence(item.body)), ...timesOf(item) } as unknown as Schemas["LeadMoveIn"],
      }),
    );
    await keepLead(moved);
  } catch (error) {
    if (again && error instanceof Trouble && error.status === 412) return sendMove(item, account, false);
    throw error;
  }
}

/** Photos of this phone by the ids the ledger gave them. */
async function withEvidence(body: Record<string, unknown>): Promise<Record<string, unknown>> {
  const rows = body.evidence as { kind: string; id: string }[] | undefined;
  if (!rows) return body;
  const database = await store();
  const sent = new Map<string, string>();
  for (const { id } of rows) {
    const photo = id.startsWith("photo:") ? await database.get("photos", id.slice(6)) : undefined;
    sent.set(id, photo?.evidenceId || id);
  }
  return withSent(body, sent);
}

async function sendPhoto(item: Item) {
  const database = await store();
  const photo = await database.get("photos", item.photoId);
  if (!photo) return; // taken back before it was sent
  const query = new URLSearchParams({ kind: photo.kind, name: photo.name, taken_ms: String(photo.takenMs) });
  query.set("sent_ms", String(timesOf({ madeMs: photo.takenMs, reckoned: photo.reckoned }).sent_ms));
  if (photo.latitude !== null && photo.longitude !== null) {
    query.set("latitude", String(photo.latitude));
    query.set("longitude", String(photo.longitude));
  }
  const sent = await ask<{ evidence_id: string }>(phrase("any.evidenceService"), `/v1/leads/${item.lead_id}/evidence?${query}`, {
    method: "POST",
    body: photo.blob,
    headers: { "Content-Type": "application/octet-stream", "Idempotency-Key": item.key },
  });
  await database.put("photos", { ...photo, evidenceId: sent.evidence_id });
}

async function keepLead(lead: LeadOut) {
  const database = await store();
  const kept = await database.get("leads", lead.lead_id);
  if (kept) await database.put("leads", { ...kept, lead, readMs: Date.now() });
}

/** Mine is sent all the same, on what the ledger says now, with the reason that was asked for. */
export async function insist(item: Item, reason = "") {
  const body = reason.trim() ? { ...item.body, reason: reason.trim() } : item.body;
  const now = await told(api.GET("/v1/leads/{lead_id}", { params: { path: { lead_id: item.lead_id } } }));
  await write({ ...item, body, state: "waiting", detail: "", seen: now.history.length, key: crypto.randomUUID() });
  void send();
}

/** What was found goes into the ledger as a note, since the move itself is no longer possible. */
export async function noteInstead(item: Item) {
  const kept = await (await store()).get("leads", item.lead_id);
  const body = { move: "note", reason: asNote(item.title, item.body, kept?.asked?.checkList) };
  const title = phrase("queue.asANote", { title: item.title });
  await write({ ...item, move: "note", body, title, state: "waiting", detail: "", key: crypto.randomUUID(), seen: Number.MAX_SAFE_INTEGER });
  void send();
}

export async function drop(item: Item) {
  await (await store()).delete("queue", item.id as number);
  items.value = items.value.filter((other) => other.id !== item.id);
  void send();
}

watch(session.signed, (now) => now && void send());
window.addEventListener("online", () => {
  online.value = true;
  void send();
});
window.addEventListener("offline", () => (online.value = false));
