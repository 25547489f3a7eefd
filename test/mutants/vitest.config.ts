import { defineConfig } from "vitest/config";
import common from "../../vitest.config.ts";

// The tests as they are, on a system that starts faster.
export default defineConfig({ ...common, test: { ...common.test, globalSetup: "test/mutants/system.ts" } });
