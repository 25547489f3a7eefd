import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { familyOf, processes } from "../processes.ts";

// `npm run bench:start`: how long from `npm start`, with everything installed and on the shelves, to its first answer.
const runs = 5;
const folder = mkdtempSync(join(tmpdir(), "bookshop-bench-"));

const machine = `${availableParallelism()} cores of ${cpus()[0]?.model ?? "an unknown kind"}`;
console.log(`${process.platform} ${process.arch}, ${machine}, load ${loadavg()[0]?.toFixed(1)}`);
console.log(`Node ${process.version}\n`);

const cold = await start();
await stop(cold.npm);
console.log(`first run, which fills the shelves  ${cold.ms} ms`);

const times: number[] = [];
let memory: string[] = [];
for (let run = 1; run <= runs; run++) {
  const { npm, ms } = await start();
  times.push(ms);
  memory = memoryOf(npm);
  await stop(npm);
  console.log(`run ${run}  ${ms} ms`);
}
rmSync(folder, { recursive: true });

const median = times.toSorted((one, other) => one - other)[Math.floor(runs / 2)];
console.log(`\nmedian of ${runs}  ${median} ms, to be at most 2000\n`);
console.log(`Memory after the first answer:\n${memory.join("\n")}`);

async function start(): Promise<{ npm: ChildProcess; ms: number }> {
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
  return { npm, ms: Math.round(performance.now() - began) };
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

/** A line for each process of the system, and one for their sum. */
function memoryOf(npm: ChildProcess): string[] {
  const family = familyOf(npm.pid ?? 0);
  const line = (rssKiB: number, what: string) => `${(rssKiB / 1024).toFixed(0).padStart(6)} MB  ${what}`;
  return [
    ...family.map(({ rssKiB, command }) => line(rssKiB, shortened(command))),
    line(
      family.reduce((sum, { rssKiB }) => sum + rssKiB, 0),
      "in all",
    ),
  ];
}

function shortened(command: string): string {
  const words = command.replace(/ --data.*| --host.*/, "").split(" ");
  return words
    .slice(0, 3)
    .map((word) => basename(word))
    .join(" ");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
