import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { issueTokens } from "../given.ts";
import { startShop } from "../local-system.ts";
import { installPackages, missingPython, programsOf } from "../python-packages.ts";

// Others' generator on the served document, against a local system of its own, over HTTP.

const missing = missingPython("schemathesis", 10);
// past Vitest, which is silent about what is skipped
if (missing) writeSync(2, `skipped: ${missing}\n`);
const at = (file: string) => join(import.meta.dirname, "schemathesis", file);
const seed = 1;
const examples = 10;

type Run = {
  operations: { tested: number };
  test_cases: { generated: number };
  failures: { title: string; count: number; operations: string[] }[];
  errors: unknown[];
};

test.skipIf(missing)(
  "schemathesis finds nothing that the document does not say",
  { timeout: 180_000 },
  async ({ task }) => {
    await installPackages("schemathesis", at("requirements.txt"));
    const folder = mkdtempSync(join(tmpdir(), "bookshop-schemathesis-"));
    const shop = await startShop(["--in-memory"]);
    try {
      const report = join(folder, "report.json");
      const said = await schemathesis(shop.url, folder, [
        ...["--seed", String(seed), "--max-examples", String(examples), "--checks", "all"],
        ...[
          "--phases",
          "examples,coverage,fuzzing",
          "--generation-database",
          "none",
          "--continue-on-failure",
        ],
        // its caller would be gone, and every other request refused
        ...["--exclude-operation-id", "eraseMe"],
        ...["--report", "json", "--report-json-path", report],
      ]);
      const { operations, test_cases, failures, errors } = JSON.parse(readFileSync(report, "utf8")) as Run;

      task.meta.shown = `Schemathesis, seed ${seed}: ${test_cases.generated} requests of ${operations.tested} operations, ${failures.length} findings`;
      expect(failures, said).toEqual([]);
      expect(errors, said).toEqual([]);
      expect(test_cases.generated).toBeGreaterThan(500);
    } finally {
      await shop.stop();
      rmSync(folder, { recursive: true });
    }
  },
);

/** Runs it in a folder of its own; what it says. */
async function schemathesis(url: string, cwd: string, args: string[]): Promise<string> {
  const tokenOf = async (email: string, group?: string) =>
    (await issueTokens(email, group, url)).access_token;
  const child = spawn(
    join(programsOf("schemathesis"), "schemathesis"),
    ["--no-color", "--config-file", at("schemathesis.toml"), "run", `${url}/openapi.json`, ...args],
    {
      cwd,
      env: {
        // biome-ignore lint/style/noProcessEnv: a child gets what we have, and more
        ...process.env,
        CUSTOMER_TOKEN: await tokenOf("reader@example.com"),
        STAFF_TOKEN: await tokenOf("boss@example.com", "admins"),
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      said += chunk;
    });
  await once(child, "close");
  return said;
}
