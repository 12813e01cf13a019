import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { parse } from "vue/compiler-sfc";

/** Chinese characters and the punctuation that goes with them. */
const CHINESE = /[\p{Script=Han}（），。：；、！？]/u;

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return files(path);
    return /\.(ts|vue)$/.test(name) && !/\.test\.ts$|\.d\.ts$/.test(name) ? [path] : [];
  });
}

/** Literals of a script that hold Chinese; comments, and what patterns take from a keyboard, do not count. */
function inScript(text: string): string[] {
  const found: string[] = [];
  const look = (node: ts.Node) => {
    const literal = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if (literal && CHINESE.test(node.text)) found.push(node.text);
    ts.forEachChild(node, look);
  };
  look(ts.createSourceFile("it.ts", text, ts.ScriptTarget.Latest, true));
  return found;
}

/** Chinese of a single-file component: its template without comments, and the literals of its script. */
function inComponent(text: string): string[] {
  const { descriptor } = parse(text, { sourceMap: false });
  const template = (descriptor.template?.content ?? "").replace(/<!--[\s\S]*?-->/g, "");
  const script = `${descriptor.script?.content ?? ""}\n${descriptor.scriptSetup?.content ?? ""}`;
  return [...template.split("\n").filter((line) => CHINESE.test(line)).map((line) => line.trim()), ...inScript(script)];
}

const chinese = (path: string, text: string) => (path.endsWith(".vue") ? inComponent(text) : inScript(text));

const PAGES = files("src").filter((path) => !/^src\/words\/(zh|en)\//.test(path));

test.each(PAGES)("%s says nothing outside the dictionaries", (path) => {
  expect(chinese(path, readFileSync(path, "utf8"))).toEqual([]);
});

test("Chinese is found wherever it can stand", () => {
  const page = '<script setup lang="ts">\n// 注\nconst a = "甲"; const b = `乙${a}丙`;\n</script>\n<template><!-- 注 -->\n<p title="丁">x</p>\n<p>{{ a }}（{{ b }}）</p></template>';
  expect(chinese("it.vue", page)).toEqual(['<p title="丁">x</p>', "<p>{{ a }}（{{ b }}）</p>", "甲", "乙", "丙"]);
  expect(PAGES.length).toBeGreaterThan(80);
});
