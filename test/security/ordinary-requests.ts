import { randomUUID } from "node:crypto";
import { expect, vi } from "vitest";
import { type Route, routeKey, routes } from "../../functions/routes.ts";
import { bookItem } from "../../shared/table/books.ts";
import type { Account, OwnShop } from "../own-shop.ts";
import { bookAt, pastOrders } from "../plenty.ts";
import type { RouteName } from "./limits.ts";

/** Read and write units, those of the index included. */
type Units = { read: number; write: number };

/** What people ask for, by route: three books whose stock is tracked, a key with each request that takes one, pages of 20. */
export async function ordinaryUnits(shop: OwnShop): Promise<Map<RouteName, Units>> {
  const found = new Map<RouteName, Units>();
  const reader: Account = { sub: randomUUID(), group: "customers" };
  const staff: Account = { sub: randomUUID(), group: "admins" };
  const books = Array.from({ length: 20 }, (_, at) => ({ ...bookAt(at), stock: 1000 }));
  await shop.put(books.map(bookItem));
  await shop.put(pastOrders(reader.sub, 20, books));

  const ask = async (who: Account, key: RouteName, path = key.split(" ")[1] as string, body?: unknown) => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const headers = { "idempotency-key": randomUUID() };
    const answer = await shop.send(who, key.split(" ")[0] as string, path, body, headers);
    const { read = 0, write = 0 } = JSON.parse(String(log.mock.lastCall?.[0]));
    log.mockRestore();
    expect(answer.status, answer.text).toBeLessThan(300);
    found.set(key, { read, write });
    return answer.body;
  };
  const fill = async () => {
    for (const { bookId } of books.slice(0, 3))
      await ask(reader, "POST /api/cart/add", undefined, { bookId });
  };
  const line = `/api/cart/items/${books[0]?.bookId}`;

  await ask(reader, "GET /openapi.json");
  await ask(reader, "GET /docs");
  await ask(reader, "GET /docs/{file}", "/docs/page.js");
  await ask(reader, "GET /api/books");
  await ask(reader, "GET /api/books/{bookId}", `/api/books/${books[0]?.bookId}`);
  await fill();
  await ask(reader, "GET /api/cart");
  await ask(reader, "PUT /api/cart/items/{bookId}", line, { quantity: 2 });
  await ask(reader, "DELETE /api/cart/items/{bookId}", line);
  await ask(reader, "DELETE /api/cart");
  await fill();
  const { orderId } = await ask(reader, "POST /api/orders");
  await ask(reader, "GET /api/orders");
  await ask(reader, "GET /api/orders/{orderId}", `/api/orders/${orderId}`);
  await ask(reader, "GET /api/me/export");
  await ask(staff, "GET /api/admin/orders", "/api/admin/orders?status=pending");
  await ask(staff, "GET /api/admin/orders/{orderId}", `/api/admin/orders/${orderId}`);
  await ask(staff, "PATCH /api/admin/orders/{orderId}", `/api/admin/orders/${orderId}`, { status: "paid" });
  await fill();
  const { orderId: regretted } = await ask(reader, "POST /api/orders");
  await ask(reader, "POST /api/orders/{orderId}/cancel", `/api/orders/${regretted}/cancel`);
  const { title, authors } = bookAt(20);
  const form = { title, authors, price: { amount: 1299, currency: "USD" }, stock: 10 };
  const { bookId } = await ask(staff, "POST /api/admin/books", undefined, form);
  await ask(staff, "GET /api/admin/books");
  await ask(staff, "GET /api/admin/books/{bookId}", `/api/admin/books/${bookId}`);
  await ask(staff, "PATCH /api/admin/books/{bookId}", `/api/admin/books/${bookId}`, { stockChange: 1 });
  await ask(reader, "DELETE /api/me");
  expect([...found.keys()].sort()).toEqual(routes.map(routeKey).sort());
  return found;
}

/** What of it is the index's at most: all that a list reads; an entry that is put is a unit, and one that moves is two. */
export function indexUnits(units: ReadonlyMap<RouteName, Units>): Map<RouteName, Units> {
  const lists: RouteName[] = ["GET /api/books", "GET /api/admin/books", "GET /api/admin/orders"];
  const writes: [RouteName, number][] = [
    ["POST /api/orders", 1],
    ["POST /api/orders/{orderId}/cancel", 2],
    ["PATCH /api/admin/orders/{orderId}", 2],
    ["POST /api/admin/books", 1],
    ["PATCH /api/admin/books/{bookId}", 2],
  ];
  const found = new Map<RouteName, Units>();
  for (const key of lists) found.set(key, { read: units.get(key)?.read ?? 0, write: 0 });
  for (const [key, write] of writes) found.set(key, { read: 0, write });
  return found;
}

/** Units a second where every route is asked as often as its throttle lets it be. */
export const atAllRates = (units: ReadonlyMap<RouteName, Units>): Units =>
  routes
    .map((route: Route) => ({ rate: route.rate, of: units.get(routeKey(route) as RouteName) }))
    .reduce(
      (all, { rate, of }) => ({
        read: all.read + rate * (of?.read ?? 0),
        write: all.write + rate * (of?.write ?? 0),
      }),
      { read: 0, write: 0 },
    );
