import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// `npm test`: types, lint, the templates of prod, and every test that needs nothing but Node.
const folder = mkdtempSync(join(tmpdir(), "bookshop-test-"));
const results = join(folder, "results.json");
const [projects, ...more] = ["in process", "over HTTP", "system"].map((project) => `--project=${project}`);
const counts = { passed: 0, failed: 0, skipped: 0 };

count(await run("types", "tsc"));
count(await run("lint", "biome", "check", "--error-on-warnings"));
count(
  await run(
    "synth of prod",
    "cdk",
    "synth",
    "-c",
    "env=prod",
    "--quiet",
    "--output",
    join(folder, "cdk.out"),
  ),
);
const ok = await run(
  "tests",
  "vitest",
  ...[
    "run",
    projects as string,
    ...more,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${results}`,
  ],
);
try {
  const { numPassedTests, numFailedTests, numPendingTests, success } = JSON.parse(
    readFileSync(results, "utf8"),
  );
  counts.passed += numPassedTests;
  counts.failed += numFailedTests;
  counts.skipped += numPendingTests;
  // a file that cannot even be loaded has no tests to fail
  if (!(ok && success) && numFailedTests === 0) count(false);
} catch {
  count(false);
}
rmSync(folder, { recursive: true });
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

function count(passed: boolean): void {
  counts[passed ? "passed" : "failed"]++;
}

function run(what: string, command: string, ...args: string[]): Promise<boolean> {
  console.log(`\n${what} ...`);
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit", shell: process.platform === "win32" });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}
