import { execFile } from "node:child_process";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = dirname(dirname(import.meta.dirname));
const account = "000000000000";
const patienceMs = 120_000;

/** Runs the real CDK CLI; what went wrong is thrown with its last words. */
export async function cdk(args: string[], folder = root): Promise<string> {
  const { code, said } = await run(args, folder);
  if (code !== 0)
    throw new Error(`cdk ${args.join(" ")} failed: ${said.trim().split("\n").slice(-15).join("\n")}`);
  return said;
}

export const bootstrap = (region: string) => cdk(["bootstrap", `aws://${account}/${region}`, "--app", ""]);

/** Builds the templates of an environment from the source in this folder, into this other one. */
export const synthesize = (environment: string, output: string, folder = root) =>
  cdk(["synth", "--quiet", "-c", `env=${environment}`, "--output", output], folder);

/** Deploys what was synthesized. */
export const deploy = (output: string) =>
  cdk(["deploy", "--all", "--require-approval", "never", "--app", output]);

/** Whether what was synthesized differs from what is deployed. */
export async function differs(output: string): Promise<boolean> {
  const { code, said } = await run(["diff", "--fail", "--app", output], root);
  if (code > 1 || !said.includes("Number of stacks with differences"))
    throw new Error(`cdk diff failed: ${said}`);
  return code === 1;
}

export const destroy = (output: string) => cdk(["destroy", "--all", "--force", "--app", output]);

/** A copy of the source, changed: `[file, from, to]`. */
export function changedSource(folder: string, changes: [file: string, from: string, to: string][]): string {
  for (const part of ["infra", "functions", "shared", "cdk.json", "package.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const [file, from, to] of changes) {
    const before = readFileSync(join(folder, file), "utf8");
    if (!before.includes(from)) throw new Error(`${file} no longer says ${from}`);
    writeFileSync(join(folder, file), before.replace(from, to));
  }
  return folder;
}

function run(args: string[], cwd: string): Promise<{ code: number; said: string }> {
  const command = join(root, "node_modules", ".bin", "cdk");
  return new Promise((resolve) => {
    const env = {
      // biome-ignore lint/style/noProcessEnv: the gate has set what the CLI needs
      ...process.env,
      CI: "1",
      CDK_DISABLE_CLI_TELEMETRY: "true",
      CDK_DISABLE_VERSION_CHECK: "1",
    };
    const options = { cwd, env, timeout: patienceMs, maxBuffer: 2 ** 26 };
    const child = execFile(command, args, options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, said: stdout + stderr }),
    );
  });
}
