import { expect, it } from "vitest";

import { Lines } from "./lines";

const TEXT = ": lantian\nid: i1.l2\nretry: 3000\n\nevent: lead\nid: i1.l3\ndata: {\"a\":\ndata: 1}\n\n: heartbeat\n\n";
const EVENTS = [
  { kind: "message", id: "i1.l2", data: "" },
  { kind: "lead", id: "i1.l3", data: '{"a":\n1}' },
];

it("reads the same events however the text is cut", () => {
  for (let cut = 0; cut <= TEXT.length; cut++) {
    const lines = new Lines();
    expect([...lines.take(TEXT.slice(0, cut)), ...lines.take(TEXT.slice(cut))]).toEqual(EVENTS);
  }
});
