import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { freePort } from "../../infra/local/free-port.ts";
import { installPackages, missingPython, programsOf } from "../python-packages.ts";

/** An AWS on this machine; `patches` says of each patch of emulator.py whether it is still needed. */
export type Emulator = { endpoint: string; patches: Record<string, boolean>; stop: () => unknown };

export const region = "eu-west-1";
/** Lets a process find AWS's own host names at the emulator: one option of Node. */
export const withNames = `--import ${pathToFileURL(join(import.meta.dirname, "names.ts")).href}`;

const patienceMs = 30_000;

/** Why there can be no emulator on this machine; null if there can. */
export const missing = () =>
  process.platform === "win32"
    ? "MiniStack runs functions on Linux and macOS alone"
    : missingPython("MiniStack", 10);

/** Installs MiniStack where that is still to be done. */
export const install = () => installPackages("ministack", join(import.meta.dirname, "requirements.txt"));

/** Starts MiniStack with IAM enforced, on a free port of 127.0.0.1. It ends with this process, whatever ends that. */
export async function start(folder: string): Promise<Emulator> {
  const port = await freePort();
  const child = spawn(join(programsOf("ministack"), "python"), [join(import.meta.dirname, "emulator.py")], {
    // a group of its own, so that its workers end with it
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      PATH: [dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(delimiter),
      TMPDIR: folder,
      AUTH: "true",
      BIND_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      MINISTACK_REGION: region,
      LAMBDA_EXECUTOR: "local",
      LAMBDA_WARM_TTL_SECONDS: "20",
      SFTP_ENABLED: "0",
      IOT_MTLS_ENABLED: "0",
      LOG_LEVEL: "WARNING",
      NODE_OPTIONS: withNames,
    },
  });
  const stop = () => child.pid && end(-child.pid);
  let said = "";
  const hear = (chunk: Buffer) => {
    said = (said + chunk).slice(-20_000);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const endpoint = `http://127.0.0.1:${port}`;
  const ended = once(child, "exit").then(() => true);
  for (const began = Date.now(); Date.now() - began < patienceMs; ) {
    const answer = await fetch(`${endpoint}/_ministack/health`).catch(() => null);
    if (answer?.ok) {
      const found = [...said.matchAll(/^patch (\S+): (needed|not needed any more)$/gm)];
      const patches = Object.fromEntries(found.map(([, name, need]) => [name, need === "needed"]));
      return { endpoint, patches, stop };
    }
    if (await Promise.race([ended, sleep(100, false)])) break;
  }
  stop();
  throw new Error(`MiniStack did not start: ${said}`);
}

/** Ends a process, or with a minus sign its group; it may have ended by itself. */
export function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
