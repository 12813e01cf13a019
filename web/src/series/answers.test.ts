import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { answerText } from "./answers";

const HAN = /\p{Script=Han}/u;

test("what a device answers is said in words", () => {
  expect(answerText("the device refuses: wrong password")).toBe("访问密码错误");
  expect(answerText("no answer to 4 requests")).toBe("多次下发没有应答");
  expect([answerText(""), answerText("something new")]).toEqual(["", "something new"]);
});

test("every answer of ingest has a word", () => {
  const code = readFileSync("../services/ingest/lantian_ingest/dialogue/exchange.py", "utf8");
  const tables = [...code.matchAll(/(?:REFUSALS|FAILURES): Final = \{([\s\S]*?)\}/g)].map(([, body]) => body).join("");
  const answers = [...tables.matchAll(/\d+: "([^"]+)"/g)].map(([, said]) => `the device says: ${said}`);
  const ends = [...code.matchAll(/now_ms, 0, "([^"]+)"\)/g)].map(([, said]) => said ?? "");
  expect([answers.length, ends.length]).toEqual([14, 3]);
  for (const reason of [...answers, ...ends, "the device refuses: unknown reason", "the device says: unknown result"]) expect(answerText(reason), reason).toMatch(HAN);
});
