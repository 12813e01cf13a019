import { computed, ref, shallowRef, watch } from "vue";

import type { components } from "../api/schema";

export type Me = components["schemas"]["MeOut"];

// People sign in with a cookie that no script can read; the token that proves a request is this page's lives in memory.
// A key of a system may stand in for it: it stays in this tab alone.
const KEY = "lantian.key";
// Who was here last, without any secret: lets the team's pages open in a basement without a network.
const ME = "lantian.me";

function kept(storage: () => Storage, name: string): string {
  try {
    return storage().getItem(name) ?? "";
  } catch {
    return ""; // storage is forbidden: it lives as long as the page
  }
}

function keep(storage: () => Storage, name: string, value: string) {
  try {
    if (value) storage().setItem(name, value);
    else storage().removeItem(name);
  } catch {
    // see above
  }
}

function parsed(text: string): Me | undefined {
  try {
    return text ? (JSON.parse(text) as Me) : undefined;
  } catch {
    return undefined;
  }
}

const key = ref(kept(() => sessionStorage, KEY));
const csrf = ref("");
const duties = ref<readonly string[]>([]);
const me = shallowRef<Me | undefined>(parsed(kept(() => localStorage, ME)));
/** True while a page stays open whose log-in has run out: the log-in then opens above it, and nothing typed is lost. */
const expired = ref(false);

watch(key, (value) => keep(() => sessionStorage, KEY, value));
watch(me, (value) => keep(() => localStorage, ME, value ? JSON.stringify(value) : ""));

export const session = {
  key,
  csrf,
  duties,
  me,
  expired,
  /** By cookie or by key; not whether the service still takes it. */
  signed: computed(() => Boolean(key.value || csrf.value)),
  role: computed(() => me.value?.role ?? ""),
  /** Ends the log-in because the service said so; the page stays. */
  lose() {
    key.value = "";
    csrf.value = "";
    expired.value = true;
  },
  /** Ends it because the person wants to. */
  leave() {
    key.value = "";
    csrf.value = "";
    duties.value = [];
    me.value = undefined;
    expired.value = false;
  },
};

const READING = ["GET", "HEAD"];

/** The headers by which the API knows who asks, and that this page asks. */
export function authorise(headers: Headers, method = "GET") {
  if (key.value) headers.set("Authorization", `Bearer ${key.value}`);
  else if (csrf.value && !READING.includes(method.toUpperCase())) headers.set("X-CSRF-Token", csrf.value);
}
