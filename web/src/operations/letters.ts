import type { Schemas } from "../api/client";

export type Letter = Schemas["LetterOut"];
export type Action = Schemas["DecisionIn"]["action"];

export const LETTER_STATES: Record<string, string> = { open: "待处理", replayed: "已重新注入", fixed: "修正后注入", discarded: "已丢弃" };
export const ACTIONS: Record<Action, string> = { replay: "原样重新注入", fix: "修正后注入", discard: "丢弃" };
/** What each does, for whoever is about to do it. */
export const EFFECTS: Record<Action, string> = {
  replay: "记录按原样写回它的分区末尾，只有当时放弃它的消费组会再次处理。适用于服务已修复的情况。",
  fix: "修改后的内容写回分区末尾，原内容仍留在死信中，决定里记有两者的散列值。",
  discard: "记录不再处理。它和决定一起留在死信主题里，不会删除。",
};
export const REASONS: Record<string, string> = {
  undecodable: "内容无法解析",
  invalid: "内容不合契约",
  "handler-error": "处理时出错",
  "unknown-contract": "契约未知",
};

/** The value as text that a person can mend: the fields of a message, else hexadecimal digits in groups. */
export function editableText(letter: Letter): string {
  if (letter.editable === "fields" && letter.value !== null) return JSON.stringify(letter.value, null, 2);
  return (letter.value_hex.match(/.{1,64}/g) ?? []).join("\n");
}

/** Whether the mended text is read as fields or as bytes; a message that could not be read has only its bytes. */
export function writtenAs(letter: Letter): "fields" | "bytes" {
  return letter.editable === "fields" && letter.value !== null ? "fields" : "bytes";
}

/** The body of a decision, or why the text is none. */
export function bodyOf(letter: Letter, action: Action, reason: string, text: string): Schemas["DecisionIn"] | string {
  if (reason.trim().length < 2) return "请说明理由";
  if (action !== "fix") return { action, reason: reason.trim() };
  if (writtenAs(letter) === "bytes") {
    const hex = text.replace(/\s+/g, "");
    if (!hex || hex.length % 2 || /[^0-9a-f]/i.test(hex)) return "内容须为成对的十六进制数字";
    if (hex.toLowerCase() === letter.value_hex) return "内容没有改动；要按原样写回请选“原样重新注入”";
    return { action, reason: reason.trim(), value_hex: hex };
  }
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch (error) {
    return `不是有效的 JSON：${error instanceof Error ? error.message : String(error)}`;
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) return "须为一个 JSON 对象";
  if (JSON.stringify(fields) === JSON.stringify(letter.value)) return "内容没有改动；要按原样写回请选“原样重新注入”";
  return { action, reason: reason.trim(), fields: fields as Record<string, unknown> };
}
