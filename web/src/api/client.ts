import createClient, { type Middleware } from "openapi-fetch";

import { session } from "../session/session";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** What went wrong, in words for the person who sees it. `status` 0: the service was not reached. */
export class Trouble extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly fields: readonly Schemas["FieldProblem"][] = [],
  ) {
    super(detail || title);
  }
}

const bearer: Middleware = {
  onRequest({ request }) {
    if (session.key.value) request.headers.set("Authorization", `Bearer ${session.key.value}`);
    return request;
  },
};

export const api = createClient<paths>({ baseUrl: "/" });
api.use(bearer);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of an answer. Throws Trouble; an expired or wrong key ends the session and nothing else. */
export async function told<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch {
    throw new Trouble(0, "服务未响应", "网络中断或服务正在重启；已填写的内容仍在页面上，请稍后重试。");
  }
  if (answer.response.ok && answer.data !== undefined) return answer.data;
  if (answer.response.status === 401) session.key.value = "";
  throw troubleOf(answer.response.status, answer.error);
}

export function troubleOf(status: number, problem: unknown): Trouble {
  const found = typeof problem === "object" && problem !== null ? (problem as Partial<Schemas["Problem"]>) : {};
  return new Trouble(status, found.title ?? `HTTP ${status}`, found.detail ?? "", found.errors ?? []);
}
