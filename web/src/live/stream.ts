import { onBeforeUnmount, ref } from "vue";

import { notifyTicket } from "../session/enter";
import { Lines, type StreamEvent } from "./lines";

export type Line = "connecting" | "live" | "looking";

const LOOK_MS = 5000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * The live stream of leads and issue events. `came` is called for each; it goes on behind the last event it had.
 * Where the stream can not be had, `look` is called every five seconds instead, and the state says so.
 */
export function useStream(came: (event: StreamEvent) => void, look: () => void) {
  const state = ref<Line>("connecting");
  const over = new AbortController();
  let lastId = "";
  let looking = 0;
  let waiting = 0;

  function lookInstead(on: boolean) {
    window.clearInterval(looking);
    looking = on ? window.setInterval(look, LOOK_MS) : 0;
    state.value = on ? "looking" : "live";
  }

  async function follow() {
    let pause = 1000;
    while (!over.signal.aborted) {
      try {
        const headers: Record<string, string> = { Accept: "text/event-stream" };
        const ticket = await notifyTicket();
        if (ticket) headers.Authorization = `Bearer ${ticket}`;
        if (lastId) headers["Last-Event-ID"] = lastId;
        const response = await fetch("/v1/stream", { headers, signal: over.signal, cache: "no-store" });
        const isStream = (response.headers.get("content-type") ?? "").startsWith("text/event-stream");
        if (!response.ok || !isStream || !response.body) {
          if (response.status === 400) lastId = "";
          throw new Error(`the stream answers ${response.status}`);
        }
        lookInstead(false);
        look(); // what happened before the line stood
        pause = 1000;
        const lines = new Lines();
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
          for (const event of lines.take(part.value)) {
            if (event.id) lastId = event.id;
            if (event.data) came(event);
          }
        }
      } catch {
        if (over.signal.aborted) return;
      }
      if (state.value !== "looking") lookInstead(true);
      await new Promise((resolve) => (waiting = window.setTimeout(resolve, pause)));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }
  void follow();

  onBeforeUnmount(() => {
    over.abort();
    window.clearInterval(looking);
    window.clearTimeout(waiting);
  });
  return state;
}
