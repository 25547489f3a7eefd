const began = Date.now();
const proven: string[] = [];
const counts = { passed: 0, failed: 0, skipped: 0 };

const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** Something that takes its time: says how much. */
export async function phase<Result>(what: string, run: () => Promise<Result>): Promise<Result> {
  const since = Date.now();
  const result = await run();
  console.log(`${seconds(began).padStart(8)}  ${what} (${seconds(since)})`);
  return result;
}

/** A promise of the deployed system, and whether it was found kept: another value than `expected` is a failure. */
export function found(what: string, actual: unknown, expected: unknown = true): void {
  const [is, should] = [actual, expected].map((value) => JSON.stringify(value));
  const kept = is === should;
  counts[kept ? "passed" : "failed"]++;
  if (kept) proven.push(what);
  console.log(`${"".padStart(10)}${kept ? "passed" : "FAILED"}: ${what}`);
  if (!kept) console.log(`${"".padStart(12)}expected ${cut(should)}\n${"".padStart(12)}     got ${cut(is)}`);
}

const cut = (text = "nothing") => text.slice(0, 2000);

/** What tests of their own counted. */
export function add(what: string, one: typeof counts): void {
  for (const key of ["passed", "failed", "skipped"] as const) counts[key] += one[key];
  if (one.failed === 0) proven.push(`${what}: ${one.passed}`);
}

export function failed(reason: string): void {
  counts.failed++;
  console.log(`FAILED: ${reason}`);
}

export function skipped(what: string, why: string): void {
  counts.skipped++;
  console.log(`skipped: ${what}, ${why}`);
}

/** The last lines; the exit code goes with them. */
export function summary(assertedOnly: { gap: string; assertedBy: string | null }[]): void {
  console.log(`\nProven by deploying and calling it, in ${seconds(began)}:`);
  for (const what of proven) console.log(`  ${what}`);
  console.log("Only asserted of the templates, since the emulator gets it wrong:");
  for (const { gap, assertedBy } of assertedOnly)
    console.log(`  ${gap}\n    ${assertedBy === null ? "not ours" : `npm test: ${assertedBy}`}`);
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}
