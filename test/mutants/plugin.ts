import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { mutated } from "../histories/mutants.ts";

/** Makes the edit that MUTANT names when Vite loads the file. @throws Error where it does not apply exactly once */
export const mutant = () => ({
  name: "mutant",
  enforce: "pre" as const,
  load(id: string): string | null {
    const [file = ""] = id.split("?");
    const path = relative(process.cwd(), file).replaceAll("\\", "/");
    return mutated(path, () => readFileSync(file, "utf8"));
  },
});
