import { defineConfig } from "vitest/config";
import { mutant } from "./test/mutants/plugin.ts";

// The customer-level cases run twice: through the handlers in process, and over HTTP. TEST_URL points the second at
// a deployed API instead of a local system.
const customerCases = "test/customer/**/*.test.ts";
// what takes long, and has a script of its own
const stacks = ["test/stacks-bite.test.ts"];
const growth = ["test/growth.test.ts"];
const browser = ["test/browser.test.ts"];
const differences = "test/witness/differences.test.ts";
const security = ["test/security/*.test.ts"];
const witness = [
  "races",
  "rules",
  "security/hostile-bodies",
  "security/hostile-values",
  "keys-over-time",
  "lost-reply",
  "two-servers",
  "compatibility",
  "check-table",
].map((name) => `test/${name}.test.ts`);
const faults = ["every-fault", "contention", "black-hole"].map((name) => `test/${name}.test.ts`);

// biome-ignore lint/style/noProcessEnv: where the cases are to be run
const patienceMs = process.env.TEST_URL ? 60_000 : 20_000;

export default defineConfig({
  plugins: [mutant()],
  test: {
    globalSetup: "test/local-system.ts",
    setupFiles: "test/environment.ts",
    testTimeout: patienceMs,
    hookTimeout: patienceMs,
    silent: "passed-only",
    // all but a core's worth of work is waiting
    maxWorkers: 2,
    projects: [
      project("in process", "handlers", [customerCases], ["test/customer/cors.test.ts"]),
      project("over HTTP", "http", [customerCases]),
      project(
        "system",
        "handlers",
        ["test/*.test.ts", differences],
        [...stacks, ...growth, ...faults, ...browser],
      ),
      project("stacks", "handlers", stacks),
      project("security", "handlers", security),
      project("growth", "handlers", growth),
      project("browser", "handlers", browser),
      project("faults", "handlers", faults),
      project(
        "witness",
        "handlers",
        [customerCases, ...witness, differences],
        ["test/customer/cors.test.ts"],
      ),
    ],
  },
});

function project(name: string, through: "handlers" | "http", include: string[], exclude: string[] = []) {
  return { extends: true as const, test: { name, include, exclude, provide: { through } } };
}
