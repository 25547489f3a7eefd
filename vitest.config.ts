import { defineConfig } from "vitest/config";
import { mutant } from "./test/mutants/plugin.ts";

// The customer-level cases run twice: through the handlers in process, and over HTTP. TEST_URL points the second at
// a deployed API instead of a local system.
const customerCases = "test/customer/**/*.test.ts";

export default defineConfig({
  plugins: [mutant()],
  test: {
    globalSetup: "test/local-system.ts",
    setupFiles: "test/environment.ts",
    testTimeout: 20_000,
    silent: "passed-only",
    projects: [
      {
        extends: true,
        test: { name: "in process", include: [customerCases], provide: { through: "handlers" } },
      },
      { extends: true, test: { name: "over HTTP", include: [customerCases], provide: { through: "http" } } },
      {
        extends: true,
        test: { name: "system", include: ["test/*.test.ts"], provide: { through: "handlers" } },
      },
    ],
  },
});
