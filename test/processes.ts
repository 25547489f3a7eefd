import { execFileSync } from "node:child_process";

export type Running = { pid: number; parent: number; rssKiB: number; command: string };

/** Every process of this machine that still runs: one that only waits to be reaped does not. */
export function processes(): Running[] {
  const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid=,rss=,stat=,args="], { encoding: "utf8" });
  return rows.split("\n").flatMap((row) => {
    const [, pid, parent, rss, state = "Z", command = ""] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(row) ?? [];
    return state.startsWith("Z")
      ? []
      : [{ pid: Number(pid), parent: Number(parent), rssKiB: Number(rss), command }];
  });
}

/** A process and all that came of it. */
export function familyOf(pid: number): Running[] {
  const all = processes();
  const members = all.filter((one) => one.pid === pid);
  // grows while it is walked through
  for (const member of members) members.push(...all.filter((one) => one.parent === member.pid));
  return members;
}
