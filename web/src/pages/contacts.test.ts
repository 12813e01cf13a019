import { expect, test } from "vitest";

import { filled, MOST, ownOf, wrongWith, type OwnContact } from "./contacts";

const sms = (address: string): OwnContact => ({ channel: "sms", address });

test("robots and webhooks are the authority's", () => {
  expect(ownOf([{ channel: "wecom", address: "" }, { channel: "webhook", address: "https://a" }, sms("13800000000")])).toEqual([sms("13800000000")]);
});

test("empty rows are not sent", () => {
  expect(filled([sms(" 13800000000 "), sms("  ")])).toEqual([sms("13800000000")]);
});

test.each([
  [[sms("13800000000"), { channel: "email", address: "a@example.org" }], ""],
  [[sms("")], ""],
  [[sms("12")], "“12”不是电话号码"],
  [[sms("http://10.0.0.1")], "“http://10.0.0.1”不是电话号码"],
  [[{ channel: "email", address: "a@b@example.org" }], "“a@b@example.org”不是邮箱地址"],
  [Array.from({ length: MOST + 1 }, () => sms("13800000000")), "最多 10 个"],
] as [OwnContact[], string][])("%j: %j", (rows, said) => {
  expect(wrongWith(rows)).toBe(said);
});
