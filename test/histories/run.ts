import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { size } from "./plan.ts";
import { Statistics } from "./statistics.ts";
import type { Report, Task } from "./worker.ts";

// `npm run test:histories`. A breach is repeated by the line that it prints.

// biome-ignore lint/style/noProcessEnv: how long a run is asked for, and which
const { HISTORIES = "300", TURNS = "64", SEED, SHRINK_MS = "60000", WORKERS } = process.env;
const histories = Number(HISTORIES);
const turns = Number(TURNS);
const seed = SEED === undefined ? Date.now() % 2 ** 31 : Number(SEED);
const workers = Number(WORKERS ?? (histories < 50 ? 1 : Math.min(2, availableParallelism())));

// what is rare can be missing by chance, and then as many are played again; not so three times
const mostRounds = 3;

const statistics = new Statistics();
const failed: string[] = [];
let misses: string[] = [];
let told = 0;
for (let round = 0; round < mostRounds; round++) {
  const done = new Array<number>(workers).fill(0);
  const breaches = await Promise.all(
    done.map((_, at) => {
      const share = { seed: seed + round * workers + at, histories: Math.ceil(histories / workers), turns };
      return play({ ...share, shrinkMs: Number(SHRINK_MS) }, (count) => {
        done[at] = count;
        progress(done.reduce((sum, one) => sum + one, round * histories));
      });
    }),
  );
  failed.push(...breaches.filter((breach) => breach !== null));
  misses = failed.length > 0 ? [] : statistics.zeros();
  if (misses.length === 0) break;
  console.log(`not seen in ${statistics.seen.histories} histories: ${misses.join(", ")}`);
}
const { seen } = statistics;
console.log(`\n${statistics}`);
console.log(
  `seed ${seed}: ${seen.histories} histories of ${turns} operations by ${size.clients} clients, ${failed.length} breaches`,
);
for (const breach of failed) console.log(`\nA breach: ${breach}`);
console.log(`${seen.histories} passed, ${failed.length + misses.length} failed, 0 skipped`);
process.exitCode = failed.length + misses.length === 0 ? 0 : 1;

/** One worker's share: the story of a breach, or null. */
function play(task: Task, onDone: (histories: number) => void): Promise<string | null> {
  return new Promise((resolve) => {
    const child = fork(new URL("worker.ts", import.meta.url));
    let breach: string | null = "its worker ended early";
    child.on("message", (report: Report) => {
      if ("done" in report) onDone(report.done);
      else {
        statistics.merge(report.seen);
        breach = report.breach;
      }
    });
    child.once("exit", () => {
      const again = `SEED=${task.seed} HISTORIES=${task.histories} TURNS=${turns} WORKERS=1 npm run test:histories`;
      resolve(breach && `repeat it with ${again}\n${breach}`);
    });
    child.send(task);
  });
}

function progress(all: number): void {
  if (all - told < 50) return;
  told = all;
  console.log(`${all} histories`);
}
