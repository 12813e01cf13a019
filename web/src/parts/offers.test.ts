import { expect, it } from "vitest";

import { bodyOf, freshValues, inOrder, missing, momentOf, type Offer } from "./offers";

const PLAN: Offer = {
  move: "submit-plan",
  to_state: "plan-submitted",
  reason_required: false,
  barred: "", barred_zh: "",
  fields: [
    { name: "measures", kind: "text", required: true },
    { name: "milestones", kind: "milestones", required: true },
    { name: "peers", kind: "text", required: false },
  ],
};
const CLOSE: Offer = { ...PLAN, move: "request-close", fields: [{ name: "evidence", kind: "evidence", required: true }] };

it("asks for what the dossier of the category holds", () => {
  expect(freshValues(CLOSE, ["photo-before", "photo-after"]).evidence).toEqual([{ kind: "photo-before", id: "" }, { kind: "photo-after", id: "" }]);
});

it("says what is missing, and sends only what was typed", () => {
  const values = freshValues(PLAN, []);
  expect(missing(PLAN, values)).toEqual(["measures", "milestones"]);
  Object.assign(values, { measures: " 更换布袋 ", milestones: [{ name: "停机", due: "2026-12-01T08:00" }, { name: "", due: "" }] });
  expect(missing(PLAN, values)).toEqual([]);
  expect(bodyOf(PLAN, values)).toEqual({ move: "submit-plan", measures: "更换布袋", milestones: [{ name: "停机", due_ms: Date.UTC(2026, 11, 1) }] });
});

it("takes typed times as the authority's", () => {
  expect(momentOf("2026-11-22T16:00")).toBe(Date.UTC(2026, 10, 22, 8));
  expect(momentOf("")).toBe(0);
});

it("puts what leads on first and what ends it last", () => {
  const moves = ["void", "note", "reassign", "assign"].map((move) => ({ ...PLAN, move }));
  expect(inOrder(moves).map((offer) => offer.move)).toEqual(["assign", "reassign", "note", "void"]);
});
