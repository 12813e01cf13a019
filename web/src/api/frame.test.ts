import { expect, it } from "vitest";

import { checkCode, decodeFrame } from "./frame";

// From the field (shared reference data): a frame of edition 2005 whose length and code are right.
const REAL =
  "##0218ST=32;CN=2011;PW=123456;,MN=88888881234567;FLAG=0;CP=&&DataTime=20180306120000;001-Rtd=6.951,001-Flag=N;060-Rtd=23.400,060-Flag=N;011-Rtd=134.119,011-Flag=N;B01-Rtd=382.222,B01-Flag=N;B00-Rtd=156720160.000,B00-Flag=N&&2940";

it("decodes a real frame and proves its length and check code", () => {
  const found = decodeFrame(`${REAL}\r\n`);
  expect(found).toMatchObject({ command: "2011", time: "20180306120000", lengthSaid: 218, lengthIs: 218, codeSaid: "2940", codeIs: "2940" });
  expect(found?.fields[0]).toEqual({ factor: "001", what: "Rtd", value: "6.951" });
});

it("shows no password", () => {
  expect(JSON.stringify(decodeFrame(REAL))).not.toContain("123456;");
  expect(decodeFrame(REAL)?.head).toContainEqual(["PW", "••••••"]);
});

it("says nothing about what is no such frame", () => {
  expect(decodeFrame("{\"a\": 1}")).toBeUndefined();
  expect(checkCode(new TextEncoder().encode(REAL.slice(6, -4)))).toBe("2940");
});
