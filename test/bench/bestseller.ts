import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { command } from "../../infra/local/command-line.ts";
import { localClient, openDynamoDb } from "../../infra/local/dynamodb.ts";
import { localVariables, tableName } from "../../infra/local/environment.ts";
import { startShop } from "../local-system.ts";
import { type FunctionServer, startFunctionServer } from "../start-function-server.ts";
import type { HotItems } from "./hot-items.ts";
import { ask, tokenOf } from "./requests.ts";

// `npm run bench:bestseller`: a thousand customers order one title at the same moment, through two servers, with the
// conflicts that DynamoDB raises for a hot item. Who is told 503 asks again after Retry-After, with the same key.
const customers = 1000;
const servers = 2;
// an assumption: AWS says single-digit milliseconds, and no emulator shows it
const inFlightMs = 5;
const copies = [null, customers, 0.7 * customers];
const variants: Variant[] = copies.flatMap((stock) =>
  [false, true].map((conflicts) => ({ stock, conflicts })),
);

/** `stock`: copies at the start, null where not tracked. */
type Variant = { stock: number | null; conflicts: boolean };

/** Counts and times of one variant; times in milliseconds from the common start to a customer's final answer. */
export type Sale = Variant & {
  placed: number;
  /** Told `insufficient-stock`. */
  refused: number;
  /** Customers whose first answer was 503, and all answers that were. */
  busyAtFirst: number;
  busy: number;
  ordersPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Of a customer until the final answer, on average; from the request log. */
  callsEach: number;
  conflictsEach: number;
  /** Median of how long a transaction was in flight in truth. */
  inFlightMs: number;
  /** Copies ordered beyond those there were, and copies left though somebody was refused. */
  oversold: number;
  unsold: number;
  /** Each broken promise, in words. */
  wrong: string[];
};

export type Bestseller = { customers: number; servers: number; inFlightMs: number; sales: Sale[] };

/** Sells a bestseller in every variant, each with customers, servers and a title of its own. */
export async function measureBestseller(report: (progress: string) => void): Promise<Bestseller> {
  const folder = mkdtempSync(join(tmpdir(), "bookshop-bench-"));
  const dynamoDb = await openDynamoDb(null, join(folder, "table.db"));
  const shop = await startShop(["--in-memory"], { DYNAMODB_ENDPOINT: dynamoDb.endpoint });
  const sales: Sale[] = [];
  try {
    for (const variant of variants) {
      const name = `${sales.length + 1} of ${variants.length}`;
      sales.push(await sell(variant, shop, dynamoDb.endpoint, (what) => report(`${name}: ${what}`)));
    }
  } finally {
    await shop.stop();
    await dynamoDb.stop();
    rmSync(folder, { recursive: true });
  }
  return { customers, servers, inFlightMs, sales };
}

async function sell(
  variant: Variant,
  shop: { url: string; clientId: string },
  endpoint: string,
  report: (progress: string) => void,
): Promise<Sale> {
  const store = await openStore({ endpoint, inFlightMs, conflicts: variant.conflicts });
  const variables = localVariables({
    dynamoDbEndpoint: store.url,
    signInUrl: shop.url,
    userPoolId: "us-east-1_local",
    clientId: shop.clientId,
  });
  // a server does here what five hundred do on Lambda: what a single call waits for is this machine
  const { STORE_TOTAL_MS = "" } = variables;
  const patient = { ...variables, STORE_CONNECT_MS: STORE_TOTAL_MS, STORE_REQUEST_MS: STORE_TOTAL_MS };
  const running: FunctionServer[] = [];
  try {
    while (running.length < servers) running.push(await startFunctionServer(patient));
    const bookId = await aBook(shop.url, variant.stock);
    report("customers fill their carts");
    const crowd = await aCrowd(shop.url, running, bookId);
    await store.flightsMs();
    report("they order");
    const start = performance.now();
    const answers = await Promise.all(crowd.map((customer) => order(customer)));
    const seconds = (performance.now() - start) / 1000;
    for (const { stop } of running) await stop();
    const lines = running.flatMap((server) => server.log).map((line) => JSON.parse(line));
    const log = lines.filter(({ route }) => route === "POST /api/orders");
    const each = (what: string) => log.reduce((sum, line) => sum + Number(line[what] ?? 0), 0) / customers;
    const times = answers.map(({ ms }) => ms);
    return {
      ...variant,
      ...(await judge(variant.stock, answers, await stored(endpoint, bookId))),
      busyAtFirst: answers.filter(({ busy }) => busy > 0).length,
      busy: answers.reduce((sum, { busy }) => sum + busy, 0),
      ordersPerSecond: answers.filter(({ status }) => status === 201).length / seconds,
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
      callsEach: each("calls"),
      conflictsEach: each("conflicts"),
      inFlightMs: quantile(await store.flightsMs(), 0.5),
    };
  } finally {
    for (const { stop } of running) await stop();
    await store.close();
  }
}

