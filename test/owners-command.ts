import { execFile } from "node:child_process";

export type Said = { code: unknown; out: string; err: string };

/** Runs one of infra/tools as an owner does, with more variables in its environment. */
export function ownersCommand(
  tool: string,
  args: string[],
  variables: Record<string, string> = {},
): Promise<Said> {
  return new Promise((resolve) => {
    // biome-ignore lint/style/noProcessEnv: a child gets what we have, and more
    const options = { timeout: 60_000, env: { ...process.env, ...variables } };
    execFile(process.execPath, [`infra/tools/${tool}.ts`, ...args], options, (error, out, err) =>
      resolve({ code: error ? error.code : 0, out, err }),
    );
  });
}
