import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

// `npm run test:all`: `npm test` and every other `test:*` script, one after another, and their counts together.
const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const names = ["test", ...Object.keys(scripts).filter((name) => /^test:(?!all$)/.test(name))];
const counts = { passed: 0, failed: 0, skipped: 0 };
const shares: string[] = [];

for (const name of names) {
  const started = Date.now();
  const { code, last } = await run(name);
  const [, passed, failed, skipped] = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(last) ?? [];
  counts.passed += Number(passed ?? 0);
  counts.skipped += Number(skipped ?? 0);
  // a script that fails without a count, or counts nothing at all, has failed
  counts.failed += Number(failed ?? 0) || (code !== 0 || passed === undefined ? 1 : 0);
  shares.push(
    `${name.padEnd(16)} ${String(Math.round((Date.now() - started) / 1000)).padStart(5)} s   ${last}`,
  );
}
console.log(`\n${shares.join("\n")}\n`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

function run(name: string): Promise<{ code: number | null; last: string }> {
  console.log(`\n== npm run ${name}`);
  return new Promise((resolve) => {
    const child = spawn("npm", ["run", "-s", name], {
      stdio: ["ignore", "pipe", "inherit"],
      shell: process.platform === "win32",
    });
    let tail = "";
    child.stdout.on("data", (chunk) => {
      process.stdout.write(chunk);
      tail = (tail + chunk).slice(-1000);
    });
    child.once("close", (code) => resolve({ code, last: tail.trim().split("\n").at(-1) ?? "" }));
  });
}
