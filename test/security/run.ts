import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

// `npm run test:security`: each test file of this folder is one list of attacks. Says how many cases each has, how many of
// them are open, and what some of them have to show.

const lists: Record<string, string> = {
  "tokens.test.ts": "Tokens",
  "token-groups.test.ts": "Tokens: groups",
  "key-server.test.ts": "Tokens: the key server",
  "sessions.test.ts": "Tokens: sessions that have ended",
  "roles.test.ts": "Roles",
  "others-things.test.ts": "Others' things",
  "beside-the-token.test.ts": "Said beside the token",
  "hostile-bodies.test.ts": "Hostile input, in bodies",
  "hostile-values.test.ts": "Hostile input, in values",
  "hostile-wire.test.ts": "Hostile input, on the wire",
  "fuzz.test.ts": "Hostile input, generated",
  "schemathesis.test.ts": "Hostile input, by Schemathesis",
  "redirect-addresses.test.ts": "Hosted sign-in: where it leads",
  "codes-and-refresh-tokens.test.ts": "Hosted sign-in: what it gives",
  "sign-in-pages.test.ts": "Hosted sign-in: what it says",
  "browser-sessions.test.ts": "Hosted sign-in: who stays signed in",
  "local-system.test.ts": "The local system, to a page",
  "leaks.test.ts": "Nothing leaks",
  "abuse.test.ts": "Abuse and cost",
  "supply-chain.test.ts": "Supply chain",
  "fences.test.ts": "Fences, each taken away once",
};

type Case = { fullName: string; status: string; meta: { shown?: string }; failureMessages: string[] };
type List = { name: string; status: string; message: string; assertionResults: Case[] };

const folder = mkdtempSync(join(tmpdir(), "bookshop-security-"));
const results = join(folder, "results.json");
const args = ["run", "--project=security", "--reporter=default", "--reporter=json"];
const run = spawn("vitest", [...args, `--outputFile.json=${results}`], {
  stdio: ["ignore", "inherit", "inherit"],
  shell: process.platform === "win32",
});
const code = await new Promise((resolve) => run.once("close", resolve));
const { testResults } = (
  existsSync(results) ? JSON.parse(readFileSync(results, "utf8")) : { testResults: [] }
) as { testResults: List[] };
rmSync(folder, { recursive: true });

const counts = { passed: 0, failed: 0, skipped: 0 };
const rows: string[] = [];
const titleOf = ({ name }: List) => lists[basename(name)];
for (const list of testResults.sort((a, b) => rank(a) - rank(b))) {
  const title = titleOf(list);
  const of = (status: string) => list.assertionResults.filter((one) => one.status === status).length;
  const passed = of("passed");
  const skipped = of("skipped");
  // a file that cannot even be loaded, or is no list, is open
  const failed = of("failed") || (list.status === "failed" || !title || passed + skipped === 0 ? 1 : 0);
  counts.passed += passed;
  counts.failed += failed;
  counts.skipped += skipped;
  rows.push(
    `${(title ?? `${basename(list.name)} IS IN NO LIST`).padEnd(40)}${String(passed).padStart(6)} cases${String(failed).padStart(5)} open` +
      (skipped > 0 ? `${String(skipped).padStart(5)} skipped` : ""),
  );
  const shown = list.assertionResults.flatMap(({ meta }) => meta.shown ?? []);
  if (shown.length > 0) console.log(`\n== ${title}\n${shown.join("\n")}`);
}
for (const [file, title] of Object.entries(lists))
  if (!testResults.some((list) => basename(list.name) === file)) {
    counts.failed++;
    rows.push(`${title.padEnd(40)}   WAS NOT RUN`);
  }
// what went wrong beside the tests, a rejection that nobody awaited
if (code !== 0 && counts.failed === 0) counts.failed++;
console.log(`\n${rows.join("\n")}\n`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

function rank(list: List): number {
  return Object.keys(lists).indexOf(basename(list.name));
}
