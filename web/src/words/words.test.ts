import { expect, it } from "vitest";

import { STATES, word } from "./words";

it("shows a code that has no word instead of hiding it", () => {
  expect(word(STATES, "rectifying")).toBe("整改中");
  expect(word(STATES, "new-state")).toBe("new-state");
});