/** The table behind `hot-items.ts`. `flightsMs`: of the transactions since it was asked last. */
async function openStore(hot: HotItems) {
  const thread = new Worker(new URL("hot-items.ts", import.meta.url), { workerData: hot });
  const heard = async () => (await once(thread, "message"))[0];
  return {
    url: (await heard()) as string,
    flightsMs: async (): Promise<number[]> => {
      thread.postMessage("flights");
      return heard();
    },
    close: () => thread.terminate(),
  };
}

async function aBook(url: string, stock: number | null): Promise<string> {
  const token = await tokenOf(url, "staff@example.com", "admins");
  const body = {
    title: "A bestseller",
    authors: ["An Author"],
    price: { amount: 1299, currency: "USD" },
    stock,
  };
  const made = await ask(url, { token, method: "POST", path: "/api/admin/books", body });
  return (made as { bookId: string }).bookId;
}

type Customer = { url: string; token: string };

/** New customers, half of them at each server, with a copy in the cart. */
async function aCrowd(url: string, at: FunctionServer[], bookId: string): Promise<Customer[]> {
  const crowd: Customer[] = [];
  const atOnce = 50;
  while (crowd.length < customers) {
    const some = Array.from({ length: atOnce }, async (_, index) => {
      const customer = {
        url: at[index % at.length]?.url ?? "",
        token: await tokenOf(url, `reader-${bookId}-${crowd.length + index}@example.com`),
      };
      await ask(customer.url, {
        token: customer.token,
        method: "POST",
        path: "/api/cart/add",
        body: { bookId },
      });
      return customer;
    });
    crowd.push(...(await Promise.all(some)));
  }
  return crowd;
}

type Final = {
  status: number;
  code: string | undefined;
  orderId: string | undefined;
  busy: number;
  ms: number;
};

/** Orders what is in the cart, as often as it takes. `busy`: how often the answer was 503. */
async function order({ url, token }: Customer): Promise<Final> {
  const start = performance.now();
  const headers = {
    authorization: `Bearer ${token}`,
    "idempotency-key": "the-one-order",
    // one that is kept may be closed by the server just when it is used again
    connection: "close",
  };
  for (let busy = 0; ; busy++) {
    const answer = await fetch(`${url}/api/orders`, { method: "POST", headers });
    const { code, orderId } = (await answer.json()) as { code?: string; orderId?: string };
    if (answer.status !== 503)
      return { status: answer.status, code, orderId, busy, ms: performance.now() - start };
    await sleep(1000 * Number(answer.headers.get("retry-after")));
  }
}

type Stored = { left: number | null; orders: { customer: string; orderId: string; copies: number }[] };

