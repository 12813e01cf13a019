import { readFileSync } from "node:fs";

import { afterEach, expect, test } from "vitest";

import { speak } from "../words/language";
import * as zh from "../words/zh";
import { resultText } from "./deliveries";

const attempt = (result: string, detail = "", status: number | null = null) => ({ at_ms: 1, result, detail, status, duration_ms: 5 });

afterEach(() => speak("zh"));

test("a result is said in the language shown, with the receiver's number", async () => {
  const failed = { state: "failed", reason: "schedule-exhausted", attempts: [attempt("status", "status 500", 500)] };
  expect(resultText(failed)).toBe("对方返回了错误；重试次数已用完 HTTP 500");
  expect(resultText({ state: "pending", reason: "errcode", attempts: [attempt("errcode", "errcode 93000", 200)] })).toBe("对方返回失败码 返回码 93000");
  expect(resultText({ state: "delivered", reason: "", attempts: [attempt("sent", "", 200)] })).toBe("对方已接收");
  await speak("en");
  expect(resultText(failed)).toBe("the other side answered with an error; all tries used up HTTP 500");
});

test("a delivery that was never tried says why, and an unknown code is not hidden", () => {
  expect(resultText({ state: "muted", reason: "silenced", attempts: [] })).toBe("静默期内不发送");
  expect(resultText({ state: "failed", reason: "newer-code", attempts: [] })).toBe("newer-code");
});

test("every code of notify has a word", () => {
  const said = zh.tables.DELIVERY_RESULTS as Readonly<Record<string, string>>;
  const read = (name: string) => readFileSync(`../services/notify/lantian_notify/${name}`, "utf8");
  const reasons = /Reason = Literal\[([\s\S]*?)\n\]/.exec(read("channels/base.py"))?.[1] ?? "";
  const codes = [...reasons.matchAll(/^ {4}"([a-z-]+)"/gm)].map(([, code]) => code ?? "");
  const ends = ["deliveries/stages.py", "deliveries/delivery.py", "deliveries/store.py"].flatMap((name) => [...read(name).matchAll(/settled\("\w+", "([a-z-]+)"|"reason": "([a-z-]+)"|reason="([a-z-]+)"|reason: Literal\["([a-z-]+)", "([a-z-]+)"\]/g)].flatMap((found) => found.slice(1).filter(Boolean)));
  expect(codes.length).toBeGreaterThan(10);
  expect(ends).toContain("expired");
  for (const code of ["sent", ...codes, ...ends]) expect(said[code], code).toBeTruthy();
});
