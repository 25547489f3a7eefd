import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { environments } from "../environments.ts";
import { dynamoDbEndpoint } from "../local/command-line.ts";
import { startDynamoDb } from "../local/dynamodb.ts";
import { tableName as localTable } from "../local/environment.ts";
import { runningSystem } from "../local/running-system.ts";
import { openStore } from "../local/user-pool/store.ts";

/** A table to work on; `endpoint` null means AWS. */
export type ChosenTable = {
  tableName: string;
  endpoint: string | null;
  currency: string;
  close(): Promise<void>;
};

const localData = fileURLToPath(new URL("../../.local", import.meta.url));

/**
 * The table of a deployed environment, or one by its name; else the local system's: of the one that runs on PORT, or of
 * its data folder, which no local system can open meanwhile. @throws Error in one line where there is none
 */
export async function chosenTable(chosen: {
  env?: string | undefined;
  table?: string | undefined;
  data?: string | undefined;
}): Promise<ChosenTable> {
  const { currency } = environments.dev;
  const close = async () => {};
  if (chosen.env !== undefined) {
    const { deployed } = await import("./deployed.ts");
    const { tableName, environment } = await deployed(chosen.env);
    return { tableName, endpoint: null, currency: environment.currency, close };
  }
  if (chosen.table !== undefined || dynamoDbEndpoint !== null)
    return { tableName: chosen.table ?? localTable, endpoint: dynamoDbEndpoint, currency, close };
  const running = await runningSystem().catch(() => null);
  if (running && (chosen.data === undefined || running.folder === resolve(chosen.data)))
    return { tableName: localTable, endpoint: running.dynamoDbEndpoint, currency, close };
  const { endpoint, stop } = await openFolder(chosen.data ?? localData);
  return { tableName: localTable, endpoint, currency, close: stop };
}

async function openFolder(folder: string) {
  const file = join(folder, "table.db");
  if (!existsSync(file))
    throw new Error("There is no local data yet: run npm start first, or name a table with --table NAME.");
  // held as a local system holds it: two engines on one file would not know of each other
  const hold = openStore(join(folder, "sign-in.db"));
  try {
    const { endpoint, stop } = await startDynamoDb(file);
    return { endpoint, stop: () => stop().finally(hold.close) };
  } catch (error) {
    hold.close();
    throw error;
  }
}
