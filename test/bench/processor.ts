import { readFileSync } from "node:fs";
import type { Running } from "../processes.ts";
import type { Taken } from "./shop.ts";

const ticksPerSecond = 100;

/** What these processes, and the children that they have seen end, have taken; read from Linux's /proc. */
export const takenBy = (servers: readonly Running[], store: readonly Running[]): Taken => ({
  serverCpuMs: sum(servers, cpuMs),
  storeCpuMs: sum(store, cpuMs),
  memoryMiB: sum([...servers, ...store], memoryMiB),
});

const sum = (all: readonly Running[], of: (one: Running) => number): number =>
  all.reduce((total, one) => total + of(one), 0);

/** utime, stime, cutime and cstime of proc_pid_stat(5): the 14th to 17th field, counted behind the command's name. */
function cpuMs({ pid }: Running): number {
  const fields = read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
  const ticks = fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
  return (ticks / ticksPerSecond) * 1000;
}

/** Its share of what it shares with others counted in part: Pss of proc_pid_smaps(5). */
const memoryMiB = ({ pid }: Running): number =>
  Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024;

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // it has ended in between
    return "";
  }
}
