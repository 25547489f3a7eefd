import { type ChildProcess, execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What `npm run catalogue` answers; `code` is null where it was killed. */
export type Said = { code: number | null; out: string[]; err: string };

/** A folder for the files of one test file. */
export const folder = mkdtempSync(join(tmpdir(), "bookshop-catalogue-"));
export const fileAt = (name: string) => join(folder, name);
export const reportAt = fileAt("report.csv");

/** A CSV file of these lines. */
export function aFile(name: string, lines: string[]): string {
  writeFileSync(fileAt(name), `${lines.join("\n")}\n`);
  return fileAt(name);
}

/** Runs the owner's command as they would. */
export function catalogue(
  args: string[],
  variables: Record<string, string>,
  onStart: (child: ChildProcess) => void = () => {},
): Promise<Said> {
  const report = args[0] === "import" && !args.includes("--report") ? ["--report", reportAt] : [];
  return new Promise((resolve) => {
    // biome-ignore lint/style/noProcessEnv: a child gets what we have, and more
    const env = { ...process.env, DYNAMODB_ENDPOINT: "", ...variables };
    const script = ["infra/tools/catalogue.ts", ...args, ...report];
    const child = execFile(process.execPath, script, { env }, (_, out, err) =>
      resolve({ code: child.exitCode, out: out.trim().split("\n"), err }),
    );
    onStart(child);
  });
}
