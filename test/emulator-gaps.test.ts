import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { assertedOnly, patches } from "./deploy/emulator-gaps.ts";

const templates = readFileSync("test/stacks.test.ts", "utf8");

test.each(
  [...Object.values(patches), ...assertedOnly].flatMap(({ gap, assertedBy }) =>
    assertedBy === null ? [] : [{ gap, assertedBy }],
  ),
)("where the emulator is wrong ($gap), a template test speaks", ({ assertedBy }) => {
  expect(templates).toContain(`test("${assertedBy}"`);
});
