import { ref, shallowRef, watch, type Ref } from "vue";

import { session } from "../session/session";
import { asTrouble, type Trouble } from "./client";

/** Whether all that a page shows first has been read or refused: it is drawn at once, and nothing moves afterwards. */
export function allSaid(...ones: { value: Ref<unknown>; trouble: Ref<Trouble | undefined> }[]): boolean {
  return ones.every((one) => one.value.value !== undefined || one.trouble.value !== undefined);
}

/** One thing that is read, and read anew: what was read last stays on the page while an error is shown. */
export function useOne<T>(read: () => Promise<T>, when?: () => unknown) {
  const value = shallowRef<T>();
  const trouble: Ref<Trouble | undefined> = ref();
  const loading = ref(false);
  let turn = 0;

  async function again() {
    const mine = ++turn;
    loading.value = true;
    try {
      const found = await read();
      if (mine !== turn) return;
      value.value = found;
      trouble.value = undefined;
    } catch (error) {
      if (mine === turn) trouble.value = asTrouble(error);
    } finally {
      if (mine === turn) loading.value = false;
    }
  }

  // Watched by its text: a getter that gives a new object each time must not read anew (nor close a form) by itself.
  watch(() => JSON.stringify(when?.() ?? null), (_now, before) => {
    if (before !== undefined) value.value = undefined;
    void again();
  }, { immediate: true });
  // After a new log-in the page that waited behind it goes on.
  watch(session.signed, (now) => {
    if (now && trouble.value?.status === 401) void again();
  });
  return { value, trouble, loading, again };
}
