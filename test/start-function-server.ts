import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** `log`: the lines of the request log so far, complete once `stop` is through. */
export type FunctionServer = { url: string; pid: number; log: string[]; stop(): Promise<void> };

/** Runs `function-server.ts` as a process of its own; `variables` are all that its functions find. */
export async function startFunctionServer(variables: Record<string, string>): Promise<FunctionServer> {
  const child = spawn(process.execPath, ["test/function-server.ts"], {
    env: {
      ...variables,
      ISSUER: `https://cognito-idp.us-east-1.amazonaws.com/${variables.USER_POOL_ID}`,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const log: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", () => reject(new Error("The server ended before it served.")));
    createInterface(child.stdout).on("line", (line) => {
      const [, found] = /^serving on (\S+)/.exec(line) ?? [];
      if (found) resolve(found);
      else if (line.startsWith("{")) log.push(line);
    });
  });
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  return { url, pid: child.pid ?? 0, log, stop };
}
