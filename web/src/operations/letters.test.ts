import { expect, test } from "vitest";

import { bodyOf, editableText, writtenAs, type Letter } from "./letters";

const letter = (more: Partial<Letter>) =>
  ({ id: "ab01", state: "open", value: null, value_hex: "fffe", editable: "bytes", ...more }) as Letter;
const message = letter({ editable: "fields", value: { lead_id: "l1", severity: 3 }, value_hex: "0a02" });

test("a message is mended by its fields, anything else by its bytes", () => {
  expect(editableText(message)).toBe('{\n  "lead_id": "l1",\n  "severity": 3\n}');
  expect(writtenAs(message)).toBe("fields");
  const unread = letter({ editable: "fields" });
  expect([writtenAs(unread), editableText(unread)]).toEqual(["bytes", "fffe"]);
});

test("long bytes stand in lines and are read without them", () => {
  const long = letter({ value_hex: "23".repeat(40) });
  expect(editableText(long).split("\n").map((line) => line.length)).toEqual([64, 16]);
  expect(bodyOf(long, "fix", "少一字节", `${editableText(long)}\n0D`)).toEqual({ action: "fix", reason: "少一字节", value_hex: `${"23".repeat(40)}0D` });
});

test.each([
  ["replay", " ", "", "请说明理由"],
  ["fix", "理由", "ff f", "内容须为成对的十六进制数字"],
  ["fix", "理由", "zz", "内容须为成对的十六进制数字"],
  ["fix", "理由", "FF FE", "内容没有改动；要按原样写回请选“原样重新注入”"],
] as const)("%s with %j and %j is said to be no decision", (action, reason, text, said) => {
  expect(bodyOf(letter({}), action, reason, text)).toBe(said);
});

test("fields must be one JSON object that says something else", () => {
  expect(bodyOf(message, "fix", "理由", "{")).toMatch("不是有效的 JSON");
  expect(bodyOf(message, "fix", "理由", "[1]")).toBe("须为一个 JSON 对象");
  expect(bodyOf(message, "fix", "理由", editableText(message))).toMatch("没有改动");
  expect(bodyOf(message, "fix", " 理由 ", '{"lead_id":"l2"}')).toEqual({ action: "fix", reason: "理由", fields: { lead_id: "l2" } });
});

test("what is not mended carries no value", () => {
  expect(bodyOf(message, "replay", "服务已修复", "whatever")).toEqual({ action: "replay", reason: "服务已修复" });
  expect(bodyOf(message, "discard", "已重发", "")).toEqual({ action: "discard", reason: "已重发" });
});
