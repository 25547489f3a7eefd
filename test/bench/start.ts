import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { command } from "../../infra/local/command-line.ts";
import { freePort } from "../../infra/local/free-port.ts";
import { familyOf, processes } from "../processes.ts";
import { median } from "./load.ts";
import { machine } from "./machine.ts";
import { showProgress } from "./progress.ts";
import { printTargets, type Target } from "./targets.ts";

// `npm run bench:start`: how long from `npm start`, with everything installed and on the shelves, to its first answer.
const runs = 5;

/** Milliseconds to the first answer; `memory` is what each process of the system holds after it, in MiB. */
export type StartMeasured = {
  /** Of the run that fills the shelves. */
  firstMs: number;
  runsMs: number[];
  medianMs: number;
  memory: { what: string; mib: number }[];
};

/** Runs `npm start` again and again on a folder of its own, which goes with it. */
export async function measureStart(report: (progress: string) => void): Promise<StartMeasured> {
  const folder = mkdtempSync(join(tmpdir(), "bookshop-bench-"));
  try {
    report("first run");
    const { ms: firstMs } = await run(folder);
    const runsMs: number[] = [];
    let memory: StartMeasured["memory"] = [];
    for (let at = 1; at <= runs; at++) {
      report(`run ${at} of ${runs}`);
      const each = await run(folder);
      runsMs.push(each.ms);
      memory = each.memory;
    }
    return { firstMs, runsMs, medianMs: median(runsMs), memory };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Starts the system, waits for its first answer and ends it. */
async function run(folder: string): Promise<{ ms: number; memory: StartMeasured["memory"] }> {
  const port = await freePort();
  const began = performance.now();
  const npm = spawn("npm", ["start", "--", "--data", folder], {
    // biome-ignore lint/style/noProcessEnv: a child gets what we have, and its port
    env: { ...process.env, PORT: String(port) },
    stdio: "ignore",
  });
  while (!(await answers(`http://127.0.0.1:${port}/api/books`))) {
    if (npm.exitCode !== null) throw new Error("npm start ended by itself: try it by hand.");
    await sleep(5);
  }
  const ms = Math.round(performance.now() - began);
  const memory = memoryOf(npm);
  await stop(npm);
  return { ms, memory };
}

async function stop(npm: ChildProcess): Promise<void> {
  const family = familyOf(npm.pid ?? 0).map(({ pid }) => pid);
  npm.kill("SIGTERM");
  while (processes().some(({ pid }) => family.includes(pid))) await sleep(50);
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url);
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

const memoryOf = (npm: ChildProcess): StartMeasured["memory"] =>
  familyOf(npm.pid ?? 0).map(({ rssKiB, command }) => ({ what: shortened(command), mib: rssKiB / 1024 }));

function shortened(command: string): string {
  const words = command.replace(/ --data.*| --host.*/, "").split(" ");
  return words
    .slice(0, 3)
    .map((word) => basename(word))
    .join(" ");
}

export const startTargets = ({ medianMs }: StartMeasured): Target[] => [
  { what: "From npm start to its first answer", unit: "ms", measured: medianMs, atMost: 2000 },
];

function print(measured: StartMeasured): void {
  const { firstMs, runsMs, medianMs, memory } = measured;
  console.log(`\nfirst run, which fills the shelves  ${firstMs} ms`);
  console.log(`median of ${runsMs.length}  ${medianMs} ms, of ${runsMs.join(", ")}\n`);
  console.log("Memory after the first answer:");
  const inAll = { what: "in all", mib: memory.reduce((sum, { mib }) => sum + mib, 0) };
  for (const { what, mib } of [...memory, inAll]) console.log(`${mib.toFixed(0).padStart(6)} MiB  ${what}`);
  console.log();
  printTargets(startTargets(measured));
}

if (import.meta.main)
  await command(async () => {
    console.log(machine());
    print(await measureStart(showProgress).finally(() => showProgress("")));
  });
