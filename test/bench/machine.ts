import { availableParallelism, cpus, loadavg } from "node:os";

/** The machine of a benchmark, in a line. */
export const machine = (): string =>
  `${process.platform} ${process.arch}, ${availableParallelism()} cores of ${cpus()[0]?.model ?? "an unknown kind"}, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`;
