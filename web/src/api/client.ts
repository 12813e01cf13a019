import createClient, { type Middleware } from "openapi-fetch";

import { authorise, session } from "../session/session";
import { phrase } from "../words/language";
import { inWords, sentence } from "../words/refusals";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** What went wrong, in words for the person who sees it. `status` 0: the service was not reached. */
export class Trouble extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly fields: readonly Schemas["FieldProblem"][] = [],
    readonly slug = "",
  ) {
    super(detail || title);
  }
}

const bearer: Middleware = {
  onRequest({ request }) {
    authorise(request.headers, request.method);
    return request;
  },
};

// The address is asked for at each call: tests and service workers may replace fetch.
export const api = createClient<paths>({ baseUrl: "/", fetch: (request) => globalThis.fetch(request) });
api.use(bearer);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * The data of an answer. Throws Trouble; a log-in that has run out is asked for anew above the page, unless `quiet`:
 * then whoever asks wants to know whether there is one at all.
 */
export async function told<T>(asked: Promise<Answer<T>>, { quiet = false } = {}): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch {
    throw unreached();
  }
  if (answer.response.ok && answer.data !== undefined) return answer.data;
  if (answer.response.status === 401 && !quiet) session.lose();
  throw troubleOf(answer.response.status, answer.error);
}

export function unreached(): Trouble {
  return new Trouble(0, phrase("client.theServiceDoesNotAnswer"), phrase("client.theNetworkIsDownOr"));
}

export function troubleOf(status: number, problem: unknown): Trouble {
  const found = typeof problem === "object" && problem !== null ? (problem as Partial<Schemas["Problem"]>) : {};
  const slug = (found.type ?? "").replace("urn:lantian:problem:", "");
  const said = inWords(status, slug, { zh: found.detail_zh, en: found.detail }, { zh: found.title_zh, en: found.title });
  const fields = (found.errors ?? []).map((field) => ({ ...field, detail: sentence({ zh: field.detail_zh, en: field.detail }) }));
  return new Trouble(status, said.title, said.detail, fields, slug);
}

/** Anything thrown, as Trouble. */
export function asTrouble(error: unknown): Trouble {
  return error instanceof Trouble ? error : new Trouble(0, phrase("client.thePageFailed"), String(error));
}
