import { expect, it } from "vitest";

import { attentionsOf, chosenSenders, eventText, type Sender } from "./senders";

const WELL: Sender = { feed: "DE1", registered: true, connected: true, last_ms: 9000, frames: 40, accepted: 40, clock_skew_ms: 2000 };
const SENDERS = [WELL, { ...WELL, feed: "DE2", connected: false, last_ms: 500 }, { ...WELL, feed: "DE3", frames: 50, last_ms: 700 }, { ...WELL, feed: "DE4", clock_skew_ms: -130_000, last_ms: 100 }];

it("finds what to look into: silent, refused, a clock that is wrong, strangers", () => {
  expect(SENDERS.map(attentionsOf)).toEqual([[], ["disconnected"], ["refused"], ["clock"]]);
  expect(attentionsOf({ ...WELL, registered: false, clock_skew_ms: null })).toEqual(["unregistered"]);
  expect(chosenSenders(SENDERS, "").map((one) => one.feed)).toEqual(["DE4", "DE2", "DE3"]);
  expect(chosenSenders(SENDERS, "clock").map((one) => one.feed)).toEqual(["DE4"]);
  expect(chosenSenders(SENDERS, "all")).toHaveLength(4);
});

it("says what the gateway noticed", () => {
  expect(eventText({ kind: "two-addresses", addresses: ["10.0.0.1", "10.0.0.2"], detail: "" })).toBe("轮流从 10.0.0.1、10.0.0.2 上报，可能有人冒用");
  expect(eventText({ kind: "packets-missing", addresses: [], detail: "ST=31 CN=2061 DataTime=2026-11-25 21:00: of 4 packets missing 2, 3" })).toBe("2026-11-25 21:00 的数据（CN=2061）分 4 包，缺第 2, 3 包");
  expect(eventText({ kind: "adopted", addresses: [], detail: "12 frames since 1795305600000, 3 refused again" })).toBe("登记前的报文已补入 12 条，3 条仍被拒收");
  expect(eventText({ kind: "later", addresses: [], detail: "said so" })).toBe("said so");
});
