import { randomUUID } from "node:crypto";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { aBook, aCustomer, anAdmin, type Person } from "./given.ts";
import { anInstance, type Instance, ordering } from "./instances.ts";

// What each request costs, by the table's own ConsumedCapacity: titles of 40 characters, ids of 16, no address.

type Cost = { calls: number; read: number; write: number };

let instance: Instance;
let plain: { bookId: string }[];
let tracked: { bookId: string }[];

const title = () => `A title of 40 characters ${randomUUID().slice(0, 15)}`;

beforeAll(async () => {
  plain = await Promise.all(Array.from({ length: 21 }, () => aBook({ title: title() })));
  tracked = await Promise.all(Array.from({ length: 3 }, () => aBook({ title: title(), stock: 100 })));
  instance = await anInstance([...ordering, "browse-books", "staff-orders"]);
});
afterEach(() => vi.restoreAllMocks());

/** What the function's own log line says that a request took. */
async function costOf(
  who: Person,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Cost> {
  const log = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const { status, text } = await instance.send(who.token, method, path, body, headers);
  const line = String(log.mock.lastCall?.[0]);
  log.mockRestore();
  expect(status, text).toBeLessThan(300);
  expect(line.length).toBeLessThanOrEqual(350);
  const { calls, read, write } = JSON.parse(line);
  return { calls, read, write };
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

    for (const cost of [add, more, put, gone]) expect(cost).toMatchObject({ calls: 3, write: 2 });
  });

  test("costs 4 with a key, and a repeat of it none", async () => {
    const ada = await aCustomer();
    const [one, other] = [plain[0]?.bookId, plain[1]?.bookId];
    await fill(ada, plain.slice(2, 20));

    expect(await costOf(ada, "POST", "/api/cart/add", { bookId: one }, key)).toMatchObject({
      calls: 3,
      write: 4,
    });
    expect(await costOf(ada, "POST", "/api/cart/add", { bookId: one }, key)).toMatchObject({ write: 0 });
    expect(
      await costOf(ada, "POST", "/api/cart/add", { bookId: other }, { "idempotency-key": "another" }),
    ).toMatchObject({ calls: 3, write: 4 });
  });
});

describe("an order", () => {
  test.each([
    { lines: 3, keyed: false, cost: { calls: 3, read: 4, write: 5 } },
    { lines: 3, keyed: true, cost: { calls: 3, read: 5, write: 7 } },
    { lines: 20, keyed: false, cost: { calls: 3, read: 21, write: 9 } },
  ])("of $lines lines, keyed: $keyed, costs $cost", async ({ lines, keyed, cost }) => {
    const ada = await aCustomer();
    await fill(ada, plain.slice(0, lines));

    expect(await costOf(ada, "POST", "/api/orders", undefined, keyed ? key : {})).toEqual(cost);
  });

  test("costs 2 write units more for each book that tracks its stock", async () => {
    const ada = await aCustomer();
    await fill(ada, tracked);

    expect(await costOf(ada, "POST", "/api/orders")).toEqual({ calls: 3, read: 4, write: 5 + 2 * 3 });
  });
});

describe("a look", () => {
  test("at a cart of 3 lines costs 4 read units in 2 calls", async () => {
    const ada = await aCustomer();
    await fill(ada, plain.slice(0, 3));

    expect(await costOf(ada, "GET", "/api/cart")).toEqual({ calls: 2, read: 4, write: 0 });
  });

  test("at a history page of 20 three-line orders costs 3 read units in 1 call, however many orders follow", async () => {
    const ada = await aCustomer();
    const costs: Cost[] = [];
    for (let orders = 0; orders < 45; orders++) {
      await fill(ada, plain.slice(0, 3));
      await instance.send(ada.token, "POST", "/api/orders");
      if (orders > 19) costs.push(await costOf(ada, "GET", "/api/orders?limit=20"));
    }

    for (const cost of costs) expect(cost).toEqual({ calls: 1, read: 3, write: 0 });
  });

  test("at anyone's orders takes staff 2 calls after another for one status", async () => {
    const admin = await anAdmin();

    expect(await costOf(admin, "GET", "/api/admin/orders?status=pending&limit=20")).toMatchObject({
      calls: 2,
      write: 0,
    });
  });
});
