import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

// `npm run test:all`: `npm test` and every other `test:*` script, one after another, and their counts together.
const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const names = ["test", ...Object.keys(scripts).filter((name) => /^test:(?!all$)/.test(name))];
const counts = { passed: 0, failed: 0, skipped: 0 };
const shares: string[] = [];
const failures: string[] = [];

for (const name of names) {
  const started = Date.now();
  const { code, tail } = await run(name);
  const last = tail.at(-1) ?? "";
  const [, passed, failed, skipped] = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(last) ?? [];
  counts.passed += Number(passed ?? 0);
  counts.skipped += Number(skipped ?? 0);
  // a script that fails without a count, or counts nothing at all, has failed
  const missed = Number(failed ?? 0) || (code !== 0 || passed === undefined ? 1 : 0);
  counts.failed += missed;
  if (missed > 0) failures.push(`\n== npm run ${name} failed; the last that it said:\n${tail.join("\n")}`);
  shares.push(
    `${name.padEnd(16)} ${String(Math.round((Date.now() - started) / 1000)).padStart(5)} s   ${last}`,
  );
}
// again at the end, where whoever sees no more than that finds it
for (const failure of failures) console.log(failure);
console.log(`\n${shares.join("\n")}\n`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

function run(name: string): Promise<{ code: number | null; tail: string[] }> {
  console.log(`\n== npm run ${name}`);
  return new Promise((resolve) => {
    const child = spawn("npm", ["run", "-s", name], {
      stdio: ["ignore", "pipe", "inherit"],
      shell: process.platform === "win32",
    });
    let tail = "";
    child.stdout.on("data", (chunk) => {
      process.stdout.write(chunk);
      tail = (tail + chunk).slice(-10_000);
    });
    child.once("close", (code) => resolve({ code, tail: tail.trim().split("\n").slice(-60) }));
  });
}
