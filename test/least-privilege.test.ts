import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { functions, type RouteKeysOf, routes } from "../functions/routes.ts";
import { marked } from "./faults/mark.ts";
import { type StoreCall, type StoreProxy, storeProxy } from "./faults/store-proxy.ts";
import { aCustomer, anAdmin, type Person } from "./given.ts";
import { anInstance, type Instance } from "./instances.ts";

// What each function really sends, against what routes.ts grants it: nothing missing, nothing unused.

let proxy: StoreProxy;
let instance: Instance;
const used = new Map<string, Set<string>>();
/** Whose keys were touched, by request. */
const partitions = new Map<string, Set<string>>();

beforeAll(async () => {
  proxy = await storeProxy(inject("variables").AWS_ENDPOINT_URL_DYNAMODB ?? "", {
    decide: (call) => {
      const [name = "", request = ""] = (call.mark ?? "").split(" ");
      for (const action of actionsOf(call)) used.set(name, (used.get(name) ?? new Set()).add(action));
      for (const pk of JSON.stringify(call.input).match(/CUSTOMER#[\w-]+/g) ?? [])
        partitions.set(request, (partitions.get(request) ?? new Set()).add(pk));
      return "none";
    },
  });
  instance = await anInstance(Object.keys(functions), { AWS_ENDPOINT_URL_DYNAMODB: proxy.url });
});
afterAll(() => proxy.close());

/** As IAM names them; on the index or on the table. */
function actionsOf({ operation, input }: StoreCall): string[] {
  if (operation === "TransactWriteItems")
    return input.TransactItems.map((item: object) => `table ${Object.keys(item)[0]}Item`);
  return [`${input.IndexName ? "index" : "table"} ${operation}`];
}

let requests = 0;
async function send(
  who: Person,
  route: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) {
  const found = routes.find(({ method, path: pattern }) => `${method} ${pattern}` === route);
  const id = String(++requests);
  const answer = await marked(`${found?.function} ${id}`, () =>
    instance.send(who.token, route.split(" ")[0] ?? "", path, body, headers),
  );
  expect(answer.status, `${route} ${answer.text}`).toBeLessThan(300);
  return { ...answer, touched: partitions.get(id) ?? new Set() };
}

test("every function uses just what it is granted, and touches no other customer's keys", async () => {
  const [admin, ada, bob] = [await anAdmin(), await aCustomer(), await aCustomer()];
  const key = { "idempotency-key": "a-key" };
  const form = { title: "A book", authors: ["An Author"], price: { amount: 100, currency: "USD" }, stock: 9 };
  const { bookId } = (await send(admin, "POST /api/admin/books", "/api/admin/books", form, key)).body;
  const touched: [Person, Set<string>][] = [];
  const ask = async <Route extends RouteKeysOf<keyof typeof functions>>(
    who: Person,
    route: Route,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => {
    const answer = await send(who, route, path, body, headers);
    touched.push([who, answer.touched]);
    return answer.body;
  };

  await ask(ada, "GET /api/books", "/api/books");
  await ask(ada, "GET /api/books/{bookId}", `/api/books/${bookId}`);
  await ask(ada, "POST /api/cart/add", "/api/cart/add", { bookId }, key);
  await ask(ada, "POST /api/cart/add", "/api/cart/add", { bookId });
  await ask(bob, "PUT /api/cart/items/{bookId}", `/api/cart/items/${bookId}`, { quantity: 2 });
  await ask(bob, "PUT /api/cart/items/{bookId}", `/api/cart/items/${bookId}`, { quantity: 1 });
  await ask(bob, "DELETE /api/cart/items/{bookId}", `/api/cart/items/${bookId}`);
  await ask(bob, "DELETE /api/cart", "/api/cart");
  await ask(ada, "GET /api/cart", "/api/cart");
  const { orderId } = await ask(ada, "POST /api/orders", "/api/orders", undefined, {
    "idempotency-key": "another",
  });
  await ask(ada, "GET /api/orders", "/api/orders");
  await ask(ada, "GET /api/orders/{orderId}", `/api/orders/${orderId}`);
  await ask(ada, "POST /api/orders/{orderId}/cancel", `/api/orders/${orderId}/cancel`);
  await ask(ada, "POST /api/cart/add", "/api/cart/add", { bookId });
  const second = (await ask(ada, "POST /api/orders", "/api/orders")).orderId;
  await send(admin, "GET /api/admin/books", "/api/admin/books");
  await send(admin, "GET /api/admin/books/{bookId}", `/api/admin/books/${bookId}`);
  await send(admin, "PATCH /api/admin/books/{bookId}", `/api/admin/books/${bookId}`, { stockChange: 1 });
  await send(admin, "GET /api/admin/orders", "/api/admin/orders");
  await send(admin, "GET /api/admin/orders/{orderId}", `/api/admin/orders/${second}`);
  await send(admin, "PATCH /api/admin/orders/{orderId}", `/api/admin/orders/${second}`, { status: "paid" });

  const granted = Object.entries(functions).map(([name, { table, index }]) => [
    name,
    [...table.map((action) => `table ${action}`), ...index.map((action) => `index ${action}`)].sort(),
  ]);
  const sent = Object.keys(functions).map((name) => [name, [...(used.get(name) ?? [])].sort()]);
  console.info(sent.map(([name, actions]) => `${name}: ${actions}`).join("\n"));
  expect(sent).toEqual(granted);
  for (const [who, keys] of touched)
    expect([...keys].filter((pk) => pk !== `CUSTOMER#${who.sub}`)).toEqual([]);
});
