import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startDynamoDb } from "../infra/local/dynamodb.ts";
import { type Fault, type StoreCall, storeProxy } from "./faults/store-proxy.ts";
import { startShop } from "./local-system.ts";
import { ownersCommand } from "./owners-command.ts";

// On a local system of its own, since every unpaid order there may be cancelled.

type Order = { orderId: string; status: string; placedAt: string; history: object[] };

const stop: (() => Promise<unknown>)[] = [];
const calm = (): Fault => "none";
let decide: (call: StoreCall) => Fault = calm;
let url: string;
let staff: string;
let customer: string;
let expireOrders: typeof import("../infra/tools/expire-orders.ts").expireOrders;

beforeAll(async () => {
  const dynamoDb = await startDynamoDb(null);
  const proxy = await storeProxy(dynamoDb.endpoint, { decide: (call) => decide(call) });
  const shop = await startShop(["--in-memory"], { DYNAMODB_ENDPOINT: proxy.url });
  stop.push(shop.stop, proxy.close, dynamoDb.stop);
  url = shop.url;
  staff = await tokenOf("boss@example.com", "admins");
  customer = await tokenOf("reader@example.com");
  vi.stubEnv("PORT", new URL(url).port);
  // so that PORT is read anew
  vi.resetModules();
  await (await import("../infra/tools/shop.ts")).openShop(undefined);
  ({ expireOrders } = await import("../infra/tools/expire-orders.ts"));
});
beforeEach(() => {
  decide = calm;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const each of stop) await each();
});

