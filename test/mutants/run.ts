import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mutant } from "../histories/mutants.ts";
import { startShop } from "../local-system.ts";
import { type Listed, mutants } from "./list.ts";
import { gaps, type Sent } from "./recorder.ts";
import { ownTable } from "./table.ts";
import { requireSound, runProgram, runVitest } from "./vitest-run.ts";

// `npm run test:mutants`: does a test miss what a mutant takes away? Names as arguments run those mutants alone.
const atOnce = 3;
const patienceMs = 60_000;
const patienceForManyMs = 240_000;
const historyOptions = { HISTORIES: "10", TURNS: "32", SEED: "1", SHRINK_MS: "0" };
/** Which else are asked, besides the customers' cases, where the expected test misses nothing; none that rolls dice. */
const system = [
  "test/races.test.ts",
  "test/rules.test.ts",
  "test/lost-reply.test.ts",
  "test/keys-over-time.test.ts",
  "test/black-hole.test.ts",
  "test/every-fault.test.ts",
];
/** What runs without a mutant first, to see that it passes and what it sends; the last two take long and send nothing new. */
const clean = ["test/customer/", ...system.slice(0, -2)];

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "bookshop-mutants-"));
// a run starts faster where another has been before it
const environment = { NODE_COMPILE_CACHE: join(folder, "compiled") };
const began = Date.now();
const asked = process.argv.slice(2);
const chosen = mutants.filter(({ name }) => asked.length === 0 || asked.some((part) => name.includes(part)));
const failures: string[] = [];
const since = () => `${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s`;

type Verdict = { killedBy: string | null; byHistories: boolean };

for (const one of chosen) await requireSound(one).catch((error) => failures.push(error.message));
const shop = await startShop(["--in-memory"]);
const verdicts = failures.length === 0 ? await runAll() : new Map<Listed, Verdict>();
await shop.stop();
rmSync(folder, { recursive: true });
report();

/** The clean run, and two runs of each mutant: its tests, and the short histories. */
async function runAll(): Promise<Map<Listed, Verdict>> {
  const found = new Map(chosen.map((one) => [one, { killedBy: null, byHistories: false } as Verdict]));
  let done = 0;
  const progress = (one: Listed, what: string) =>
    console.log(`${since()}  ${String(++done).padStart(3)} of ${2 * chosen.length}  ${one.name}: ${what}`);
  const works: (() => Promise<void>)[] = [
    ...(asked.length === 0 ? [runClean, runCleanHistories] : []),
    ...chosen.flatMap((one) => {
      const verdict = found.get(one) as Verdict;
      return [
        async () => {
          verdict.killedBy = await killer(one);
          progress(one, verdict.killedBy ? `missed by "${verdict.killedBy}"` : "missed by no test");
        },
        async () => {
          verdict.byHistories = await foundByHistories(one);
          progress(one, verdict.byHistories ? "found by 10 histories" : "not found by 10 histories");
        },
      ];
    }),
  ];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let work = works.shift(); work; work = works.shift()) await work();
    }),
  );
  return found;
}

/** Without a mutant all tests pass, and every clause that they send has a mutant. */
async function runClean(): Promise<void> {
  const { failed, sent } = await runTests(clean, { isRecorded: true });
  if (failed) failures.push(`fails without any mutant: ${failed}`);
  failures.push(...gaps(sent, mutants));
  console.log(`${since()}  ${sent.length} different conditional writes were sent`);
}

async function runCleanHistories(): Promise<void> {
  if (await foundByHistories(undefined))
    failures.push("the short histories find a breach without any mutant");
}

/** The test that misses what the mutant takes away: the expected one if it does, else the first of all. */
async function killer(mutant: Listed): Promise<string | null> {
  const { file, test } = mutant.killer;
  const expected = await runTests([file], { mutant, test });
  if (expected.failed) return expected.failed;
  console.log(`${since()}  ${mutant.name}: not missed by "${test ?? file}", so all others are asked`);
  const other = await runTests(["test/customer/", ...system], { mutant });
  if (!other.failed || !other.file) return null;
  // a test that fails on a busy machine fails without a mutant too
  const without = await runTests([other.file], { test: other.failed });
  return without.failed ? null : other.failed;
}

/** Runs tests on a table of their own, up to the first that fails. */
async function runTests(
  files: string[],
  { mutant, test, isRecorded = false }: { mutant?: Mutant; test?: string | undefined; isRecorded?: boolean },
): Promise<{ failed: string | null; file?: string; sent: Sent[] }> {
  const table = await ownTable(shop, isRecorded);
  const found = await runVitest({
    files,
    projects: ["in process", "system", "faults"],
    system: { url: shop.url, variables: table.variables },
    mutant,
    test,
    environment,
    patienceMs: files.length === 1 ? patienceMs : patienceForManyMs,
  }).catch((error: Error) => {
    failures.push(`${mutant?.name ?? "no mutant"}: ${error.message}`);
    return null;
  });
  await table.stop();
  const sent = [...table.sent.values()];
  if (found?.failed) return { failed: found.failed.name, file: relative(root, found.failed.file), sent };
  for (const { file, message } of found?.broken ?? [])
    failures.push(`${mutant?.name ?? "no mutant"}: ${file}: ${message}`);
  if (found?.ran === 0) failures.push(`no test is called "${test}" in ${files}`);
  return { failed: null, sent };
}

async function foundByHistories(mutant: Mutant | undefined): Promise<boolean> {
  const { code, output } = await runProgram(
    ["test/histories/run.ts"],
    { ...environment, ...historyOptions },
    mutant,
    patienceMs,
  );
  if (code === null || !/^\d+ passed, \d+ failed/m.test(output) || output.includes("ended early"))
    failures.push(`${mutant?.name ?? "no mutant"}: the histories did not end: ${output.slice(-1000)}`);
  return /^A breach/m.test(output);
}

function report(): void {
  const [widest, widestTest] = [
    Math.max(...chosen.map(({ name }) => name.length)),
    Math.max(...[...verdicts.values()].map(({ killedBy }) => killedBy?.length ?? 0), 12),
  ];
  console.log(
    `\n${"mutant".padEnd(widest)}  ${"missed by the test".padEnd(widestTest)}  found by 10 histories`,
  );
  for (const [{ name }, { killedBy, byHistories }] of verdicts) {
    console.log(
      `${name.padEnd(widest)}  ${(killedBy ?? "-").padEnd(widestTest)}  ${byHistories ? "yes" : "no"}`,
    );
    if (!killedBy && !byHistories) failures.push(`lives: ${name}`);
  }
  console.log("");
  for (const failure of failures) console.log(failure);
  const killed = [...verdicts.values()].filter(({ killedBy, byHistories }) => killedBy || byHistories);
  console.log(
    `${killed.length} mutants missed, ${killed.filter(({ byHistories }) => byHistories).length} found by histories alone, in ${since().trim()}`,
  );
  console.log(`${killed.length} passed, ${failures.length} failed, 0 skipped`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}
