import type { Delivery } from "../api/elsewhere";
import { phrase, table } from "../words/language";

const DELIVERY_RESULTS = table("DELIVERY_RESULTS");
const CODE = /^\S+ (-?\w{1,20})$/;

/**
 * What the last attempt of a delivery, or its end, came to: words by notify's stable codes, with the number that the receiver
 * gave. A code that nobody knows here is shown as it is.
 */
export function resultText({ attempts, reason, state }: Pick<Delivery, "attempts" | "reason" | "state">): string {
  const last = attempts.at(-1);
  const codes = [...new Set([last?.result ?? "", state === "pending" ? "" : reason].filter(Boolean))];
  const said = codes.map((code) => DELIVERY_RESULTS[code] ?? code).join(phrase("any.semicolon"));
  const code = last?.result === "errcode" || last?.result === "rejected" ? CODE.exec(last.detail)?.[1] : undefined;
  const number = code && last?.status === 200 ? phrase("deliveries.codeOfTheReceiver", { code }) : last?.status && last.status !== 200 ? phrase("deliveries.http", { status: last.status }) : "";
  return [said, number].filter(Boolean).join(" ");
}
