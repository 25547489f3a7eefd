import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const python = process.platform === "win32" ? "python" : "python3";
const patience = { timeout: 120_000 };

/** Why packages that need Python 3.`minor` cannot be installed on this machine; null if they can. */
export function missingPython(what: string, minor: number): string | null {
  const check = `import sys, venv, ensurepip; sys.exit(sys.version_info < (3, ${minor}))`;
  return spawnSync(python, ["-c", check]).status === 0
    ? null
    : `${what} needs Python 3.${minor} or newer, with venv and pip`;
}

/** The folder with the programs of packages that are installed, under .local in a virtual environment of that name. */
export const programsOf = (name: string): string =>
  join(homeOf(name), "venv", process.platform === "win32" ? "Scripts" : "bin");

/** Installs what the file pins, each package to a version, where that is still to be done. */
export async function installPackages(name: string, requirementsFile: string): Promise<void> {
  const home = homeOf(name);
  const requirements = readFileSync(requirementsFile, "utf8");
  const installed = join(home, "requirements.txt");
  if (existsSync(installed) && readFileSync(installed, "utf8") === requirements) return;
  console.log(`Installing ${name} in .local/${name}`);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  await promisify(execFile)(python, ["-m", "venv", join(home, "venv")], patience);
  const pip = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"];
  await promisify(execFile)(join(programsOf(name), "python"), [...pip, "-r", requirementsFile], patience);
  writeFileSync(installed, requirements);
}

const homeOf = (name: string) => join(dirname(import.meta.dirname), ".local", name);
