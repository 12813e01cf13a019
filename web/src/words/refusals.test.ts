import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";

import { speak } from "./language";
import { inWords, sentence } from "./refusals";

afterEach(() => speak("zh"));

const ROOT = "../services/tasks/lantian_tasks/";
const SOURCES = ["ledger/guards.py", "ledger/voiding.py", "leads/moves.py", "leads/checking.py", "leads/presence.py", "evidence/guards.py", "rounds/moves.py", "city_letters/moves.py", "changes/moves.py"];

/** The sentences a guard may answer with: what stands behind `return`, with a sample in place of each value. */
function sentences(file: string): string[] {
  const text = readFileSync(`${ROOT}${file}`, "utf8");
  const found: string[] = [];
  for (const line of text.split("\n")) {
    const code = line.trim();
    if (!/^return|else f?"|^f?"/.test(code) || code.includes('"""')) continue;
    for (const [, said] of code.matchAll(/f?"([^"]{8,})"/g)) {
      if (said && /^[a-z{]/.test(said) && said.includes(" ") && /[a-z]{3}/.test(said.replace(/\{[^}]*\}/g, ""))) found.push(said.replace(/\{[^}]*\}/g, "7"));
    }
  }
  return found;
}

test.each(SOURCES.flatMap((file) => sentences(file).map((said) => [file, said] as const)))("%s: %s", (_file, said) => {
  expect(sentence(said)).not.toBe(said);
});

test("a sentence nobody translated is shown, not hidden", () => {
  expect(inWords(409, "guard", "the moon is full").detail).toBe("the moon is full");
  expect(inWords(409, "guard", "the dossier lacks photo-after").detail).toBe("销号材料还缺：整改后照片");
});

test.each([
  ["0 of 72 valid hours after the fix, 0% within 0.01 (95% asked)", "valid hours after the fix, ", "整改后的监测数据尚不满足：有效小时 0 个（要求 72 个），其中 0% 不超过 0.01（要求 95%）"],
  ["5 of 168 hours have passed since the fix", "hours have passed since the fix", "整改后的监测数据尚不满足：整改后只过了 5 小时（要求 168 小时）"],
  ["140 of the last 168 hours are there, 83% (90% asked)", "hours are there, ", "整改后的监测数据尚不满足：最近 168 小时收到 140 小时，即 83%（要求 90%）"],
  ["the lead names no limit that the data could be judged by", "the lead names no limit that the data could be judged by", "线索没有记明限值，无法用监测数据核对整改效果"],
])("what the data do not show yet: %s", (said, written, read) => {
  expect(readFileSync(`${ROOT}compliance/judge.py`, "utf8")).toContain(written);
  expect(sentence(said)).toBe(read);
});

test.each([
  ["ledger/device_time.py", "h before it came, more than", "it was done 80 h before it came, more than 72 h: say why", "办理80小时后才送达，超过72小时，请说明原因"],
  ["ledger/device_time.py", "before what it follows", "by the phone it was done at 1795910400000, before what it follows (1795910500000): say why", "手机记录的办理时间早于上一步，请说明原因"],
  ["rounds/service.py", "there is nothing to take: no screened lead", "there is nothing to take: no screened lead of the city has the score", "没有可编入的线索：该城市没有达到评分下限的已筛查线索"],
  ["rounds/service.py", "entries; plan another round", "the history has 200 entries; plan another round", "记录已满，请另建轮次"],
])("%s: …%s…", (file, written, said, read) => {
  expect(readFileSync(`${ROOT}${file}`, "utf8")).toContain(written);
  expect(sentence(said)).toBe(read);
});

test("in English the service's own sentence is shown, its moments as times", async () => {
  await speak("en");
  expect(inWords(409, "wrong-state", "close starts from verified; it is assigned")).toEqual({ title: "Not possible in the present state", detail: "close starts from verified; it is assigned" });
  expect(sentence("the notice runs until 1795910400000")).toBe("the notice runs until 29 Nov 2026, 08:00:00");
  expect(inWords(418, "", "").title).toBe("The service answered 418");
});

test("a refusal that has no word here bears the service's title in the language shown", async () => {
  const served = { zh: "新的拒绝", en: "A new refusal" };
  expect([inWords(409, "new", "", served).title, inWords(409, "new", "", { en: "A new refusal" }).title, inWords(409, "guard", "", served).title]).toEqual(["新的拒绝", "与当前情况不符", "按规定现在不能这样做"]);
  await speak("en");
  expect(inWords(409, "new", "", served).title).toBe("A new refusal");
});

test("of a sentence in both languages the one shown is taken", async () => {
  const said = "这组参数已经生效，请另设一组 / these parameters hold already: set others after them";
  expect(sentence(said)).toBe("这组参数已经生效，请另设一组");
  await speak("en");
  expect(sentence(said)).toBe("these parameters hold already: set others after them");
});

test("what an examination objects to is said in Chinese", () => {
  const code = readFileSync(`${ROOT}audit/examine.py`, "utf8").split("def _objections")[1] ?? "";
  const said = [...code.matchAll(/f?"([^"\n]*(?: is | was | does | says )[^"\n]*)"/g)].map(([, text]) => (text ?? "").replace(/\{[^}]*\}/g, "x7").replace(/revision x7 (.*) x7/, "revision 7 $1 7"));
  expect(said.length).toBe(8);
  for (const text of said) expect(sentence(text), text).toMatch(/\p{Script=Han}/u);
});
