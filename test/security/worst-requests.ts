import { randomUUID } from "node:crypto";
import { vi } from "vitest";
import { files } from "../../functions/docs/files.ts";
import type { Book } from "../../shared/book.ts";
import { mostTitles } from "../../shared/cart.ts";
import { cursorAt } from "../../shared/cursor.ts";
import { newCartId, newOrderId } from "../../shared/ids.ts";
import type { Address, Step } from "../../shared/order.ts";
import { bookItem } from "../../shared/table/books.ts";
import type { Item } from "../../shared/table/client.ts";
import { keyedRequest, putKeyRecord } from "../../shared/table/key-records.ts";
import { cartKey } from "../../shared/table/keys.ts";
import { putOrder } from "../../shared/table/orders.ts";
import type { Fault, StoreCall } from "../faults/store-proxy.ts";
import type { Account, OwnShop } from "../own-shop.ts";
import type { Reply } from "../shop.ts";
import type { Key, Size, Taken } from "./limits.ts";

// The dearest requests that a hostile caller can think of, in several ways where it is not plain which of them is dearest.

const mostCalls = 16;
const keysInOneWrite = 100;
const ordersInOneWrite = 99;
// some more than one request can erase
const ordersToErase = { ordinary: 600, largest: 110 };
const manyBooks = 101;
const wide = (characters: number) => "😀".repeat(characters);

const bookOf = (size: Size, at: number): Book => {
  const number = String(at).padStart(6, "0");
  return {
    bookId: `BOOK-${number}`.padEnd(64, "-"),
    title: size === "largest" ? `${wide(294)}${number}` : `A title of 40 characters, number ${number}.`,
    authors: size === "largest" ? Array(50).fill(wide(100)) : ["An Author"],
    isbn: "978-0-00-000000-0",
    price: 1_000_000_000,
    stock: 900_000_000,
    active: true,
    revision: 1,
  };
};

const widest = (size: Size): Address => {
  const text = size === "largest" ? wide(100) : "A line of 25 characters..";
  return {
    name: text,
    lines: [text, text, text, text],
    city: text,
    region: text,
    postalCode: text,
    country: "GB",
  };
};

/** Requests by route, each with what it finds in the table, or meets there. */
type Attempt = {
  in: Key;
  send: () => Promise<Reply>;
  meeting: (call: StoreCall) => Promise<Fault>;
  /** Writes that the table refused for what stood there. */
  refused: number;
};

/** Sends them all; by route, the most of everything that one of its requests took. */
export async function worstOf(shop: OwnShop, size: Size): Promise<Map<Key, Taken>> {
  const most = new Map<Key, Taken>();
  for (const attempt of await attempts(shop, size)) {
    const taken = await takenBy(shop, attempt);
    const before = most.get(attempt.in) ?? taken;
    for (const what of Object.keys(taken) as (keyof Taken)[])
      before[what] = Math.max(before[what], taken[what]);
    most.set(attempt.in, before);
  }
  return most;
}

/** Bytes of an order of so many lines, as it is written. */
export const bytesOfOrder = (size: Size, lines: number): number => {
  const books = Array.from({ length: lines }, (_, at) => bookOf(size, at));
  const customer: Account = { sub: randomUUID(), group: "customers" };
  return Buffer.byteLength(JSON.stringify(pendingItem(customer, null, books, widest(size))));
};

async function takenBy(shop: OwnShop, { send, meeting, refused }: Attempt): Promise<Taken> {
  let asked = 0;
  let waits = 0;
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const answer = await shop.meeting(async (call) => {
    const fault = ++asked < mostCalls ? await meeting(call) : "none";
    if (fault === "conflict") waits++;
    return fault;
  }, send);
  const { calls = 0, read = 0, write = 0 } = JSON.parse(String(log.mock.lastCall?.[0]));
  log.mockRestore();
  if (calls !== asked) throw new Error(`The log says ${calls} calls, and there were ${asked}`);
  const written = write * (1 + refused + waits);
  return { calls, read, write: written, waits, kib: Math.ceil(bytesOf(answer) / 1024) };
}

