import { reactive, watch } from "vue";

// What a person typed survives a reload, a log-in that ran out and a crash of the page: until it was sent or thrown away.
const PREFIX = "lantian.draft.";
const LONGEST_DAYS = 14;

interface Kept {
  at: number;
  values: Record<string, unknown>;
}

function read(name: string): Kept | undefined {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text ? (JSON.parse(text) as Kept) : undefined;
  } catch {
    return undefined;
  }
}

/** A form's values, kept under `name` (account and subject belong into it). `fresh` is what it starts with. */
export function useDraft<T extends Record<string, unknown>>(name: string, fresh: () => T) {
  const kept = read(name);
  const values = reactive<Record<string, unknown>>({ ...fresh(), ...(kept?.values ?? {}) });

  watch(values, (now) => {
    try {
      localStorage.setItem(PREFIX + name, JSON.stringify({ at: Date.now(), values: now } satisfies Kept));
    } catch {
      // storage is full or forbidden: what is typed stays on the page alone
    }
  });

  return {
    values: values as T,
    restored: Boolean(kept),
    /** After it was sent, or when it is thrown away. */
    forget() {
      Object.assign(values, fresh());
      // after the watcher above, which runs before the next turn
      setTimeout(() => localStorage.removeItem(PREFIX + name));
    },
  };
}

/** Throws away drafts that nobody came back to. */
export function sweepDrafts() {
  try {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(PREFIX)) continue;
      const kept = read(key.slice(PREFIX.length));
      if (!kept || Date.now() - kept.at > LONGEST_DAYS * 86_400_000) localStorage.removeItem(key);
    }
  } catch {
    // nothing to sweep
  }
}
