import { expect, test } from "vitest";

import { ownOf, type Piece } from "../api/evidence";
import { dossierOf } from "./dossier";

const piece = (evidence_id: string, subject: string, kind: string): Piece => ({ evidence_id, subject, kind, received_ms: 5 }) as Piece;
const found = piece("a", "lead/1", "photo-before");
const fixed = piece("b", "issue/1", "photo-after");

test("a photo of the lead is shown, and proves nothing in the dossier", () => {
  const own = ownOf({ kind: "issues", id: "1" }, [found, fixed]);
  expect(own).toEqual([fixed]);
  expect(ownOf({ kind: "leads", id: "1" }, [found, fixed])).toEqual([found]);
  const told = dossierOf([], ["photo-before", "photo-after"], [found, fixed], own);
  expect(told.wanted).toEqual([
    { kind: "photo-before", there: false },
    { kind: "photo-after", there: true },
  ]);
  expect(told.pieces).toEqual([found, fixed]);
});