function bytesOf({ text, headers }: Reply): number {
  const body = Buffer.byteLength(text, headers.has("content-encoding") ? "base64" : "utf8");
  return [...headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, body);
}

async function attempts(shop: OwnShop, size: Size): Promise<Attempt[]> {
  const books = Array.from({ length: manyBooks }, (_, at) => bookOf(size, at));
  const titles = books.slice(0, mostTitles);
  const [first, another] = [books[0], books[mostTitles]] as [Book, Book];
  const withdrawn = { ...bookOf(size, manyBooks), active: false };
  const shippingAddress = widest(size);
  const staff: Account = { sub: randomUUID(), group: "admins" };
  const unknown = "x".repeat(64);
  await shop.put([...books, withdrawn].map(bookItem));

  /** A customer with so many titles in the cart. */
  const shopper = async (count: number, among: readonly Book[] = titles): Promise<Account> => {
    const who: Account = { sub: randomUUID(), group: "customers" };
    const lines = Object.fromEntries(among.slice(0, count).map(({ bookId }) => [bookId, 9]));
    await shop.put([cartItem(who, lines, 1)]);
    return who;
  };
  const buyer = async (count: number, ordered = orderItem): Promise<{ who: Account; orderIds: string[] }> => {
    const who: Account = { sub: randomUUID(), group: "customers" };
    let last: string | null = null;
    const items = Array.from({ length: count }, () => {
      const item = ordered(who, last, titles, shippingAddress);
      last = String(item.isk);
      return item;
    });
    await shop.put(items);
    return { who, orderIds: items.map(({ isk }) => String(isk)) };
  };
  const keyed = { "idempotency-key": "k".repeat(255) };
  const all: Attempt[] = [];
  const ask = (
    route: Key,
    who: Account,
    path: string,
    how: { body?: unknown; headers?: Record<string, string> } & Partial<Attempt> = {},
  ) => {
    const { body, headers, meeting = quiet, refused = 0 } = how;
    const method = route === "$default" ? "PATCH" : (route.split(" ")[0] as string);
    all.push({ in: route, send: () => shop.send(who, method, path, body, headers), meeting, refused });
  };
  /** The same once more where each write meets another's, and once where the cart has moved on before the first. */
  const change = async (
    route: Key,
    path: string,
    prepare: () => Promise<Account>,
    how: { body?: unknown; headers?: Record<string, string> } = {},
  ) => {
    ask(route, await prepare(), path, how);
    ask(route, await prepare(), path, { ...how, meeting: contended });
    const who = await prepare();
    let moved = 0;
    const meeting = async ({ operation }: StoreCall): Promise<Fault> => {
      if (operation === "TransactWriteItems" && moved++ === 0) {
        const lines = Object.fromEntries(titles.map(({ bookId }) => [bookId, 9]));
        await shop.put([cartItem(who, lines, 2)]);
      }
      return "none";
    };
    ask(route, who, path, { ...how, meeting, refused: 1 });
  };

  ask("GET /openapi.json", staff, "/openapi.json");
  ask("GET /docs", staff, "/docs");
  for (const file of Object.keys(files)) ask("GET /docs/{file}", staff, `/docs/${file}`);
  ask("$default", staff, `/${"x".repeat(2000)}`);
  ask("$default", staff, "/api/orders");

  ask("GET /api/books", staff, "/api/books?limit=50");
  ask("GET /api/books", staff, "/api/books?limit=50&title=nothing");
  const nextPage = cursorAt("books ", String(bookItem(another).isk));
  ask("GET /api/books", staff, `/api/books?limit=50&cursor=${nextPage}`);
  for (const id of [first.bookId, unknown]) {
    ask("GET /api/books/{bookId}", staff, `/api/books/${id}`);
    ask("GET /api/admin/books/{bookId}", staff, `/api/admin/books/${id}`);
  }

  const add = "POST /api/cart/add";
  const again = { bookId: first.bookId };
  const last = { bookId: (titles.at(-1) as Book).bookId };
  await change(add, "/api/cart/add", () => shopper(mostTitles), { body: again, headers: keyed });
  await change(add, "/api/cart/add", () => shopper(mostTitles - 1), { body: last, headers: keyed });
  const full = { body: { bookId: another.bookId }, headers: keyed };
  ask(add, await shopper(mostTitles), "/api/cart/add", full);
  const adder = await shopper(mostTitles);
  for (const _ of ["done", "done before"]) ask(add, adder, "/api/cart/add", { body: again, headers: keyed });

  ask("GET /api/cart", await shopper(mostTitles), "/api/cart");
  const line = `/api/cart/items/${first.bookId}`;
  const quantity = { body: { quantity: 99 } };
  await change("PUT /api/cart/items/{bookId}", line, () => shopper(mostTitles), quantity);
  await change("DELETE /api/cart/items/{bookId}", line, () => shopper(mostTitles));
  await change("DELETE /api/cart", "/api/cart", () => shopper(mostTitles));

  const order = "POST /api/orders";
  const ordering = { body: { shippingAddress }, headers: keyed };
  await change(order, "/api/orders", () => shopper(mostTitles), ordering);
  ask(order, await shopper(mostTitles), "/api/orders", {
    ...ordering,
    headers: { ...keyed, "if-match": '"1.-"' },
  });
  // as many as fit into what API Gateway takes of headers, beside a token
  const shortLines = Array.from({ length: 900 }, (_, at) => `.${at.toString(36)}:1:1:1`);
  const seen = { ...keyed, "if-match": `"1.-${shortLines.join("")}"` };
  ask(order, await shopper(mostTitles), "/api/orders", { ...ordering, headers: seen });
  // the cart is another one whenever it is looked at, and there is always something in it that is not for sale
  const restless = await shopper(mostTitles, [withdrawn, ...titles]);
  let version = 1;
  ask(order, restless, "/api/orders", {
    ...ordering,
    meeting: async ({ operation, input }) => {
      if (operation === "BatchGetItem" && JSON.stringify(input).includes('"CART"')) {
        const lines = Object.fromEntries(
          [withdrawn, ...titles].slice(0, mostTitles).map(({ bookId }) => [bookId, 9]),
        );
        await shop.put([cartItem(restless, lines, ++version)]);
      }
      return "none";
    },
  });
  const orderer = await shopper(mostTitles);
  for (const _ of ["done", "done before"]) ask(order, orderer, "/api/orders", ordering);

  const { who: regular, orderIds } = await buyer(mostTitles + 1);
  ask("GET /api/orders", regular, "/api/orders?limit=50");
  ask("GET /api/orders/{orderId}", regular, `/api/orders/${orderIds[0]}`);
  ask("GET /api/orders/{orderId}", regular, `/api/orders/${unknown}`);
  ask("GET /api/me/export", regular, "/api/me/export");
  await shop.put([cartItem(regular, Object.fromEntries(titles.map(({ bookId }) => [bookId, 9])), 1)]);
  const cancel = "POST /api/orders/{orderId}/cancel";
  for (const meeting of [quiet, contended]) {
    const { who, orderIds } = await buyer(1, pendingItem);
    ask(cancel, who, `/api/orders/${orderIds[0]}/cancel`, { meeting });
  }
  for (const meeting of [quiet, contended]) {
    const { orderIds } = await buyer(1, pendingItem);
    const body = { status: "cancelled" };
    ask("PATCH /api/admin/orders/{orderId}", staff, `/api/admin/orders/${orderIds[0]}`, { body, meeting });
  }
  ask("GET /api/admin/orders/{orderId}", staff, `/api/admin/orders/${orderIds[0]}`);
  ask("GET /api/admin/orders", staff, "/api/admin/orders?limit=50");
  ask("GET /api/admin/orders", staff, "/api/admin/orders?limit=50&status=delivered&order=oldest");

  const erase = "DELETE /api/me";
  for (const [meeting, orders] of [
    [quiet, ordersToErase[size]],
    [contendedInPlenty, ordersInOneWrite],
  ] as const)
    ask(erase, (await buyer(orders)).who, "/api/me", { meeting });
  const scribbler = await shopper(mostTitles);
  await shop.put(Array.from({ length: keysInOneWrite }, (_, at) => keyItem(scribbler, `${at}`)));
  ask(erase, scribbler, "/api/me", { meeting: contendedInPlenty });

  ask("GET /api/admin/books", staff, "/api/admin/books?limit=50");
  ask("GET /api/admin/books", staff, "/api/admin/books?limit=50&active=false&title=nothing");
  const { bookId, revision, price, ...fields } = bookOf(size, manyBooks + 1);
  const body = { ...fields, price: { amount: price, currency: "USD" } };
  const key = (name: string) => ({ "idempotency-key": name });
  for (const [name, meeting] of [
    ["new", quiet],
    ["new", quiet],
    ["newer", contended],
  ] as const) {
    const how = { body, headers: key(name), meeting };
    ask("POST /api/admin/books", staff, "/api/admin/books", how);
  }
  for (const [name, meeting] of [
    ["change", quiet],
    ["change", quiet],
    ["another", contended],
  ] as const) {
    const how = { body: { ...body, active: false }, headers: key(name), meeting };
    ask("PATCH /api/admin/books/{bookId}", staff, `/api/admin/books/${another.bookId}`, how);
  }
  return all;
}

