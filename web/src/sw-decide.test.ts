import { expect, it } from "vitest";

import { decide } from "./sw-decide";

const ORIGIN = "https://lantian.example";
const ask = (path: string, mode = "cors", method = "GET") => decide(method, mode, new URL(path, ORIGIN), ORIGIN);

it("keeps the console's files and pages, and nothing of the API", () => {
  expect(ask("/console/assets/index-1.js")).toBe("file");
  expect(ask("/console/team/abc", "navigate")).toBe("page");
  expect(ask("/console/sw.js")).toBe("network");
  for (const path of ["/v1/leads", "/openapi.json", "https://elsewhere.example/console/x.js"]) expect(ask(path)).toBe("network");
  expect(ask("/console/x", "cors", "POST")).toBe("network");
});
