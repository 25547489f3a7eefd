import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { newCartId, newOrderId } from "../shared/ids.ts";
import type { Order } from "../shared/order.ts";
import { bookItem } from "../shared/table/books.ts";
import type { Item } from "../shared/table/client.ts";
import { putOrder } from "../shared/table/orders.ts";
import { type Account, type OwnShop, ownShop } from "./own-shop.ts";

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
    await shop.put(Array.from({ length: size }, (_, at) => bookItem(bookAt(at))));
    await shop.put(ordersOf(reader, size));
    costs.set(size, await costsIn(shop));
  }
}, 300_000);
afterAll(() => Promise.all([...shops.values()].map((shop) => shop.close())));

const number = (at: number) => String(at).padStart(6, "0");

const bookAt = (at: number) => ({
  bookId: `BOOK-OF-GROWTH-${number(at)}`.slice(-16),
  title: `A title of 40 characters, number ${number(at)}.`,
  authors: ["An Author"],
  isbn: null,
  price: 1299,
  stock: null,
  active: true,
  revision: 1,
});

function ordersOf({ sub }: Account, size: number): Item[] {
  let last: string | null = null;
  return Array.from({ length: size }, (_, at) => {
    const cartId = newCartId(last);
    const orderId = newOrderId(cartId, sub);
    last = orderId;
    const lines = [0, 1, 2].map((line) => {
      const { bookId, title, price } = bookAt((at + line) % few);
      return { bookId, title, quantity: 1, unitPrice: price, stockTaken: false };
    });
    const order: Order = {
      orderId,
      customerId: sub,
      cartId,
      status: "pending",
      currency: "USD",
      lines,
      shippingAddress: null,
      steps: [],
    };
    const action = putOrder(order, randomUUID());
    return "Put" in action ? (action.Put.Item as Item) : {};
  });
}

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
