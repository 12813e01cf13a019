import { afterEach, expect, test } from "vitest";

import { speak } from "./language";
import { inWords, sentence } from "./refusals";

afterEach(() => speak("zh"));

const DETAIL = { zh: "状态已经改变，请按最新状态操作", en: "close starts from verified; it is assigned" };

test("the service's sentence is shown in the language shown", async () => {
  expect(inWords(409, "wrong-state", DETAIL).detail).toBe(DETAIL.zh);
  await speak("en");
  expect(inWords(409, "wrong-state", DETAIL)).toEqual({ title: "Not possible in the present state", detail: DETAIL.en });
  expect(inWords(418, "", {}).title).toBe("The service answered 418");
});

test("a sentence that is there in one language only is shown, not hidden", () => {
  expect(inWords(409, "guard", { en: "the moon is full" }).detail).toBe("the moon is full");
  expect(inWords(409, "guard", { zh: "", en: "the moon is full" }).detail).toBe("the moon is full");
});

test("moments of an English sentence are shown as times", async () => {
  await speak("en");
  expect(sentence({ zh: "公示期未满", en: "the notice runs until 1795910400000" })).toBe("the notice runs until 29 Nov 2026, 08:00:00");
});

test("a refusal that has no word here bears the service's title in the language shown", async () => {
  const served = { zh: "新的拒绝", en: "A new refusal" };
  expect([inWords(409, "new", {}, served).title, inWords(409, "new", {}, { en: "A new refusal" }).title, inWords(409, "guard", {}, served).title]).toEqual(["新的拒绝", "与当前情况不符", "按规定现在不能这样做"]);
  await speak("en");
  expect(inWords(409, "new", {}, served).title).toBe("A new refusal");
});
