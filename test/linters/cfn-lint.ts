import { spawnSync } from "node:child_process";
import { basename, join } from "node:path";
import { installPackages, missingPython, programsOf } from "../python-packages.ts";

export type Finding = { rule: string; at: string; says: string };

const patience = { timeout: 120_000 };

/** Why cfn-lint cannot run on this machine; null if it can. */
export const missing = () => missingPython("cfn-lint", 11);

/** Installs cfn-lint, in the versions of requirements.txt, where that is still to be done. */
export const install = () => installPackages("cfn-lint", join(import.meta.dirname, "requirements.txt"));

/** What cfn-lint, with every rule, says of these template files. */
export function lint(templates: string[]): Finding[] {
  const { stdout, stderr, error } = spawnSync(
    join(programsOf("cfn-lint"), "cfn-lint"),
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