const quiet = async (): Promise<Fault> => "none";
const contended = async ({ operation }: StoreCall): Promise<Fault> =>
  operation === "TransactWriteItems" ? "conflict" : "none";
/** Lets by what is small, so that what is large is tried in all of the calls that are left. */
const contendedInPlenty = async (call: StoreCall): Promise<Fault> =>
  call.input.TransactItems?.length > 2 ? contended(call) : "none";

const at = "2026-11-25T10:00:00.000Z";

function cartItem({ sub }: Account, lines: Record<string, number>, version: number): Item {
  const cartId = newCartId(null);
  return { ...cartKey(sub), schema: 1, cartId, version, lines, createdAt: at, updatedAt: at };
}

function pendingItem(
  { sub }: Account,
  last: string | null,
  books: readonly Book[],
  shippingAddress: Address,
  steps: Step[] = [],
): Item {
  const cartId = newCartId(last);
  const action = putOrder(
    {
      orderId: newOrderId(cartId, sub),
      customerId: sub,
      cartId,
      status: "pending",
      currency: "USD",
      lines: books.map(({ bookId, title, price }) => ({
        bookId,
        title,
        quantity: 99,
        unitPrice: price,
        stockTaken: true,
      })),
      shippingAddress,
      steps,
    },
    randomUUID(),
  );
  return "Put" in action ? { ...(action.Put.Item as Item), steps } : {};
}

/** An order that has been through everything. */
function orderItem(...[who, last, books, address]: Parameters<typeof pendingItem>): Item {
  const statuses = ["paid", "shipped", "delivered"] as const;
  const steps = statuses.map(
    (status): Step => ({ status, at, by: "staff", who: randomUUID(), requestId: "x".repeat(16) }),
  );
  return { ...pendingItem(who, last, books, address, steps), status: "delivered", ipk: "STATUS#delivered" };
}

function keyItem({ sub }: Account, key: string): Item {
  const action = putKeyRecord(sub, keyedRequest(key, null), "x".repeat(16), "x".repeat(26));
  return "Put" in action ? (action.Put.Item as Item) : {};
}