async function tokenOf(email: string, group?: string): Promise<string> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "x-amz-target": "LocalUserPool.IssueTokens" },
    body: JSON.stringify({ Username: email, ...(group && { Group: group }) }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function send<Body>(token: string, method: string, path: string, body?: object): Promise<Body> {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
  return (await answer.json()) as Body;
}

/** A book of which there are so many; null: its stock is not tracked. */
const aBook = async (stock: number | null) => {
  const form = { title: "A book", authors: ["An Author"], price: { amount: 1299, currency: "USD" }, stock };
  return (await send<{ bookId: string }>(staff, "POST", "/api/admin/books", form)).bookId;
};
const stockOf = async (bookId: string) =>
  (await send<{ stock: number }>(staff, "GET", `/api/admin/books/${bookId}`)).stock;

async function anOrder(...bookIds: string[]): Promise<Order> {
  for (const bookId of bookIds) await send(customer, "POST", "/api/cart/add", { bookId });
  return send(customer, "POST", "/api/orders");
}
const pay = ({ orderId }: Order) => send(staff, "PATCH", `/api/admin/orders/${orderId}`, { status: "paid" });
const statusOf = async ({ orderId }: Order) =>
  (await send<Order>(customer, "GET", `/api/orders/${orderId}`)).status;

const orders = (...args: string[]) => ownersCommand("orders", args, { PORT: new URL(url).port });

/** What comes of the orders that were placed before this one, or of all. */
async function expired(before?: Order): Promise<string[]> {
  const placedBefore = before ? Date.parse(before.placedAt) : Number.POSITIVE_INFINITY;
  const outcomes = [];
  for await (const { order, outcome } of expireOrders({ placedBefore, dryRun: false }))
    outcomes.push(`${order.orderId} ${outcome}`);
  return outcomes;
}

describe("npm run orders -- expire", () => {
  test("cancels unpaid orders that hold stock, as staff, oldest first, and gives the stock back", async () => {
    const [tracked, other, untracked] = [await aBook(5), await aBook(5), await aBook(null)];
    const first = await anOrder(tracked, untracked);
    const paid = await anOrder(tracked);
    const holdsNothing = await anOrder(untracked);
    const last = await anOrder(tracked, other);
    await pay(paid);

    const planned = await orders("expire", "--older-than", "0s", "--dry-run");
    const tooYoung = await orders("expire", "--older-than", "3d");
    expect([await stockOf(tracked), await stockOf(other)]).toEqual([2, 4]);
    const done = await orders("expire", "--older-than", "0s");

    expect(planned).toEqual({
      code: 0,
      out: `${first.orderId} would be cancelled\n${last.orderId} would be cancelled\nthe local system: 2 would be cancelled\n`,
      err: "",
    });
    expect(tooYoung).toEqual({ code: 0, out: "the local system: 0 cancelled, 0 moved on\n", err: "" });
    expect(done).toEqual({
      code: 0,
      out: `${first.orderId} cancelled\n${last.orderId} cancelled\nthe local system: 2 cancelled, 0 moved on\n`,
      err: "",
    });
    expect([await stockOf(tracked), await stockOf(other)]).toEqual([4, 5]);
    expect([await statusOf(paid), await statusOf(holdsNothing)]).toEqual(["paid", "pending"]);
    const { history } = await send<Order>(staff, "GET", `/api/admin/orders/${first.orderId}`);
    expect(history[1]).toEqual({ status: "cancelled", at: expect.any(String), by: "staff", who: "expire" });
    expect((await orders("expire", "--older-than", "0s")).out).toBe(
      "the local system: 0 cancelled, 0 moved on\n",
    );
  });

  test("leaves orders that were placed since, to the millisecond", async () => {
    const book = await aBook(5);
    const older = await anOrder(book);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const younger = await anOrder(book);

    expect(await expired(younger)).toEqual([`${older.orderId} cancelled`]);
    expect(await statusOf(younger)).toBe("pending");
    expect(await expired()).toEqual([`${younger.orderId} cancelled`]);
  });

  test("leaves one that is paid for after it was read", async () => {
    const book = await aBook(5);
    const [first, second] = [await anOrder(book), await anOrder(book)];
    const expiring = expireOrders({ placedBefore: Number.POSITIVE_INFINITY, dryRun: false });

    expect((await expiring.next()).value).toMatchObject({
      outcome: "cancelled",
      order: { orderId: first.orderId },
    });
    await pay(second);

    expect((await expiring.next()).value).toMatchObject({ outcome: "moved on" });
    expect((await expiring.next()).done).toBe(true);
    expect([await statusOf(first), await statusOf(second), await stockOf(book)]).toEqual([
      "cancelled",
      "paid",
      4,
    ]);
  });

  test("goes on past the orders of a page, and past those that hold nothing", async () => {
    const [tracked, untracked] = [await aBook(5), await aBook(null)];
    for (let order = 0; order < 100; order++) await anOrder(untracked);
    const last = await anOrder(tracked);

    expect(await expired()).toEqual([`${last.orderId} cancelled`]);
    expect(await stockOf(tracked)).toBe(5);
  });

  test("gives stock back once where the answer to its write is lost", async () => {
    const book = await aBook(5);
    const order = await anOrder(book);
    let lost = 0;
    decide = ({ operation }) => (operation === "TransactWriteItems" && lost++ === 0 ? "drop-reply" : "none");

    expect(await expired()).toEqual([`${order.orderId} cancelled`]);
    expect(lost).toBeGreaterThan(1);
    expect([await statusOf(order), await stockOf(book)]).toEqual(["cancelled", 5]);
  });

  test("says which orders it was too late for, goes on, and fails", async () => {
    const book = await aBook(5);
    const [first, second] = [await anOrder(book), await anOrder(book)];
    const cartId = first.orderId.slice(10, 36);
    decide = ({ operation, input }) =>
      operation === "TransactWriteItems" && JSON.stringify(input).includes(cartId) ? "conflict" : "none";

    expect(await orders("expire", "--older-than", "0s")).toEqual({
      code: 1,
      out: `${first.orderId} busy\n${second.orderId} cancelled\nthe local system: 1 cancelled, 0 moved on\n`,
      err: "Too busy for 1 of the orders: run it again.\n",
    });
    decide = calm;
    expect(await expired()).toEqual([`${first.orderId} cancelled`]);
    expect(await stockOf(book)).toBe(5);
  });

  test.each([
    ["no action", ["--older-than", "3d"], /^Usage: npm run orders -- expire --older-than 3d /],
    ["an unknown action", ["ship", "--older-than", "3d"], /^Usage: /],
    ["no age", ["expire"], /^Usage: /],
    ["an age without a unit", ["expire", "--older-than", "3"], /^Usage: /],
    ["an age in weeks", ["expire", "--older-than", "3w"], /^Usage: /],
    ["an age below nothing", ["expire", "--older-than=-3d"], /^Usage: /],
    ["an unknown flag", ["expire", "--older-then", "3d"], /^Unknown option '--older-then'/],
    ["an unknown environment", ["expire", "--older-than", "3d", "--env", "test"], /^Which environment\?/],
  ])("refuses %s in one line", async (_, args, line) => {
    const { code, out, err } = await orders(...args);

    expect({ code, out, lines: err.split("\n").length - 1 }).toEqual({ code: 1, out: "", lines: 1 });
    expect(err).toMatch(line);
  });
});
