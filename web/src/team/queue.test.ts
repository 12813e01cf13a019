import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";

import { Trouble } from "../api/client";
import type { Item } from "./store";

// The queue of a phone over a store in memory and a ledger that answers as it is told.
const kept = new Map<number, Item>();
const posted: { body: Record<string, unknown>; key: string }[] = [];
let answer: () => unknown = () => ({});
const LEAD = { lead_id: "l1", revision: 2, history: [] };

vi.mock("./store", () => ({
  store: () =>
    Promise.resolve({
      add: (_name: string, item: Item) => {
        kept.set(kept.size + 1, { ...item, id: kept.size + 1 });
        return Promise.resolve(kept.size);
      },
      put: (_name: string, item: Item) => Promise.resolve(kept.set(item.id as number, item)),
      get: () => Promise.resolve(undefined),
    }),
}));
vi.mock("../session/session", async () => {
  const { ref } = await import("vue");
  return { session: { me: ref({ id: "team-1" }), signed: ref(true) } };
});
vi.mock("../api/client", async (original) => ({
  ...(await original<object>()),
  told: (asked: Promise<unknown>) => asked,
  api: {
    GET: () => Promise.resolve(LEAD),
    POST: async (_path: string, { params, body }: { params: { header: Record<string, string> }; body: Record<string, unknown> }) => {
      posted.push({ body, key: params.header["idempotency-key"] as string });
      return Promise.resolve(answer());
    },
  },
}));

const network = { onLine: false };
let queue: typeof import("./queue");
beforeAll(async () => {
  vi.useFakeTimers({ now: 1_795_910_400_000, toFake: ["Date"] });
  vi.stubGlobal("navigator", network);
  vi.stubGlobal("window", { addEventListener: () => undefined, setTimeout: () => 0, clearTimeout: () => undefined });
  queue = await import("./queue");
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
beforeEach(() => posted.splice(0));

it("sends what was done without a network with the time when it was done, at each try the same", async () => {
  const done = Date.now();
  await queue.enqueue({ lead_id: "l1", what: "move", move: "accept", body: { move: "accept" }, title: "签收", seen: 2 });
  vi.setSystemTime(done + 3 * 3_600_000);
  network.onLine = true;
  answer = () => {
    throw new Trouble(503, "away", "");
  };
  await queue.send();
  vi.setSystemTime(done + 4 * 3_600_000);
  answer = () => LEAD;
  await queue.send();
  expect(posted.map(({ body }) => body)).toEqual([
    { move: "accept", happened_ms: done, sent_ms: done + 3 * 3_600_000 },
    { move: "accept", happened_ms: done, sent_ms: done + 4 * 3_600_000 },
  ]);
  expect(new Set(posted.map(({ key }) => key)).size).toBe(1);
  expect(queue.items.value.map((item) => item.state)).toEqual(["sent"]);
});

it("keeps what is back-dated for the person, who adds a reason and sends it with the time it was done", async () => {
  const done = Date.now();
  network.onLine = false;
  await queue.enqueue({ lead_id: "l2", what: "move", move: "accept", body: { move: "accept" }, title: "签收", seen: 2 });
  network.onLine = true;
  answer = () => {
    throw new Trouble(422, "办理时间过早，须说明原因", "办理80小时后才送达，超过72小时，请说明原因", [], "back-dated");
  };
  await queue.send();
  const [item] = queue.stuck.value;
  expect([item?.state, item?.detail]).toEqual(["refused", "办理80小时后才送达，超过72小时，请说明原因"]);
  answer = () => LEAD;
  vi.setSystemTime(done + 60_000);
  await queue.insist(item as Item, "山区无信号");
  await vi.waitFor(() => expect(queue.stuck.value).toEqual([]));
  await vi.waitFor(() => expect(queue.open.value).toEqual([]));
  const body = posted.at(-1)?.body ?? {};
  expect(body).toMatchObject({ move: "accept", reason: "山区无信号", happened_ms: done });
  expect(Math.round((Number(body.sent_ms) - done) / 1000)).toBe(60); // waiting moved the clock by some milliseconds
});
