import { ref } from "vue";

const SHOWN_MS = 5000;
let timer = 0;

/** What was just done, for a moment, to be seen and to be read aloud. */
export const said = ref("");

export function say(text: string) {
  said.value = text;
  window.clearTimeout(timer);
  timer = window.setTimeout(() => (said.value = ""), SHOWN_MS);
}
