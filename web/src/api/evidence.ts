import { phrase } from "../words/language";
import { api, told, type Schemas } from "./client";
import { ask, bytes } from "./elsewhere";

export type Piece = Schemas["PieceOut"];
export type Subject = { kind: "issues" | "leads"; id: string };

/** Photos and files of an issue (with those of its lead) or of a lead. Throws Trouble. */
export async function piecesOf(subject: Subject): Promise<Piece[]> {
  if (subject.kind === "issues") return (await told(api.GET("/v1/issues/{issue_id}/evidence", { params: { path: { issue_id: subject.id } } }))).items;
  return (await told(api.GET("/v1/leads/{lead_id}/evidence", { params: { path: { lead_id: subject.id } } }))).items;
}

/** Those a move may rest on: what was attached to the lead shows how it was found, and proves nothing about the fix. */
export function ownOf(subject: Subject, pieces: readonly Piece[]): Piece[] {
  const own = `${subject.kind === "issues" ? "issue" : "lead"}/${subject.id}`;
  return pieces.filter((piece) => piece.subject === own);
}

/** Sends a file; the same key sends the same file once. Throws Trouble. */
export async function attach(subject: Subject, file: File, kind: string, key: string): Promise<Piece> {
  const query = new URLSearchParams({ kind, name: file.name });
  const headers = { "Content-Type": "application/octet-stream", "Idempotency-Key": key };
  return ask<Piece>(phrase("any.evidenceService"), `/v1/${subject.kind}/${subject.id}/evidence?${query}`, { method: "POST", body: file, headers });
}

/** The clean copy of a photo, or the bytes of a file. Throws Trouble. */
export function contentOf(subject: Subject, piece: Piece, form: "shown" | "original"): Promise<Blob> {
  return bytes(`/v1/${subject.kind}/${subject.id}/evidence/${piece.evidence_id}/content?form=${form}`);
}

export const isPhoto = (piece: Piece) => piece.width > 0;
