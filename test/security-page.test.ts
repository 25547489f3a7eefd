import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const file = "docs/security.md";
const page = readFileSync(file, "utf8");
const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
const rows = (page.split("\n## What is promised, and the test that proves it\n")[1]?.split("\n## ")[0] ?? "")
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .slice(1)
  .map((line) => line.split(" | "));

test("docs/security.md promises something", () => {
  expect(rows.length).toBeGreaterThan(20);
});

test.each(rows)("docs/security.md: %s (%s)", (_promise, _from, proof = "") => {
  const proofs = proof.replace(/ \|$/, "").split("; ");
  for (const one of proofs) {
    const commands = [...one.matchAll(/`npm run ([\w:]+)`/g)].map(([, name = ""]) => name);
    for (const name of commands) expect(Object.keys(scripts)).toContain(name);
    if (commands.length > 0) continue;
    const [, named = "", tests = ""] = /^`([^`]+)`: (".+")$/.exec(one) ?? [];
    const source = readFileSync(named.includes("/") ? named : `test/security/${named}.test.ts`, "utf8");
    for (const name of tests.slice(1, -1).split('", "')) expect(source).toContain(name);
  }
});

test("docs/security.md names no file that there is not, and as many fences as there are", () => {
  for (const [, link = ""] of page.matchAll(/\]\((?!https:)([^)#]+)[^)]*\)/g))
    expect(existsSync(join(dirname(file), link)), link).toBe(true);
  const fences = readFileSync("test/security/fences.test.ts", "utf8").match(/^ {4}missedBy: /gm) ?? [];
  expect(page).toContain(`| Each of ${fences.length} fences is needed`);
});
