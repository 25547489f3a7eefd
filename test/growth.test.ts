import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { bookItem } from "../shared/table/books.ts";
import { type Account, type OwnShop, ownShop } from "./own-shop.ts";
import { bookAt, pastOrders } from "./plenty.ts";

// What a request costs does not grow with what there is: the same with ten and with a hundred thousand orders and books.

const few = 10;
const many = 100_000;
const reader: Account = { sub: "0a0a0a0a-0000-4000-8000-0000000000aa", group: "customers" };
const staff: Account = { sub: "0a0a0a0a-0000-4000-8000-0000000000bb", group: "admins" };

type Cost = { calls: number; read: number; write: number };
const shops = new Map<number, OwnShop>();
const costs = new Map<number, Record<string, Cost>>();

beforeAll(async () => {
  for (const size of [few, many]) {
    const shop = await ownShop(`growth-${size}`);
    shops.set(size, shop);
    const books = Array.from({ length: size }, (_, at) => bookAt(at));
    await shop.put(books.map(bookItem));
    await shop.put(pastOrders(reader.sub, size, books.slice(0, few)));
    costs.set(size, await costsIn(shop));
  }
}, 300_000);
afterAll(() => Promise.all([...shops.values()].map((shop) => shop.close())));

/** By request, what its function's own log line says that it took. */
async function costsIn(shop: OwnShop): Promise<Record<string, Cost>> {
  const found: Record<string, Cost> = {};
  const ask = async (what: string, who: Account, method: string, path: string, body?: unknown) => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const answer = await shop.send(who, method, path, body);
    const { calls, read, write } = JSON.parse(String(log.mock.lastCall?.[0]));
    log.mockRestore();
    expect(answer.status, answer.text).toBeLessThan(300);
    found[what] = { calls, read, write };
    return answer.body;
  };
  const { bookId } = bookAt(few - 1);
  const history = await ask("a page of the history", reader, "GET", `/api/orders?limit=${few}`);
  expect(history.items).toHaveLength(few);
  await ask("one order", reader, "GET", `/api/orders/${history.items[few - 1].orderId}`);
  await ask("a page of the catalogue", reader, "GET", `/api/books?limit=${few}`);
  await ask("books by their title", reader, "GET", "/api/books?title=a%20title&limit=5");
  await ask("one book", reader, "GET", `/api/books/${bookId}`);
  await ask("an add", reader, "POST", "/api/cart/add", { bookId });
  await ask("a look at the cart", reader, "GET", "/api/cart");
  await ask("an order", reader, "POST", "/api/orders");
  await ask("a page of staff's books", staff, "GET", `/api/admin/books?limit=${few - 1}`);
  await ask("a page of staff's orders", staff, "GET", `/api/admin/orders?status=pending&limit=${few - 1}`);
  await ask("an order of anyone's", staff, "GET", `/api/admin/orders/${history.items[0].orderId}`);
  return found;
}

describe(`with ${many} orders and books, as with ${few}`, () => {
  test("every request takes the same calls and units", () => {
    expect(Object.keys(costs.get(few) ?? {})).toHaveLength(11);
    expect(costs.get(many)).toEqual(costs.get(few));
  });
});
