import { expect, it } from "vitest";

import { entryName } from "./names";

it("calls an entry as people do", () => {
  expect(entryName({ kind: "enterprise", id: "e1", entity: { name: "某钢铁有限公司" } })).toBe("某钢铁有限公司");
  expect(entryName({ kind: "limit", id: "demo-1-a21026", entity: { factor: "a21026", value: 35 } })).toBe("二氧化硫 35 mg/m³");
  expect(entryName({ kind: "mark", id: "mark-1", entity: { kind: "calibration", start_ms: 1_795_305_600_000 } })).toBe("校准 2026-11-22 08:00");
  expect(entryName({ kind: "feed", id: "DE1301", entity: {} })).toBe("DE1301");
});
