import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { inChinese, sentence } from "./refusals";

const ROOT = "../services/tasks/lantian_tasks/";
const SOURCES = ["ledger/guards.py", "leads/moves.py", "evidence/guards.py", "rounds/moves.py"];

/** The sentences a guard may answer with: what stands behind `return`, with a sample in place of each value. */
function sentences(file: string): string[] {
  const text = readFileSync(`${ROOT}${file}`, "utf8");
  const found: string[] = [];
  for (const line of text.split("\n")) {
    const code = line.trim();
    if (!/^return|else f?"|^f?"/.test(code) || code.includes('"""')) continue;
    for (const [, said] of code.matchAll(/f?"([^"]{8,})"/g)) {
      if (said && /^[a-z{]/.test(said) && said.includes(" ") && /[a-z]{3}/.test(said.replace(/\{[^}]*\}/g, ""))) found.push(said.replace(/\{[^}]*\}/g, "7"));
    }
  }
  return found;
}

test.each(SOURCES.flatMap((file) => sentences(file).map((said) => [file, said] as const)))("%s: %s", (_file, said) => {
  expect(sentence(said)).not.toBe(said);
});

test("a sentence nobody translated is shown, not hidden", () => {
  expect(inChinese(409, "guard", "the moon is full").detail).toBe("the moon is full");
  expect(inChinese(409, "guard", "the dossier lacks photo-after").detail).toBe("销号材料还缺：整改后照片");
});
