import { expect, it } from "vitest";

import { asNote, judge, stageAfter, wayTo, withSent } from "./merge";

const entry = (sequence: number, actor: string, move: string, from: string, to: string) =>
  ({ sequence, move, from_state: from, to_state: to, actor: { actor_id: actor, role: "city-team", organisation: "" } }) as Parameters<typeof judge>[1]["history"][number];
const HISTORY = [entry(1, "system", "", "", "candidate"), entry(2, "office", "dispatch", "screened", "pushed")];

it("goes on when nothing but notes happened meanwhile", () => {
  const now = { revision: 3, history: [...HISTORY, entry(3, "office", "note", "pushed", "pushed")] };
  expect(judge({ move: "accept", seen: 2 }, now, "team-1")).toEqual({ go: true, revision: 3 });
});

it("asks when somebody else has moved it on", () => {
  const theirs = entry(3, "team-2", "accept", "pushed", "accepted");
  expect(judge({ move: "accept", seen: 2 }, { revision: 3, history: [...HISTORY, theirs] }, "team-1")).toEqual({ go: false, theirs: [theirs] });
});

it("sends again what had arrived although its answer was lost, even when others went on from there", () => {
  const history = [...HISTORY, entry(3, "team-1", "accept", "pushed", "accepted"), entry(4, "team-2", "inspect", "accepted", "inspecting")];
  expect(judge({ move: "accept", seen: 2 }, { revision: 4, history }, "team-1")).toEqual({ go: true, revision: 4 });
});

it("knows the way from each stage, and what waits already", () => {
  expect(wayTo("confirm", "pushed", [])).toEqual(["accept", "inspect", "confirm"]);
  expect(wayTo("confirm", "pushed", ["accept"])).toEqual(["inspect", "confirm"]);
  expect(wayTo("confirm", "inspecting", [])).toEqual(["confirm"]);
  expect(stageAfter("pushed", ["accept", "inspect"])).toBe("inspecting");
});

it("keeps what was found when the move can not be made any more", () => {
  expect(asNote("认定属实", { conclusion: "旁路阀门开启" })).toContain("旁路阀门开启");
});

const ROW = { item: "fences", found: "problem", note: "北侧缺口", evidence: ["photo:1", "evd-9"] };
const BODY = { move: "confirm", conclusion: "属实", evidence: [{ kind: "photo", id: "photo:1" }, { kind: "record", id: "evd-9" }], check_list: { list_id: "dust", version: 1, answers: [ROW] } };

it("names photos by the ids the ledger gave them, in the check list too", () => {
  const sent = withSent(BODY, new Map([["photo:1", "evd-1"]]));
  expect(sent.evidence).toEqual([{ kind: "photo", id: "evd-1" }, { kind: "record", id: "evd-9" }]);
  expect((sent.check_list as typeof BODY.check_list).answers[0]?.evidence).toEqual(["evd-1", "evd-9"]);
  expect(BODY.check_list.answers[0]?.evidence[0]).toBe("photo:1");
  expect(withSent({ move: "call-not-reachable", evidence: [] }, new Map())).toEqual({ move: "call-not-reachable", evidence: [] });
});

it("keeps the problems of a check list when the move itself is too late", () => {
  const list = { list_id: "dust", version: 1, zh: "扬尘检查表", en: "Dust", items: [{ item: "fences", zh: "周边围挡到位", en: "Fenced", when_problem: "evidence" as const, source: "F29" }] };
  expect(asNote("认定属实", BODY, list)).toContain("发现问题 周边围挡到位 北侧缺口");
  expect(asNote("认定属实", BODY)).toContain("发现问题 fences 北侧缺口");
});
