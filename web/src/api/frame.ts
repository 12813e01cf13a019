import { table } from "../words/language";

/** One field of a HJ 212 packet: `a21026-Rtd=12.5` is factor a21026, what Rtd. */
export interface FrameField {
  factor: string;
  what: string;
  value: string;
}

export interface Decoded {
  command: string;
  head: [name: string, value: string][];
  time: string;
  fields: FrameField[];
  lengthSaid: number;
  lengthIs: number;
  codeSaid: string;
  codeIs: string;
}

const SHAPE = /##(\d{4})([\s\S]*?&&)([\s\S]*?)(&&)([0-9A-Fa-f]{4})/;

/** A HJ 212 frame for people, beside its bytes; undefined for anything else (vehicles, records, what is broken). */
export function decodeFrame(text: string): Decoded | undefined {
  const found = SHAPE.exec(text);
  if (!found) return undefined;
  const [, length = "", before = "", inner = "", end = "", code = ""] = found;
  const body = before + inner + end;
  const head = before
    .replace(/CP=&&$/, "")
    .split(/[;,]/)
    .filter(Boolean)
    .map((part): [string, string] => pair(part));
  const fields: FrameField[] = [];
  let time = "";
  for (const part of inner.split(/[;,]/)) {
    if (!part) continue;
    const [name, value] = pair(part);
    if (name === "DataTime") {
      time = value;
      continue;
    }
    const dash = name.lastIndexOf("-");
    fields.push({ factor: dash > 0 ? name.slice(0, dash) : "", what: dash > 0 ? name.slice(dash + 1) : name, value });
  }
  const bytes = new TextEncoder().encode(body);
  return {
    command: head.find(([name]) => name === "CN")?.[1] ?? "",
    head: head.map(([name, value]) => [name, name === "PW" ? "••••••" : value]),
    time,
    fields,
    lengthSaid: Number(length),
    lengthIs: bytes.length,
    codeSaid: code.toUpperCase(),
    codeIs: checkCode(bytes),
  };
}

/** HJ 212 appendix A, bit by bit. */
export function checkCode(bytes: Uint8Array): string {
  let register = 0xffff;
  for (const byte of bytes) {
    register = (register >> 8) ^ byte;
    for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >> 1) ^ 0xa001 : register >> 1;
  }
  return register.toString(16).toUpperCase().padStart(4, "0");
}

function pair(part: string): [string, string] {
  const sign = part.indexOf("=");
  return sign < 0 ? [part, ""] : [part.slice(0, sign), part.slice(sign + 1)];
}

export const COMMANDS = table("FRAME_COMMANDS");
