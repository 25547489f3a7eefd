import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDynamoDb } from "../../infra/local/dynamodb.ts";
import { localVariables } from "../../infra/local/environment.ts";
import books from "../../infra/local/sample-books.json" with { type: "json" };
import { startShop } from "../local-system.ts";
import { familyOf, processes } from "../processes.ts";
import { startFunctionServer } from "../start-function-server.ts";
import { takenBy } from "./processor.ts";
import { tokenOf } from "./requests.ts";
import type { Shop } from "./shop.ts";

let customers = 0;

/** This shop as it runs on one machine, its table on disk, with so many processes that serve its functions. */
export async function ourShop(servers: number): Promise<Shop> {
  const folder = mkdtempSync(join(tmpdir(), "bookshop-bench-"));
  const dynamoDb = await openDynamoDb(null, join(folder, "table.db"));
  const signIn = await startShop(["--in-memory"], { DYNAMODB_ENDPOINT: dynamoDb.endpoint });
  const variables = localVariables({
    dynamoDbEndpoint: dynamoDb.endpoint,
    signInUrl: signIn.url,
    userPoolId: "us-east-1_local",
    clientId: signIn.clientId,
  });
  const running = await Promise.all(Array.from({ length: servers }, () => startFunctionServer(variables)));
  const storePort = new URL(dynamoDb.endpoint).port;
  const store = processes().filter(({ command }) => command.includes(`--port ${storePort} `));
  return {
    name: "this shop",
    urls: running.map(({ url }) => url),
    customers: (count) =>
      Promise.all(
        Array.from({ length: count }, () => tokenOf(signIn.url, `reader-${customers++}@example.com`)),
      ),
    add: (book) => ({
      method: "POST",
      path: "/api/cart/add",
      body: { bookId: books[book]?.bookId, quantity: 1 },
    }),
    view: { method: "GET", path: "/api/cart" },
    place: { method: "POST", path: "/api/orders" },
    history: { method: "GET", path: "/api/orders" },
    total: (cartOrOrder) => (cartOrOrder as { total: { amount: number } }).total.amount,
    shows: (history, orders) => (history as { items: unknown[] }).items.length === Math.min(orders, 20),
    taken: () =>
      takenBy(
        running.flatMap(({ pid }) => familyOf(pid)),
        store,
      ),
    stop: async () => {
      for (const { stop } of running) await stop();
      await signIn.stop();
      await dynamoDb.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
