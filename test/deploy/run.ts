import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onNpmGone } from "../../infra/local/command-line.ts";
import { familyOf } from "../processes.ts";
import { install, missing, region, start, withNames } from "./emulator.ts";
import { assertedOnly, patches } from "./emulator-gaps.ts";
import { failed, found, phase, skipped, summary } from "./report.ts";

// `npm run test:deploy`: the real CDK CLI deploys the real templates to an AWS emulator, which is then called as customers
// call it, changed over live data, joined by a second environment, and destroyed. MINISTACK_URL names an emulator that is
// running already, by emulator.py.

// biome-ignore lint/style/noProcessEnv: whose AWS this is stands in the environment, as the CLI and the SDK want it
const environment = process.env;
const { MINISTACK_URL } = environment;
const reason = MINISTACK_URL ? null : missing();
if (reason) {
  skipped("deployment to an emulator", reason);
  console.log("0 passed, 0 failed, 1 skipped");
} else {
  await run();
}

async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bookshop-deploy-"));
  const undo = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })];
  const end = () => {
    for (const one of undo.splice(0).reverse()) one();
  };
  const interrupted = () => {
    for (const { pid } of familyOf(process.pid).slice(1)) process.kill(pid, "SIGKILL");
    end();
    process.exit(130);
  };
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  onNpmGone(interrupted);
  try {
    if (MINISTACK_URL) skipped("whether each patch is still needed", "MINISTACK_URL was started before");
    else await phase("MiniStack is installed", install);
    const endpoint = MINISTACK_URL ?? (await startEmulator(folder, undo));
    useOnly(endpoint);
    const { lifeOfTheShop } = await import("./life-of-the-shop.ts");
    await lifeOfTheShop(folder);
  } catch (error) {
    failed((error as Error).message);
  }
  end();
  summary([...Object.values(patches), ...assertedOnly]);
}

async function startEmulator(folder: string, undo: (() => void)[]): Promise<string> {
  const emulator = await phase("MiniStack is started", () => start(folder));
  undo.push(emulator.stop);
  for (const [name, { gap }] of Object.entries(patches))
    found(
      `the emulator's patch "${name}" is still needed (else take it out): ${gap}`,
      emulator.patches[name],
    );
  return emulator.endpoint;
}

/** From here on this process and its children know no other AWS. */
function useOnly(endpoint: string): void {
  for (const name of Object.keys(environment)) if (name.startsWith("AWS_")) delete environment[name];
  Object.assign(environment, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: region,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    NODE_OPTIONS: withNames,
  });
}
