import { expect, test } from "vitest";

import * as zh from "./zh";

const FILES = import.meta.glob<Record<string, unknown>>(["./zh/*.ts", "!./zh/index.ts"], { eager: true });

test("no file of a dictionary takes a name of another", () => {
  const names = Object.values(FILES).flatMap((file) => Object.entries(file)).flatMap(([name, words]) => (/^[A-Z0-9_]+$/.test(name) ? [name] : Object.keys(words as object)));
  expect(names.filter((name, place) => names.indexOf(name) !== place)).toEqual([]);
  expect(names.length).toBe(Object.keys(zh.phrases).length + Object.keys(zh.tables).length);
});
