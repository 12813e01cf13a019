import { expect, it } from "vitest";
import { createSSRApp } from "vue";
import { renderToString } from "vue/server-renderer";

import type { Schemas } from "../api/client";
import { phrase } from "../words/language";
import { CITY_LETTER_MOVES, CITY_LETTER_STATES, ROUND_MOVES } from "../words/words";
import History from "./History.vue";

type Entry = Schemas["EntryOut"];
const ENTRY = {
  sequence: 1, kind: "received", move: "", from_state: "", to_state: "draft", at_ms: 1_795_305_600_000, reason: "", fields: { division_code: "130100" },
  actor: { actor_id: "province-1", role: "province", organisation: "河北省生态环境厅" }, algorithm: "sha256", previous_hash: "", hash: "0123456789abcdef",
} as unknown as Entry;
const ENTRIES: Entry[] = [ENTRY, { ...ENTRY, sequence: 2, kind: "moved", move: "approve", from_state: "draft", to_state: "approved", fields: {} }];

async function drawn(props: Record<string, unknown>): Promise<string> {
  const html = await renderToString(createSSRApp(History, { entries: ENTRIES, words: CITY_LETTER_MOVES, states: CITY_LETTER_STATES, ...props }));
  return html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
}

it("shows what happened last first", async () => {
  const text = await drawn({});
  expect(text).toContain("批准");
  expect(text.indexOf("批准")).toBeLessThan(text.indexOf("第 1 条"));
});

it("says how it began in the words of what began", async () => {
  expect(await drawn({ begun: phrase("cityLetters.begun") })).toContain("起草");
  expect(await drawn({ begun: phrase("cityLetters.begun") })).not.toContain("收到");
  expect(await drawn({})).toContain("收到"); // a lead is received
});

it("names a division, and not its code", async () => {
  expect(await drawn({})).toContain("区划 石家庄");
  expect(await drawn({})).not.toContain("区划代码");
});

it("shows both times when a phone spoke and they differ, and what speaks against it", async () => {
  const device = { happened_ms: ENTRY.at_ms - 7_200_000, stated_ms: ENTRY.at_ms - 3_600_000, correction_ms: -3_600_000, delay_ms: 7_200_000, flags: ["clock-ahead", "sent-later"] };
  const text = await drawn({ entries: [{ ...ENTRY, device }] });
  for (const said of ["手机时钟偏快", "离线补传", "手机记录", "2小时后送达", "手机时钟差1小时"]) expect(text.replace(/ /g, "")).toContain(said);
  const same = { ...device, happened_ms: ENTRY.at_ms, stated_ms: ENTRY.at_ms, correction_ms: 0, delay_ms: 0, flags: [] };
  expect(await drawn({ entries: [{ ...ENTRY, device: same }] })).not.toContain("手机");
});

it("says in the language shown why a round did not start", async () => {
  const failed = { ...ENTRY, kind: "start-failed", move: "fail-start", from_state: "built", to_state: "built", reason: "第3轮次：无人", fields: { cause: "nobody-on-duty", again_ms: ENTRY.at_ms } };
  const text = await drawn({ entries: [failed], words: ROUND_MOVES });
  expect(text).toContain("未能自动开始");
  expect(text).toContain("值班表中此刻无人值守");
});
