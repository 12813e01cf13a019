import { computed, ref, shallowRef, type Ref } from "vue";

import { asTrouble, type Trouble } from "./client";

interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

/** A list that is read page by page; `reload` starts anew, an answer that was overtaken is thrown away. */
export function usePages<T>(ask: (cursor: string | undefined) => Promise<Page<T>>) {
  const rows = shallowRef<T[]>([]);
  const cursor = ref<string | null | undefined>();
  const loading = ref(false);
  const trouble: Ref<Trouble | undefined> = ref();
  let turn = 0;

  async function take(anew: boolean) {
    const mine = ++turn;
    loading.value = true;
    try {
      const page = await ask(anew ? undefined : (cursor.value ?? undefined));
      if (mine !== turn) return;
      rows.value = anew ? page.items : [...rows.value, ...page.items];
      cursor.value = page.next_cursor;
      trouble.value = undefined;
    } catch (error) {
      if (mine === turn) trouble.value = asTrouble(error);
    } finally {
      if (mine === turn) loading.value = false;
    }
  }

  return {
    rows,
    loading,
    trouble,
    more: computed(() => Boolean(cursor.value)),
    reload: () => take(true),
    next: () => (loading.value ? Promise.resolve() : take(false)),
  };
}

/** All pages of a list, up to `most` rows. */
export async function everything<T>(ask: (cursor: string | undefined) => Promise<Page<T>>, most: number): Promise<T[]> {
  const rows: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    rows.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor && rows.length < most);
  return rows;
}
