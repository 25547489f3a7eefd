import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { DatabaseSync } from "node:sqlite";
import {
  CreateTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { layout } from "../../shared/table/keys.ts";
import { freePort } from "./free-port.ts";

const version = "1.2.1";
const patienceMs = 10_000;
// a first `npx` may have to download the engine
const patienceForDownloadMs = 120_000;

export type LocalDynamoDb = { endpoint: string; stop(): Promise<void> };

/** A DynamoDB that runs already, or where there is none (`endpoint` null) the embedded one. */
export const openDynamoDb = async (endpoint: string | null, file: string | null): Promise<LocalDynamoDb> =>
  endpoint === null ? startDynamoDb(file) : { endpoint, stop: async () => {} };

/** Starts the embedded DynamoDB on a SQLite file, or in memory (`file` null). @throws Error of one plain line */
export async function startDynamoDb(file: string | null): Promise<LocalDynamoDb> {
  if (file !== null) requireSound(file);
  const port = await freePort();
  const args = ["--host", "127.0.0.1", "--port", String(port), ...(file === null ? [] : ["--db-path", file])];
  const [command, ...first] = engine();
  const child = startTied([command, ...first, ...args]);
  try {
    await listening(child, first.length > 0 ? patienceForDownloadMs : patienceMs);
  } catch (error) {
    await end(child);
    const where = file === null ? "" : ` on ${file}`;
    throw new Error(`The embedded DynamoDB could not start${where}: ${(error as Error).message}`);
  }
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => end(child) };
}

/** The engine opens a damaged file too, and fails only where it is read. @throws Error of one plain line */
function requireSound(file: string): void {
  if (!existsSync(file)) return;
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    const [verdict] = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {});
    database.close();
    if (verdict === "ok") return;
  } catch {}
  throw new Error(`${file} is damaged or no table; move it away to begin anew`);
}

/** Creates the table as the data stack does, unless it is there. */
export async function createTable(endpoint: string, tableName: string): Promise<void> {
  const client = localClient(endpoint);
  const { partitionKey, sortKey, expiry, index } = layout;
  const keys = (hash: string, range: string) => [
    { AttributeName: hash, KeyType: "HASH" as const },
    { AttributeName: range, KeyType: "RANGE" as const },
  ];
  try {
    await client.send(
      new CreateTableCommand({
        TableName: tableName,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: keys(partitionKey, sortKey),
        AttributeDefinitions: [partitionKey, sortKey, index.partitionKey, index.sortKey].map(
          (AttributeName) => ({
            AttributeName,
            AttributeType: "S" as const,
          }),
        ),
        GlobalSecondaryIndexes: [
          {
            IndexName: index.name,
            KeySchema: keys(index.partitionKey, index.sortKey),
            Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: [...index.carries] },
          },
        ],
      }),
    );
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: tableName,
        TimeToLiveSpecification: { AttributeName: expiry, Enabled: true },
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  } finally {
    client.destroy();
  }
}

/** A client of a table on this machine, with credentials that nobody checks. */
export const localClient = (endpoint: string) =>
  new DynamoDBClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });

/** The engine's binary where it is installed, else npx finds the one for this machine, and runs no script of it. */
function engine(): [string, ...string[]] {
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `@dynoxide/${process.platform}-${process.arch}/package.json`,
    );
    const binary = manifest.replace("package.json", "dynoxide");
    if (existsSync(binary)) return [binary];
  } catch {}
  return ["npx", "--yes", "--ignore-scripts", `dynoxide@${version}`];
}

/**
 * A child that ends with us, also where we are killed: the shell waits for our end of its input to close, and then ends
 * its whole group, since npx has children of its own. The group is apart from ours, so that Ctrl-C leaves it to us.
 */
function startTied(command: string[]): ChildProcess {
  if (process.platform === "win32")
    return spawn(command.map((word) => `"${word}"`).join(" "), {
      shell: true,
      stdio: ["pipe", "ignore", "pipe"],
    });
  // what it keeps is nobody else's to read
  const script =
    'umask 077; exec 3<&0; trap : TERM; "$@" & engine=$!; (read -r _ <&3; kill 0) & wait $engine || wait $engine';
  return spawn("sh", ["-c", script, "sh", ...command], {
    stdio: ["pipe", "ignore", "pipe"],
    detached: true,
  });
}

/** Waits until the engine says that it listens. @throws Error with the last that it said instead */
function listening(child: ChildProcess, patience: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = () => reject(new Error(said.trim().split("\n").at(-1) || "it did not answer"));
    const timer = setTimeout(fail, patience);
    child.stderr?.on("data", (chunk) => {
      said = (said + chunk).slice(-1000);
      if (said.includes("listening on")) resolve();
    });
    child.once("error", reject);
    // lets go of what the shell left waiting for us, so that all of its words arrive
    child.once("exit", () => child.stdin?.end());
    child.once("close", fail);
    child.once("close", () => clearTimeout(timer));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.stdin?.end();
  await ended;
}
