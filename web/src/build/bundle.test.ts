import { gzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { checkFirstViews, firstViews, MOST_BYTES, type Piece } from "../../bundle";

const chunk = (code: string, more: Partial<Piece> = {}): Piece => ({ type: "chunk", code, ...more });
const packed = (text: string) => gzipSync(text).length;

test("a first view is the entry, the page, what both import and their styles; what comes later is not", () => {
  const views = firstViews({
    "index.js": chunk("entry", { isEntry: true, imports: ["vue.js"], dynamicImports: ["a.js", "b.js"] }),
    "vue.js": chunk("framework"),
    "a.js": chunk("page a", { imports: ["shared.js", "vue.js"], dynamicImports: ["chart.js"], viteMetadata: { importedCss: new Set(["a.css"]) } }),
    "b.js": chunk("page b"),
    "shared.js": chunk("shared", { imports: ["a.js"] }),
    "chart.js": chunk("chart".repeat(1000)),
    "a.css": { type: "asset", source: ".a{}" },
  });
  const both = packed("entry") + packed("framework");
  expect([...views]).toEqual([
    ["a.js", both + packed("page a") + packed("shared") + packed(".a{}")],
    ["b.js", both + packed("page b")],
  ]);
});

test("the words of another language count for every page", () => {
  const bundle = {
    "index.js": chunk("entry", { isEntry: true, dynamicImports: ["a.js", "english-1.js"] }),
    "a.js": chunk("page a"),
    "english-1.js": chunk("words".repeat(100)),
  };
  expect(firstViews(bundle, /english/).get("a.js")).toBe(packed("entry") + packed("page a") + packed("words".repeat(100)));
});

test("a build with too large a page, or without pages, is refused", () => {
  expect(() => checkFirstViews(new Map([["a.js", MOST_BYTES]]))).not.toThrow();
  expect(() => checkFirstViews(new Map([["a.js", 1], ["b.js", MOST_BYTES + 1]]))).toThrow("first view of b.js: 204801 bytes");
  expect(() => checkFirstViews(new Map())).toThrow("no pages");
});
