import type { Schemas } from "../api/client";
import { phrase, table } from "../words/language";

/** A sender as ingest has seen it since it was started. */
export interface Sender {
  feed: string;
  registered: boolean;
  connected: boolean;
  last_ms: number;
  frames: number;
  accepted: number;
  clock_skew_ms: number | null;
}

export const SENDER_EVENTS = table("SENDER_EVENTS");
export const ATTENTIONS = table("SENDER_ATTENTIONS");
export type Attention = keyof typeof ATTENTIONS;
/** Clocks of data loggers may be wrong by minutes; HJ 212 has them set by the platform. */
const SKEW_MS = 60_000;

/** What of a sender an operator looks into. */
export function attentionsOf(sender: Sender): Attention[] {
  const found: [Attention, boolean][] = [
    ["unregistered", !sender.registered],
    ["disconnected", !sender.connected],
    ["refused", sender.frames > sender.accepted],
    ["clock", Math.abs(sender.clock_skew_ms ?? 0) >= SKEW_MS],
  ];
  return found.filter(([, holds]) => holds).map(([name]) => name);
}

/** Those to look into, or all; what was silent longest stands first. */
export function chosenSenders(senders: readonly Sender[], wanted: string): Sender[] {
  const fits = (sender: Sender) => wanted === "all" || (wanted ? attentionsOf(sender).includes(wanted as Attention) : attentionsOf(sender).length > 0);
  return senders.filter(fits).sort((one, other) => one.last_ms - other.last_ms);
}

const PACKETS = /^ST=(\S+) CN=(\S+) DataTime=(.*): of (\d+) packets missing (.*)$/;
const ADOPTED = /^(\d+) frames since \d+, (\d+) refused again/;

/** What happened, for a person; whatever has no sentence here is shown as the gateway says it. */
export function eventText({ kind, addresses, detail }: Pick<Schemas["FeedEventRow"], "kind" | "addresses" | "detail">): string {
  const packets = PACKETS.exec(detail);
  const adopted = ADOPTED.exec(detail);
  if (kind === "stranger") return phrase("senders.stranger", { address: addresses[0] ?? "—" });
  if (kind === "two-addresses") return phrase("senders.twoAddresses", { addresses: addresses.join(phrase("any.comma")) });
  if (packets) return phrase("senders.packets", { command: packets[2], time: packets[3], total: packets[4], missing: packets[5] });
  if (adopted) return phrase("senders.adopted", { adopted: adopted[1], refused: adopted[2] });
  return detail;
}
