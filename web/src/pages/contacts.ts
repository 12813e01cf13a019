import { phrase, table } from "../words/language";

/** A mailbox or a number that an enterprise may set itself. */
export interface OwnContact {
  channel: "email" | "sms";
  address: string;
}

export const OWN = table("OWN_CHANNELS");
const ADDRESS: Record<OwnContact["channel"], RegExp> = { email: /^[^@\s,;<>]{1,64}@[^@\s,;<>]{3,190}$/, sms: /^\+?\d{5,15}$/ };
export const MOST = 10;

/** Those of all contacts that the enterprise may set. */
export function ownOf(contacts: readonly { channel: string; address: string }[]): OwnContact[] {
  return contacts.flatMap(({ channel, address }) => (channel === "email" || channel === "sms" ? [{ channel, address }] : []));
}

/** Rows as they are sent: without empty ones. */
export function filled(rows: readonly OwnContact[]): OwnContact[] {
  return rows.map(({ channel, address }) => ({ channel, address: address.trim() })).filter((row) => row.address);
}

/** What is wrong with the rows, or nothing. */
export function wrongWith(rows: readonly OwnContact[]): string {
  const sent = filled(rows);
  if (sent.length > MOST) return phrase("contacts.atMost", { value: MOST });
  const bad = sent.find((row) => !ADDRESS[row.channel].test(row.address));
  return bad ? (bad.channel === "email" ? phrase("contacts.isNoEMailAddress", { address: bad.address }) : phrase("contacts.isNoPhoneNumber", { address: bad.address })) : "";
}
