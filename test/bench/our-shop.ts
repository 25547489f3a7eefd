import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDynamoDb } from "../../infra/local/dynamodb.ts";
import { localVariables } from "../../infra/local/environment.ts";
import { sortable } from "../../shared/text.ts";
import { startShop } from "../local-system.ts";
import { familyOf, processes } from "../processes.ts";
import { startFunctionServer } from "../start-function-server.ts";
import { openTable } from "./our-table.ts";
import { takenBy } from "./processor.ts";
import { tokenOf } from "./requests.ts";
import type { Shop } from "./shop.ts";

const page = 20;
// that of some of the books that it opens with, and of none that come later
const initial = "p";
let customers = 0;

/** This shop as it runs on one machine, its table on disk, with so many processes that serve its functions. */
export async function ourShop(servers: number): Promise<Shop> {
  const folder = mkdtempSync(join(tmpdir(), "bookshop-bench-"));
  const dynamoDb = await openDynamoDb(null, join(folder, "table.db"));
  const signIn = await startShop(["--in-memory"], { DYNAMODB_ENDPOINT: dynamoDb.endpoint });
  const variables = {
    ...localVariables({
      dynamoDbEndpoint: dynamoDb.endpoint,
      signInUrl: signIn.url,
      userPoolId: "us-east-1_local",
      clientId: signIn.clientId,
    }),
    TABLE_NAME: "bookshop-bench",
  };
  const table = await openTable(dynamoDb.endpoint, variables);
  const running = await Promise.all(Array.from({ length: servers }, () => startFunctionServer(variables)));
  const storePort = new URL(dynamoDb.endpoint).port;
  const store = processes().filter(({ command }) => command.includes(`--port ${storePort} `));
  const aCustomer = () => tokenOf(signIn.url, `reader-${customers++}@example.com`);
  const titled = table.shelf.filter(({ title }) => sortable(title).startsWith(initial)).length;
  return {
    name: "this shop",
    urls: running.map(({ url }) => url),
    customers: (count) => Promise.all(Array.from({ length: count }, aCustomer)),
    oldCustomer: async (orders) => {
      const token = await aCustomer();
      await table.putOrders(accountOf(token), orders);
      return token;
    },
    catalogue: {
      fillTo: table.fillTo,
      looks: [
        { name: "a page of 20", asked: { method: "GET", path: `/api/books?limit=${page}` }, books: page },
        { name: "by title", asked: { method: "GET", path: `/api/books?title=${initial}` }, books: titled },
      ],
      shown: itemsOf,
    },
    add: (book) => ({
      method: "POST",
      path: "/api/cart/add",
      body: { bookId: table.shelf[book]?.bookId, quantity: 1 },
    }),
    view: { method: "GET", path: "/api/cart" },
    place: { method: "POST", path: "/api/orders" },
    history: { method: "GET", path: "/api/orders" },
    titles: (cart) => (cart as { lines: unknown[] }).lines.length,
    total: (cartOrOrder) => (cartOrOrder as { total: { amount: number } }).total.amount,
    shows: (history, orders) => itemsOf(history) === Math.min(orders, page),
    taken: () =>
      takenBy(
        running.flatMap(({ pid }) => familyOf(pid)),
        store,
      ),
    stop: async () => {
      for (const { stop } of running) await stop();
      table.close();
      await signIn.stop();
      await dynamoDb.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

const itemsOf = (list: unknown) => (list as { items: unknown[] }).items.length;

/** Whose token it is. */
const accountOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).sub;
