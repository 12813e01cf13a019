import { readdirSync, readFileSync } from "node:fs";

import { afterEach, expect, test } from "vitest";

import * as en from "./en";
import { either, phrase, speak, table, type Key } from "./language";
import * as zh from "./zh";

const HAN = /\p{Script=Han}/u;

/** Names of the values in a phrase; `{days|day|days}` needs `days` too. */
const values = (text: string) => [...new Set([...text.matchAll(/\{(\w+)[|}]/g)].map(([, name]) => name))].sort();

afterEach(() => speak("zh"));

test("both dictionaries have the same phrases with the same values", () => {
  expect(Object.keys(en.phrases).sort()).toEqual(Object.keys(zh.phrases).sort());
  expect(Object.keys(zh.phrases).length).toBeGreaterThan(700);
  for (const key of Object.keys(zh.phrases) as Key[]) expect(values(en.phrases[key]), key).toEqual(values(zh.phrases[key]));
});

test("both have the same tables with the same codes", () => {
  expect(Object.keys(en.tables).sort()).toEqual(Object.keys(zh.tables).sort());
  for (const name of Object.keys(zh.tables) as (keyof typeof zh.tables)[]) expect(Object.keys(en.tables[name]).sort(), name).toEqual(Object.keys(zh.tables[name]).sort());
});

test("every phrase is said somewhere", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => /\.(ts|vue)$/.test(name) && !/^words.(zh|en)|\.test\.ts$/.test(name));
  const said = files.map((name) => readFileSync(`src/${name}`, "utf8")).join("");
  expect(Object.keys(zh.phrases).filter((key) => !said.includes(`"${key}"`) && !said.includes(`'${key}'`))).toEqual([]);
});

test("no English word is Chinese, and none is empty", () => {
  const said = [...Object.entries(en.phrases), ...Object.entries(en.tables).flatMap(([name, words]) => Object.entries(words).map(([code, text]) => [`${name}.${code}`, text] as const))];
  for (const [key, text] of said) {
    expect(text, key).not.toBe("");
    expect(HAN.test(text), `${key}: ${text}`).toBe(false);
  }
});

test("every brace of a phrase is a value", () => {
  for (const text of [...Object.values(zh.phrases), ...Object.values(en.phrases)]) expect(text.replace(/\{\w+(\|[^|{}]+\|[^|{}]+)?\}/g, "")).not.toMatch(/[{}]/);
});

test("phrases, tables and pairs follow the language", async () => {
  const states = table("STATES");
  expect([phrase("any.leads"), states.rectifying, either({ zh: "超标", en: "exceedance" })]).toEqual([zh.phrases["any.leads"], zh.tables.STATES.rectifying, "超标"]);
  await speak("en");
  expect([phrase("any.leads"), states.rectifying, either({ zh: "超标", en: "exceedance" })]).toEqual(["Leads", "rectifying", "exceedance"]);
  expect(Object.keys(states)).toEqual(Object.keys(zh.tables.STATES));
  expect({ ...states }).toEqual(en.tables.STATES);
});

test("what the service says in one language only is shown in that one", async () => {
  expect([either({ zh: "", en: "only English" }), either(undefined)]).toEqual(["only English", ""]);
  await speak("en");
  expect([either({ zh: "只有中文", en: "" }), either(null)]).toEqual(["只有中文", ""]);
});

test("English counts", async () => {
  await speak("en");
  expect([phrase("time.days", { days: 1 }), phrase("time.days", { days: 2 })]).toEqual(["1 day", "2 days"]);
});

test("a table knows its own codes only", () => {
  const states = table("STATES");
  expect([states["constructor"], "toString" in states, "closed" in states]).toEqual([undefined, false, true]);
});
