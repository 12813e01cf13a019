import { afterEach, expect, test, vi } from "vitest";

import { asksForPlan, ownOf, sendPlan, type PlanRow } from "./plans";

afterEach(() => vi.unstubAllGlobals());

const answers = (body: unknown) => {
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (input: Request | string, init?: RequestInit) => {
    asked.push(input instanceof Request ? input : new Request(new URL(input, "http://console"), init));
    return new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } });
  });
  return asked;
};

test("the plan belongs to what the emergency asks of an enterprise, and to nothing else", () => {
  expect(["response-stop", "response-limit", "gate-old-truck"].every((rule) => asksForPlan("exceedance", rule))).toBe(true);
  expect([asksForPlan("emergency", "x"), asksForPlan("exceedance", "hour-exceedance")]).toEqual([true, false]);
});

test("a city's own plans are not those of its counties", () => {
  const rows = ["130100", "130102"].map((division_code) => ({ division_code }) as PlanRow);
  expect(ownOf({ division: "130100" }, rows)).toEqual([rows[0]]);
  expect(ownOf({ enterprise: "e", division: "130100" }, rows)).toEqual(rows);
});

test("a version is sent on the revision that was read, without what was left empty", async () => {
  const asked = answers({});
  await sendPlan(new File(["x"], "方案.pdf"), { note: "", valid_from: "2026-10-01" }, "k", { plan_document_id: "p", revision: 4 });
  expect(asked[0]?.headers.get("if-match")).toBe('"4"');
  expect(new URL(asked[0]?.url ?? "").search).toBe(`?${new URLSearchParams({ valid_from: "2026-10-01", name: "方案.pdf" })}`);
});
