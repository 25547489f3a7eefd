import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// `npm test`: types, lint, the templates of prod, and every test that needs nothing but Node. With the names of test
// projects (vitest.config.ts) as arguments: the tests of those alone.
const asked = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "bookshop-test-"));
const results = join(folder, "results.json");
const counts = { passed: 0, failed: 0, skipped: 0 };

// the checks run beside the tests: much of what tests do is waiting
const checks: Promise<boolean>[] = [];
if (asked.length === 0) {
  const output = join(folder, "cdk.out");
  checks.push(
    run("types", ["tsc"]),
    run("lint", ["biome", "check", "--error-on-warnings"]),
    run("synth of prod", ["cdk", "synth", "-c", "env=prod", "--quiet", "--output", output]),
  );
}
const projects = asked.length > 0 ? asked : ["in process", "over HTTP", "system"];
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${results}`];
const ok = await run("tests", [
  "vitest",
  "run",
  ...projects.map((name) => `--project=${name}`),
  ...reporters,
]);
for (const check of checks) count(await check);
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

function run(what: string, [command = "", ...args]: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { shell: process.platform === "win32" });
    let said = "";
    const hear = (chunk: Buffer) => {
      // what the tests say is shown as they go, a check's words when it is done
      if (what === "tests") process.stdout.write(chunk);
      else said += chunk;
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const end = (passed: boolean) => {
      console.log(`${what}: ${passed ? "passed" : `failed\n${said}`}`);
      resolve(passed);
    };
    child.once("error", () => end(false));
    child.once("close", (code) => end(code === 0));
  });
}
