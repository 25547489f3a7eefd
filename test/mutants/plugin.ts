import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { isMutated, mutated } from "../histories/mutants.ts";

/** Makes the edit that MUTANT names when Vite loads the file. @throws Error where it does not apply exactly once */
export function mutant() {
  // what Vitest keeps of a file would be the file of another run, and it takes this setting from here alone
  // biome-ignore lint/style/noProcessEnv: it is Vitest's to read
  if (isMutated) process.env.VITEST_FS_MODULE_CACHE = "false";
  return {
    name: "mutant",
    enforce: "pre" as const,
    load(id: string): string | null {
      const [file = ""] = id.split("?");
      const path = relative(process.cwd(), file).replaceAll("\\", "/");
      return mutated(path, () => readFileSync(file, "utf8"));
    },
  };
}
