import { afterEach, expect, test, vi } from "vitest";

import { divisionName, takeCounties } from "./divisions";
import { speak } from "./language";

const fetched = vi.fn(() => Promise.reject(new Error("no network here")));
vi.stubGlobal("fetch", fetched);
afterEach(() => speak("zh"));

test("a county is named with its city, in both languages", async () => {
  expect(divisionName("130102")).toBe("石家庄 130102");
  takeCounties([{ code: "130102", name: "长安区", kind: "county" }, { code: "410381", name: "偃师市", kind: "former" }]);
  expect([divisionName("130102"), divisionName("410381"), divisionName("130100")]).toEqual(["石家庄长安区", "洛阳偃师市（已撤并）", "石家庄"]);
  await speak("en");
  expect(divisionName("130102")).toBe("Shijiazhuang, 长安区");
});

test("what nobody lists keeps its code", () => {
  expect([divisionName("130199"), divisionName("440300"), divisionName("")]).toEqual(["石家庄 130199", "440300", "—"]);
});
