import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { budgets } from "./budgets.ts";
import { type StoreProxy, storeProxy } from "./faults/store-proxy.ts";
import { aBook, aCustomer, anAdmin, type Person } from "./given.ts";
import { anInstance, type Instance, ordering } from "./instances.ts";

// What each request costs, by the table's own ConsumedCapacity: titles of 40 characters, ids of 16, no address.

/** `trips`: calls one after another, those at the same time counted once. */
type Cost = { trips: number; calls: number; read: number; write: number };

let proxy: StoreProxy;
let trips = 0;
let underWay = 0;
let instance: Instance;
let plain: { bookId: string }[];
let tracked: { bookId: string }[];

const title = () => `A title of 40 characters ${randomUUID().slice(0, 15)}`;

beforeAll(async () => {
  plain = await Promise.all(Array.from({ length: 21 }, () => aBook({ title: title() })));
  tracked = await Promise.all(Array.from({ length: 3 }, () => aBook({ title: title(), stock: 100 })));
  proxy = await storeProxy(inject("variables").AWS_ENDPOINT_URL_DYNAMODB ?? "", {
    decide: async () => {
      if (underWay++ === 0) trips++;
      // for as long as a call needs that is sent at the same time
      await sleep(20);
      return "none" as const;
    },
    ending: () => {
      underWay--;
    },
  });
  instance = await anInstance([...ordering, "browse-books", "staff-orders"], {
    AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
  });
});
afterAll(() => proxy.close());
afterEach(() => vi.restoreAllMocks());

/** What the function's own log line says that a request took. */
async function costOf(
  who: Person,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Cost> {
  trips = 0;
  const log = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const { status, text } = await instance.send(who.token, method, path, body, headers);
  const line = String(log.mock.lastCall?.[0]);
  log.mockRestore();
  expect(status, text).toBeLessThan(300);
  expect(line.length).toBeLessThanOrEqual(350);
  const { calls, read, write } = JSON.parse(line);
  return { trips, calls, read, write };
}

const fill = async (who: Person, books: { bookId: string }[]) => {
  for (const { bookId } of books) await instance.send(who.token, "POST", "/api/cart/add", { bookId });
};
const key = { "idempotency-key": "a-key" };

describe("a cart change", () => {
  test.each([1, 2, 3, 20])("costs 2 write units with %i lines in the cart", async (lines) => {
    const ada = await aCustomer();
    await fill(ada, plain.slice(0, lines - 1));
    const { bookId } = plain[lines - 1] ?? { bookId: "" };

    const add = await costOf(ada, "POST", "/api/cart/add", { bookId });
    const more = await costOf(ada, "POST", "/api/cart/add", { bookId });
    const put = await costOf(ada, "PUT", `/api/cart/items/${bookId}`, { quantity: 5 });
    const gone = await costOf(ada, "DELETE", `/api/cart/items/${bookId}`);

    // one call for the cart and the book, the write, and where there are other books, these beside it
    const calls = lines === 1 ? 2 : 3;
    for (const cost of [add, more, put]) expect(cost).toEqual({ trips: 2, calls, read: 1 + lines, write: 2 });
    expect(gone).toEqual({ trips: 2, calls, read: lines, write: 2 });
  });

  test("costs 2 more with a key, and a repeat of it none", async () => {
    const ada = await aCustomer();
    await fill(ada, plain.slice(0, 2));
    const add = (headers?: Record<string, string>) =>
      costOf(ada, "POST", "/api/cart/add", { bookId: plain[2]?.bookId }, headers);

    expect(await add(key)).toMatchObject(budgets["an add that makes 3 lines, with a key"]);
    expect(await add(key)).toMatchObject({ trips: 2, write: 0 });
    await ada.delete(`/api/cart/items/${plain[2]?.bookId}`);
    expect(await add()).toMatchObject(budgets["an add that makes 3 lines"]);
  });
});

describe("an order", () => {
  test.each([
    { lines: 3, keyed: false, budget: "an order of 3 lines" },
    { lines: 3, keyed: true, budget: "an order of 3 lines, with a key" },
    { lines: 20, keyed: false, budget: "an order of 20 lines" },
  ] as const)("of $lines lines, keyed: $keyed, costs its budget", async ({ lines, keyed, budget }) => {
    const ada = await aCustomer();
    await fill(ada, plain.slice(0, lines));

    expect(await costOf(ada, "POST", "/api/orders", undefined, keyed ? key : {})).toEqual({
      calls: 3,
      ...budgets[budget],
    });
  });

  test("costs 2 write units more for each book that tracks its stock", async () => {
    const ada = await aCustomer();
    await fill(ada, tracked);

    expect(await costOf(ada, "POST", "/api/orders")).toEqual({
      calls: 3,
      ...budgets["an order of 3 lines whose stock is tracked"],
    });
  });
});

describe("a look", () => {
  test("at a cart of 3 lines costs 4 read units in 2 calls", async () => {
    const ada = await aCustomer();
    await fill(ada, plain.slice(0, 3));

    expect(await costOf(ada, "GET", "/api/cart")).toEqual({
      calls: 2,
      ...budgets["a look at a cart of 3 lines"],
    });
  });

  test("at a history page of 20 three-line orders costs 3 read units in 1 call, however many orders follow", async () => {
    const ada = await aCustomer();
    const costs: Cost[] = [];
    for (let orders = 0; orders < 45; orders++) {
      await fill(ada, plain.slice(0, 3));
      await instance.send(ada.token, "POST", "/api/orders");
      if (orders > 19) costs.push(await costOf(ada, "GET", "/api/orders?limit=20"));
    }

    for (const cost of costs)
      expect(cost).toEqual({ calls: 1, ...budgets["a page of 20 orders of 3 lines"] });
  });

  test("at anyone's orders takes staff 2 calls after another for one status", async () => {
    const admin = await anAdmin();

    expect(await costOf(admin, "GET", "/api/admin/orders?status=pending&limit=20")).toMatchObject({
      trips: 2,
      write: 0,
    });
  });
});
