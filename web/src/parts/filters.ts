import { computed } from "vue";
import { useRoute, useRouter } from "vue-router";

/** Filters that live in the address: what one person sees, another sees by its link, and back goes back. */
export function useFilters<Name extends string>(names: readonly Name[]) {
  const [route, router] = [useRoute(), useRouter()];
  const filters = computed(() => {
    const found = {} as Record<Name, string>;
    for (const name of names) {
      const value = route.query[name];
      found[name] = typeof value === "string" ? value : "";
    }
    return found;
  });

  function choose(changes: Partial<Record<Name, string>>) {
    const wanted = Object.entries({ ...route.query, ...changes }).filter(([, value]) => value);
    return router.replace({ query: Object.fromEntries(wanted) });
  }

  return {
    filters,
    choose,
    clear: () => router.replace({ query: {} }),
    any: computed(() => names.some((name) => filters.value[name])),
  };
}
