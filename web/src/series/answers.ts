import { table } from "../words/language";

const DEVICE_ANSWERS = table("DEVICE_ANSWERS");
const OF_DEVICE = /^the device (?:refuses|says): (.*)$/;

/** Why a command to a device ended as it did; what ingest says and nobody translated is shown as it came. */
export function answerText(reason: string): string {
  const said = OF_DEVICE.exec(reason)?.[1] ?? reason;
  return DEVICE_ANSWERS[said.replace(/^no answer to \d+ requests$/, "no answer")] ?? reason;
}
