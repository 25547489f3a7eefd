import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { environments } from "../environments.ts";
import { command, dynamoDbEndpoint, printable } from "../local/command-line.ts";
import { type LocalDynamoDb, startDynamoDb } from "../local/dynamodb.ts";
import { tableName as localTable } from "../local/environment.ts";
import { deployed } from "./deployed.ts";
import { remoteCalls } from "./remote-calls.ts";
import { actAsShop, settingsOf } from "./shop-settings.ts";

// `npm run check-table`: reads a whole table, and says of every item that breaks a promise which one and why. The one place
// that scans. Meant for a table that nobody writes to: one that was restored, before it is used.

// half of what a partition gives
const readUnitsASecond = 1500;
const itemsAPage = 1000;
const localData = fileURLToPath(new URL("../../.local", import.meta.url));

await command(async () => {
  const { values } = parseArgs({
    options: {
      env: { type: "string" },
      table: { type: "string" },
      data: { type: "string", default: localData },
    },
  });
  const table = values.env === undefined ? values.table : (await deployed(values.env)).tableName;
  if (table !== undefined || dynamoDbEndpoint !== null) return check(table ?? localTable, dynamoDbEndpoint);
  const copy = await openCopy(join(values.data, "table.db"));
  await check(localTable, copy.endpoint).finally(copy.stop);
});

/** Reads the table and prints what it finds; exit code 1 where that is a breach. */
async function check(tableName: string, endpoint: string | null): Promise<void> {
  actAsShop(settingsOf({ tableName, currency: environments.dev.currency }));
  const { TableBreaches } = await import("./table-breaches.ts");
  const found = new TableBreaches();
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      ...remoteCalls,
      ...(endpoint !== null && {
        endpoint,
        region: "us-east-1",
        credentials: { accessKeyId: "local", secretAccessKey: "local" },
      }),
    }),
  );
  let items = 0;
  let breaches = 0;
  const say = (lines: string[]) => {
    breaches += lines.length;
    for (const line of lines) console.log(printable(line));
  };
  for (let from: Record<string, unknown> | undefined, page = 1; page === 1 || from; page++) {
    const answer = await client
      .send(
        new ScanCommand({
          TableName: tableName,
          ConsistentRead: true,
          Limit: itemsAPage,
          ReturnConsumedCapacity: "TOTAL",
          ...(from && { ExclusiveStartKey: from }),
        }),
      )
      .catch((error: Error) => {
        if (error.name === "ResourceNotFoundException") throw new Error(`There is no table ${tableName}.`);
        throw new Error(`The table ${tableName} cannot be read: ${error.message || error.name}`);
      });
    for (const item of answer.Items ?? []) say(found.take(item));
    items += answer.Items?.length ?? 0;
    from = answer.LastEvaluatedKey;
    if (!from) break;
    console.error(`${items} items read ...`);
    await sleep((1000 * (answer.ConsumedCapacity?.CapacityUnits ?? 0)) / readUnitsASecond);
  }
  say(found.end());
  const counts = Object.entries(found.counts).map(([kind, count]) => `${count} ${kind}s`);
  console.log(`${tableName}: ${items} items (${counts.join(", ")}), ${breaches} breaches`);
  client.destroy();
  process.exitCode = breaches === 0 ? 0 : 1;
}

/** What the local system keeps, as it stands at this moment: also while that runs. */
async function openCopy(file: string): Promise<LocalDynamoDb> {
  if (!existsSync(file))
    throw new Error("There is no local data yet: run npm start first, or name a table with --table NAME.");
  const folder = mkdtempSync(join(tmpdir(), "bookshop-check-"));
  const copy = join(folder, "table.db");
  const database = new DatabaseSync(file, { readOnly: true });
  database.prepare("VACUUM INTO ?").run(copy);
  database.close();
  const dynamoDb = await startDynamoDb(copy);
  return {
    ...dynamoDb,
    stop: () => dynamoDb.stop().finally(() => rmSync(folder, { recursive: true })),
  };
}
