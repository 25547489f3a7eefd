import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import { applied, type Mutant } from "../histories/mutants.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Which tests run, on which system, and with which edit of the source; up to the first that fails. */
export type Plan = {
  files: readonly string[];
  projects: readonly string[];
  /** Where sign-in is, and what the functions find in their environment. */
  system: { url: string; variables: Record<string, string> };
  mutant?: Mutant | undefined;
  /** Only tests with this in their name. */
  test?: string | undefined;
  environment?: NodeJS.ProcessEnv;
  patienceMs: number;
};

export type Found = {
  /** The first test that failed, and its file. */
  failed: { name: string; file: string } | null;
  /** Files that could not be loaded: they have missed nothing. */
  broken: { file: string; message: string }[];
  ran: number;
};

/** @throws Error where the edit does not apply, or what comes of it is no program: that would fail any test */
export async function requireSound(mutant: Mutant): Promise<void> {
  const source = applied(mutant, readFileSync(join(root, mutant.file), "utf8"));
  await transform(source, { loader: "ts" }).catch((error: Error) => {
    throw new Error(`The mutant "${mutant.name}" is no program: ${error.message}`);
  });
}

/** Runs Vitest in a process of its own. @throws Error with what it said, where it does not come to an end. */
export async function runVitest(plan: Plan): Promise<Found> {
  if (plan.mutant) await requireSound(plan.mutant);
  const folder = mkdtempSync(join(tmpdir(), "bookshop-mutant-"));
  const results = join(folder, "results.json");
  const { code, output } = await runProgram(
    [
      "node_modules/vitest/vitest.mjs",
      "run",
      ...plan.files,
      "--config=test/mutants/vitest.config.ts",
      ...plan.projects.map((name) => `--project=${name}`),
      "--reporter=json",
      `--outputFile.json=${results}`,
      "--bail=1",
      `--maxWorkers=${plan.mutant ? 1 : 2}`,
      ...(plan.test ? [`--testNamePattern=${plan.test.replaceAll(/[^\w\s,'-]/g, ".")}`] : []),
    ],
    { ...plan.environment, MUTANTS_SYSTEM: JSON.stringify(plan.system) },
    plan.mutant,
    plan.patienceMs,
  );
  const report = existsSync(results) ? JSON.parse(readFileSync(results, "utf8")) : undefined;
  rmSync(folder, { recursive: true });
  if (!report) throw new Error(`Vitest did not end (${code}): ${output.slice(-2000)}`);
  return read(report);
}

type Report = {
  numPassedTests: number;
  numFailedTests: number;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string }[];
  }[];
};

function read({ numPassedTests, numFailedTests, testResults }: Report): Found {
  const found: Found = { failed: null, broken: [], ran: numPassedTests + numFailedTests };
  for (const { name: file, status, message, assertionResults } of testResults) {
    const failed = assertionResults.find((one) => one.status === "failed");
    if (failed) found.failed ??= { name: failed.fullName, file };
    else if (status === "failed" && message) found.broken.push({ file, message });
  }
  return found;
}

/** Runs one of our programs with an edit of the source. `code` null: it was stopped, since it took too long. */
export function runProgram(
  args: string[],
  variables: NodeJS.ProcessEnv,
  mutant: Mutant | undefined,
  patienceMs: number,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      // biome-ignore lint/style/noProcessEnv: a child gets what we have
      env: { ...process.env, ...variables, ...(mutant && { MUTANT: JSON.stringify(mutant) }) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const hear = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const timer = setTimeout(() => child.kill(), patienceMs);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}
