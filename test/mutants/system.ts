import type { TestProject } from "vitest/node";

/** The system of one run of Vitest, which the run of all mutants has started: its url, and the functions' variables. */
export default function setup(project: TestProject): void {
  // biome-ignore lint/style/noProcessEnv: told by the run of all mutants
  const { url, variables } = JSON.parse(process.env.MUTANTS_SYSTEM ?? "{}");
  project.provide("url", url);
  project.provide("variables", variables);
}
