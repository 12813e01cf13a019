import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { entityOf, inputsOf, toForm } from "./schema";
import { KINDS } from "../words/words";

const DOCUMENT = JSON.parse(readFileSync("openapi.json", "utf8")) as Parameters<typeof inputsOf>[0];

it("has a form for every kind of the registry", () => {
  for (const kind of Object.keys(KINDS)) expect(inputsOf(DOCUMENT, kind).length, kind).toBeGreaterThan(0);
});

it("gives back what it was given", () => {
  const inputs = inputsOf(DOCUMENT, "source");
  const entity = { enterprise_id: "e1", name: "1号排口", kind: "outlet", outlet: { industry: "steel", existing: true }, longitude: 114.5, latitude: 38 };
  const values = Object.fromEntries(inputs.map((input) => [input.name, toForm(input, entity[input.name as never])]));
  expect(entityOf(inputs, values)).toMatchObject(entity);
});

it("shows times as the authority's and sends them as they were", () => {
  const inputs = inputsOf(DOCUMENT, "mark");
  const at = Date.UTC(2026, 10, 22, 8);
  const start = inputs.find((input) => input.name === "start_ms");
  expect(start && toForm(start, at)).toBe("2026-11-22T16:00");
  expect(entityOf(inputs, { start_ms: "2026-11-22T16:00" }).start_ms).toBe(at);
});
