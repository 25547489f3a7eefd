import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";

export type Finding = { rule: string; at: string; says: string };

const home = join(dirname(dirname(import.meta.dirname)), ".local", "cfn-lint");
const wanted = join(import.meta.dirname, "requirements.txt");
const installed = join(home, "requirements.txt");
const programs = join(home, "venv", process.platform === "win32" ? "Scripts" : "bin");
const python = process.platform === "win32" ? "python" : "python3";
const patience = { timeout: 120_000 };

/** Why cfn-lint cannot run on this machine; null if it can. */
export function missing(): string | null {
  const check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
  return spawnSync(python, ["-c", check]).status === 0
    ? null
    : "cfn-lint needs Python 3.11 or newer, with venv and pip";
}

/** Installs cfn-lint, in the versions of requirements.txt, where that is still to be done. */
export async function install(): Promise<void> {
  const requirements = readFileSync(wanted, "utf8");
  if (existsSync(installed) && readFileSync(installed, "utf8") === requirements) return;
  console.log("Installing cfn-lint in .local/cfn-lint");
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  await promisify(execFile)(python, ["-m", "venv", join(home, "venv")], patience);
  const packages = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--no-deps",
    "-r",
    wanted,
  ];
  await promisify(execFile)(join(programs, "python"), packages, patience);
  writeFileSync(installed, requirements);
}

/** What cfn-lint, with every rule, says of these template files. */
export function lint(templates: string[]): Finding[] {
  const { stdout, stderr, error } = spawnSync(
    join(programs, "cfn-lint"),
    ["--format", "json", "--template", ...templates],
    { ...patience, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  if (error ?? !stdout.startsWith("[")) throw new Error(`cfn-lint gave no answer: ${error ?? stderr}`);
  type Match = {
    Rule: { Id: string };
    Filename: string;
    Location: { Path: string[] | null };
    Message: string;
  };
  return (JSON.parse(stdout) as Match[]).map(({ Rule, Filename, Location, Message }) => ({
    rule: Rule.Id,
    at: `${basename(Filename, ".template.json")} ${(Location.Path ?? []).join("/")}`,
    says: Message,
  }));
}