/** What stands in the table of a title: copies left, and each order of it. */
async function stored(endpoint: string, bookId: string): Promise<Stored> {
  const client = DynamoDBDocumentClient.from(localClient(endpoint));
  const found: Stored = { left: null, orders: [] };
  for await (const { Items = [] } of paginateScan({ client }, { TableName: tableName, ConsistentRead: true }))
    for (const { pk, sk, isk, stock, lines } of Items) {
      if (pk === `BOOK#${bookId}`) found.left = stock ?? null;
      if (!String(sk).startsWith("ORDER#")) continue;
      const line = (lines as { bookId: string; quantity: number }[]).find((one) => one.bookId === bookId);
      if (line) found.orders.push({ customer: pk, orderId: isk, copies: line.quantity });
    }
  client.destroy();
  return found;
}

/** Holds the answers against the table, and both against what was promised. */
function judge(stock: number | null, answers: Final[], { left, orders }: Stored) {
  const answered = answers.flatMap(({ status, orderId }) => (status === 201 ? [orderId] : []));
  const refused = answers.filter(({ code }) => code === "insufficient-stock").length;
  const ordered = orders.reduce((sum, { copies }) => sum + copies, 0);
  const oversold = stock === null ? 0 : Math.max(0, ordered - stock);
  const unsold = refused > 0 ? Math.max(0, Number(left)) : 0;
  const there = new Set<string | undefined>(orders.map(({ orderId }) => orderId));
  const buyers = new Set(orders.map(({ customer }) => customer)).size;
  const found: [count: number, what: string][] = [
    [answers.length - answered.length - refused, "answers are neither 201 nor insufficient-stock"],
    [
      answered.filter((orderId) => !there.has(orderId)).length,
      "orders were answered and are not in the table",
    ],
    [there.size - new Set(answered).size, "orders are in the table and were not answered"],
    [orders.length - buyers, "customers have a second order"],
    [Math.max(0, Math.min(customers, stock ?? customers) - answered.length), "customers too few have a copy"],
    [stock === null ? 0 : stock - Number(left) - ordered, "copies are gone and in no order"],
    [oversold, "copies were sold that there were not"],
    [unsold, "copies are left though somebody was refused"],
  ];
  const wrong = found.filter(([count]) => count !== 0).map(([count, what]) => `${count} ${what}`);
  return { placed: answered.length, refused, oversold, unsold, wrong };
}

const quantile = (values: number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.ceil(share * values.length) - 1] ?? Number.NaN;

if (import.meta.main)
  await command(async () => {
    const { sales } = await measureBestseller((progress) => process.stderr.write(`\r${progress.padEnd(40)}`));
    process.stderr.write(`\r${"".padEnd(40)}\r`);
    console.log(
      `${customers} customers order one title at once, through ${servers} servers. A transaction is in flight for ${inFlightMs} ms\n` +
        "at least; with conflicts, one that touches an item of another in flight is cancelled, as DynamoDB does it. Times end\n" +
        "with a customer's final answer, 503s and waits included; calls and conflicts are a customer's until then.\n",
    );
    console.log(
      "copies       conflicts  placed  refused  503 at first (all)  orders/s  p50 ms  p99 ms  calls  conflicts  in flight ms  oversold  unsold",
    );
    for (const sale of sales)
      console.log(
        [
          String(sale.stock ?? "not tracked").padEnd(11),
          (sale.conflicts ? "yes" : "no").padStart(10),
          String(sale.placed).padStart(7),
          String(sale.refused).padStart(8),
          `${sale.busyAtFirst} (${sale.busy})`.padStart(19),
          sale.ordersPerSecond.toFixed(0).padStart(9),
          sale.p50Ms.toFixed(0).padStart(7),
          sale.p99Ms.toFixed(0).padStart(7),
          sale.callsEach.toFixed(1).padStart(6),
          sale.conflictsEach.toFixed(1).padStart(10),
          sale.inFlightMs.toFixed(1).padStart(13),
          String(sale.oversold).padStart(9),
          String(sale.unsold).padStart(7),
        ].join(" "),
      );
    const wrong = sales.flatMap((sale) => sale.wrong);
    if (wrong.length > 0) throw new Error(`Wrong: ${wrong.join("; ")}`);
  });
