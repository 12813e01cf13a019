import { phrase } from "../words/language";
import { api, told, type Schemas } from "./client";
import { ask, download } from "./elsewhere";

export type Plan = Schemas["PlanDocumentOut"];
export type PlanRow = Schemas["PlanDocumentRow"];
export type PlanVersion = Schemas["VersionOut"];

/** Whose plans: an enterprise's, or those of a division itself. */
export interface Whose {
  enterprise?: string;
  division?: string;
}

/** Plans of somebody; with `day` (2026-11-30) those that were in force on it. Throws Trouble. */
export async function plansOf(whose: Whose, day = ""): Promise<PlanRow[]> {
  const { enterprise, division } = whose;
  const query = { limit: 50, ...(enterprise && { enterprise }), ...(!enterprise && division && { division, of_divisions: true }), ...(day && { in_force_at: day }) };
  const { items } = await told(api.GET("/v1/plan-documents", { params: { query } }));
  return ownOf(whose, items);
}

/** A city's list has those of its counties too: here it is asked for its own. */
export function ownOf({ enterprise, division }: Whose, rows: readonly PlanRow[]): PlanRow[] {
  return rows.filter((row) => enterprise || !division || row.division_code === division);
}

/** Sends a file with what is said of it: a new plan, or with `plan` its next version. The same key sends it once. Throws Trouble. */
export async function sendPlan(file: File, said: Record<string, string>, key: string, plan?: Pick<Plan, "plan_document_id" | "revision">): Promise<Plan> {
  const filled = Object.entries({ ...said, name: file.name }).filter(([, value]) => value !== "");
  const query = new URLSearchParams(filled);
  const headers: Record<string, string> = { "Content-Type": "application/octet-stream", "Idempotency-Key": key };
  if (plan) headers["If-Match"] = `"${plan.revision}"`;
  const path = plan ? `/v1/plan-documents/${plan.plan_document_id}/versions` : "/v1/plan-documents";
  return ask<Plan>(phrase("any.plans"), `${path}?${query}`, { method: "POST", body: file, headers });
}

/** Saves the file of a version. Throws Trouble. */
export function savePlan(plan: PlanRow, version: PlanVersion): Promise<void> {
  const ending = /\.\w+$/.exec(version.file_name)?.[0] ?? ENDINGS[version.media_type] ?? "";
  return download(`/v1/plan-documents/${plan.plan_document_id}/versions/${version.version}/content`, `${plan.title}-v${version.version}${ending}`);
}

const ENDINGS: Readonly<Record<string, string>> = { "application/pdf": ".pdf" };

/** Rules whose runbook has the inspectors compare the conduct with the enterprise's plan. */
const BY_PLAN = new Set(["response-stop", "response-limit", "gate-old-truck"]);

/** Whether the plan in force belongs beside a lead or an issue. */
export function asksForPlan(category: string, ruleId: string): boolean {
  return category === "emergency" || BY_PLAN.has(ruleId);
}
