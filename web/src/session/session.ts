import { ref, watch } from "vue";

// The key of the API stays in this tab alone: no cookie, so no request can be forged from elsewhere.
const KEY = "lantian.key";

function kept(name: string): string {
  try {
    return sessionStorage.getItem(name) ?? "";
  } catch {
    return ""; // storage is forbidden: the key lives as long as the page
  }
}

const key = ref(kept(KEY));

watch(key, (value) => {
  try {
    if (value) sessionStorage.setItem(KEY, value);
    else sessionStorage.removeItem(KEY);
  } catch {
    // see above
  }
});

export const session = { key };
