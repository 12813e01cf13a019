import { api, told } from "../api/client";
import type { Schemas } from "../api/client";
import { readDivisions } from "../words/divisions";
import { setClock } from "./clock";
import { session } from "./session";

/** Signs in with a name and a password. Throws Trouble: `code-needed` when the second factor is missing. */
export async function signIn(account: string, password: string, code: string) {
  took(await told(api.POST("/v1/session", { body: { account, password, code } }), { quiet: true }));
  session.key.value = "";
  await recognise();
  session.expired.value = false;
}

/** Takes a key of a system in place of a person. Throws Trouble; nothing has changed then. */
export async function enterKey(key: string) {
  const before = session.key.value;
  session.key.value = key;
  try {
    await recognise(true);
    session.expired.value = false;
  } catch (error) {
    session.key.value = before === key ? "" : before;
    throw error;
  }
}

let resumed: Promise<void> | undefined;

/** Once for each load of the page: goes on with the cookie that is there, if any. */
export function resume(): Promise<void> {
  resumed ??= goOn();
  return resumed;
}

async function goOn() {
  try {
    if (!session.key.value) took(await told(api.GET("/v1/session"), { quiet: true }));
    await recognise(true);
  } catch {
    // nobody is signed in, or nothing answers: the pages that need more say so themselves
  }
}

export function took(found: Schemas["SessionOut"]) {
  session.csrf.value = found.csrf_token;
  session.duties.value = found.duties;
}

/** Who the present log-in is. Throws Trouble. */
export async function recognise(quiet = false) {
  const me = await told(api.GET("/v1/me"), { quiet });
  setClock(me);
  session.me.value = me;
  void readDivisions();
}

export async function signOut() {
  if (session.csrf.value) await api.DELETE("/v1/session").catch(() => undefined);
  session.leave();
}

let ticket = { text: "", ends: 0 };

/** What notify knows this person by; empty where the suite gives none. */
export async function notifyTicket(): Promise<string> {
  if (session.key.value) return session.key.value;
  if (ticket.ends - Date.now() > 30_000) return ticket.text;
  try {
    const found = await told(api.POST("/v1/session/ticket"), { quiet: true });
    ticket = { text: found.ticket, ends: found.ends_ms };
  } catch {
    ticket = { text: "", ends: 0 };
  }
  return ticket.text;
}
