import type { InjectionKey, Ref } from "vue";

import type { Piece, Subject } from "../api/evidence";

export interface Desk {
  subject: Subject;
  pieces: Ref<Piece[] | undefined>;
  /** Reads everything anew: a file that was attached has moved the subject on. */
  refresh: () => Promise<unknown>;
}

/** The evidence of the page's subject, for the forms below it. */
export const EVIDENCE: InjectionKey<Desk> = Symbol("evidence");
