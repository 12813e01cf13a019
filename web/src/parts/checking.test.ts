import { expect, test } from "vitest";

import { checkedBody, evidenceOf, freshAnswers, lackOf, lacks, problems, type Answer, type CheckList, type Item } from "./checking";

const item = (name: string, when_problem: Item["when_problem"]): Item => ({ item: name, zh: name, en: name, when_problem, source: "T5" });
const LIST: CheckList = { list_id: "dust", version: 2, zh: "扬尘检查表", en: "Dust", items: [item("fences", "evidence"), item("grid", "note"), item("any", "")] };
const said = (found: Answer["found"], note = "", evidence: string[] = []): Answer => ({ found, note, evidence });

test.each([
  ["evidence", said(""), "answer"],
  ["evidence", said("none"), undefined],
  ["evidence", said("problem"), "evidence"],
  ["evidence", said("problem", "words alone"), "evidence"],
  ["evidence", said("problem", "", ["photo:1"]), undefined],
  ["note", said("problem", "  "), "note"],
  ["note", said("problem", "网格员未到"), undefined],
  ["", said("problem"), undefined],
  ["", said("not-applicable", " "), "why-not"],
  ["evidence", said("not-applicable", "没有围挡要求"), undefined],
] as const)("what an item of the kind %j lacks", (kind, answer, lack) => {
  expect(lackOf(item("x", kind), answer)).toBe(lack);
});

test("nothing is sent before every item has its answer, then in the order of the list", () => {
  const checked = freshAnswers(LIST);
  expect([lacks(checked).length, checkedBody(checked)]).toEqual([3, undefined]);
  checked.answers = { any: said("not-applicable", " 无 "), grid: said("none"), fences: said("problem", "", ["photo:1"]) };
  expect([problems(checked), evidenceOf(checked)]).toEqual([1, ["photo:1"]]);
  expect(checkedBody(checked)).toEqual({
    list_id: "dust",
    version: 2,
    answers: [
      { item: "fences", found: "problem", note: "", evidence: ["photo:1"] },
      { item: "grid", found: "none", note: "", evidence: [] },
      { item: "any", found: "not-applicable", note: "无", evidence: [] },
    ],
  });
});

test("evidence of an item that is no problem any more is not sent", () => {
  const checked = freshAnswers({ ...LIST, items: [item("fences", "evidence")] }, { fences: said("none", "", ["photo:1"]) });
  expect([evidenceOf(checked), checkedBody(checked)?.answers[0]?.evidence]).toEqual([[], []]);
});

test("answers that were kept stay when the list is read anew; what it no longer asks is dropped", () => {
  expect(Object.keys(freshAnswers(LIST, { gone: said("none"), any: said("none") }).answers)).toEqual(["fences", "grid", "any"]);
  expect(freshAnswers(LIST, { any: said("none") }).answers.any?.found).toBe("none");
});
