import { afterAll, beforeAll, expect, inject, test, vi } from "vitest";
import { functions, routeKey, routes } from "../functions/routes.ts";
import { marked } from "./faults/mark.ts";
import { type Fault, type StoreCall, type StoreProxy, storeProxy } from "./faults/store-proxy.ts";
import { aCustomer, anAdmin, type Person } from "./given.ts";
import { anInstance, type Instance } from "./instances.ts";

// What each function really sends, against what routes.ts grants it: nothing missing, nothing unused, no other keys.

/** Every key that a function may touch, typed out: where, by which action, and which kinds of keys. */
const expected: Record<keyof typeof functions, Record<string, string[]>> = {
  "describe-api": {},
  "show-docs": {},
  "browse-books": {
    "table BatchGetItem": ["BOOK#/BOOK"],
    "index Query": ["CATALOGUE"],
  },
  "add-to-cart": {
    "table BatchGetItem": ["BOOK#/BOOK", "CUSTOMER#/CART", "CUSTOMER#/KEY#"],
    "table PutItem": ["CUSTOMER#/CART", "CUSTOMER#/KEY#"],
    "table UpdateItem": ["CUSTOMER#/CART"],
  },
  "view-cart": {
    "table BatchGetItem": ["BOOK#/BOOK", "CUSTOMER#/CART"],
  },
  "change-cart": {
    "table BatchGetItem": ["BOOK#/BOOK", "CUSTOMER#/CART"],
    "table PutItem": ["CUSTOMER#/CART"],
    "table UpdateItem": ["CUSTOMER#/CART"],
  },
  "place-order": {
    "table BatchGetItem": ["BOOK#/BOOK", "CUSTOMER#/CART", "CUSTOMER#/KEY#", "CUSTOMER#/ORDER#"],
    "table PutItem": ["CUSTOMER#/KEY#", "CUSTOMER#/ORDER#"],
    "table UpdateItem": ["BOOK#/BOOK", "CUSTOMER#/CART"],
  },
  "order-history": {
    "table BatchGetItem": ["CUSTOMER#/ORDER#"],
    "table Query": ["CUSTOMER#/ORDER#"],
  },
  "cancel-order": {
    "table BatchGetItem": ["CUSTOMER#/ORDER#"],
    "table UpdateItem": ["BOOK#/BOOK", "CUSTOMER#/ORDER#"],
    "table ConditionCheckItem": ["CUSTOMER#/CART"],
  },
  "export-me": {
    "table BatchGetItem": ["BOOK#/BOOK", "CUSTOMER#/CART"],
    "table Query": ["CUSTOMER#/ORDER#"],
  },
  "erase-me": {
    "table BatchGetItem": ["CUSTOMER#/CART"],
    "table Query": ["CUSTOMER#/KEY#", "CUSTOMER#/ORDER#"],
    "table UpdateItem": ["CUSTOMER#/CART", "CUSTOMER#/ORDER#"],
    "table DeleteItem": ["CUSTOMER#/KEY#"],
  },
  "staff-books": {
    "table BatchGetItem": ["BOOK#/BOOK", "CUSTOMER#/CART", "CUSTOMER#/KEY#"],
    "table PutItem": ["BOOK#/BOOK", "CUSTOMER#/KEY#"],
    "table UpdateItem": ["BOOK#/BOOK"],
    "index Query": ["CATALOGUE", "WITHDRAWN"],
  },
  "staff-orders": {
    "table BatchGetItem": ["CUSTOMER#/CART", "CUSTOMER#/ORDER#"],
    "table UpdateItem": ["BOOK#/BOOK", "CUSTOMER#/ORDER#"],
    "index Query": ["STATUS#"],
  },
};

type Sent = { function: string; request: string; operation: string; on: string; keys: string[] };
const sent: Sent[] = [];
const askedFor = new Set<string>();
let proxy: StoreProxy;
let instance: Instance;
/** What the first write of each request meets. */
let firstWriteMeets: Fault = "none";

beforeAll(async () => {
  proxy = await storeProxy(inject("variables").AWS_ENDPOINT_URL_DYNAMODB ?? "", {
    decide: (call) => {
      const [name = "", request = ""] = (call.mark ?? "").split(" ");
      const isFirst = !sent.some((one) => one.request === request && one.operation === call.operation);
      for (const { on, keys } of actionsOf(call))
        sent.push({ function: name, request, operation: call.operation, on, keys });
      return isFirst && call.operation === "TransactWriteItems" ? firstWriteMeets : "none";
    },
  });
  instance = await anInstance(Object.keys(functions), { AWS_ENDPOINT_URL_DYNAMODB: proxy.url });
  sent.length = 0;
});
afterAll(() => proxy.close());

type Named = { S: string };

/** As IAM names them, on the table or its index, with the whole keys that each touches. */
function actionsOf({ operation, input }: StoreCall): { on: string; keys: string[] }[] {
  const whole = ({ pk, sk }: { pk: Named; sk: Named }) => `${pk.S}/${sk.S}`;
  switch (operation) {
    case "TransactWriteItems":
      return input.TransactItems.flatMap((item: object) =>
        Object.entries(item).map(([action, { Item, Key }]) => ({
          on: `table ${action}Item`,
          keys: [whole(Item ?? Key)],
        })),
      );
    case "BatchGetItem":
      return Object.values<{ Keys: { pk: Named; sk: Named }[] }>(input.RequestItems).map(({ Keys }) => ({
        on: "table BatchGetItem",
        keys: Keys.map(whole),
      }));
    case "Query": {
      const {
        ":pk": pk,
        ":prefix": prefix,
        ":shelf": shelf,
        ":group": group,
      } = input.ExpressionAttributeValues;
      return input.IndexName
        ? [{ on: "index Query", keys: [(shelf ?? group).S] }]
        : [{ on: "table Query", keys: [whole({ pk, sk: prefix })] }];
    }
    default:
      return [{ on: `table ${operation}`, keys: [JSON.stringify(input)] }];
  }
}

/** A key without what differs from one customer, book or order to the next. */
const kindOf = (key: string) => key.replaceAll(/#[^/]*/g, "#");
const distinct = (texts: string[]) => [...new Set(texts)].sort();

let requests = 0;
async function ask(
  who: Person,
  route: string,
  { path, body, key, tag }: { path?: string; body?: unknown; key?: string; tag?: string } = {},
) {
  const [method = "", pattern = ""] = route.split(" ");
  const found = routes.find((one) => one.method === method && one.path === pattern);
  askedFor.add(route);
  const request = String(++requests);
  const headers = { ...(key && { "idempotency-key": key }), ...(tag && { "if-match": tag }) };
  const answer = await marked(`${found?.function} ${request}`, () =>
    instance.send(who.token, method, path ?? pattern, body, headers),
  );
  return { ...answer, touched: sent.filter((one) => one.request === request).flatMap(({ keys }) => keys) };
}

/** Asks all that a shop is asked, done and refused, and looks whose keys each customer's request touches. */
async function everything(round: string): Promise<void> {
  const [admin, ada, bob] = [await anAdmin(), await aCustomer(), await aCustomer()];
  const asked = async (
    status: number,
    who: Person,
    route: (typeof routes)[number] extends infer R extends { method: string; path: string }
      ? `${R["method"]} ${R["path"]}`
      : never,
    how: Parameters<typeof ask>[2] = {},
  ) => {
    const answer = await ask(who, route, how);
    expect(`${answer.status} ${answer.body?.code ?? ""}`, `${round}: ${route} ${answer.text}`).toMatch(
      new RegExp(`^${status}`),
    );
    if (who !== admin)
      expect(
        answer.touched.filter(
          (key) => key.startsWith("CUSTOMER#") && !key.startsWith(`CUSTOMER#${who.sub}/`),
        ),
        `${route} touched another customer's keys`,
      ).toEqual([]);
    return answer;
  };
  const form = (stock: number | null) => ({
    title: "A book",
    authors: ["An Author"],
    price: { amount: 100, currency: "USD" },
    stock,
  });
  const aBook = async (stock: number | null) =>
    (await asked(201, admin, "POST /api/admin/books", { body: form(stock) })).body.bookId as string;
  const [bookId, uncounted, gone] = [await aBook(9), await aBook(null), await aBook(1)];
  const ofBook = (id: string, how: object = {}) => ({ path: `/api/admin/books/${id}`, ...how });
  const inCart = (id: string, how: object = {}) => ({ path: `/api/cart/items/${id}`, ...how });
  const ofOrder = (id: string, how: object = {}) => ({ path: `/api/orders/${id}`, ...how });
  const staffOrder = (id: string, status: string) => ({ path: `/api/admin/orders/${id}`, body: { status } });

  // the catalogue, as staff keep it and as anyone sees it
  await asked(201, admin, "POST /api/admin/books", { body: form(1), key: "create" });
  await asked(201, admin, "POST /api/admin/books", { body: form(1), key: "create" });
  await asked(422, admin, "POST /api/admin/books", { body: form(2), key: "create" });
  await asked(200, admin, "PATCH /api/admin/books/{bookId}", ofBook(bookId, { body: { stockChange: 1 } }));
  const keyed = ofBook(bookId, { body: { title: "Another" }, key: "change" });
  await asked(200, admin, "PATCH /api/admin/books/{bookId}", keyed);
  await asked(200, admin, "PATCH /api/admin/books/{bookId}", keyed);
  await asked(
    412,
    admin,
    "PATCH /api/admin/books/{bookId}",
    ofBook(bookId, { body: { title: "Old" }, tag: '"1"' }),
  );
  await asked(409, admin, "PATCH /api/admin/books/{bookId}", ofBook(bookId, { body: { stockChange: -99 } }));
  await asked(404, admin, "PATCH /api/admin/books/{bookId}", ofBook("nothing", { body: { title: "None" } }));
  await asked(200, admin, "GET /api/admin/books/{bookId}", ofBook(bookId));
  await asked(404, admin, "GET /api/admin/books/{bookId}", ofBook("nothing"));
  await asked(200, admin, "GET /api/admin/books");
  await asked(200, admin, "GET /api/admin/books", { path: "/api/admin/books?active=false&title=a" });
  await asked(200, ada, "GET /openapi.json");
  await asked(200, ada, "GET /docs");
  await asked(200, ada, "GET /docs/{file}", { path: "/docs/page.js" });
  await asked(200, ada, "GET /api/books");
  await asked(200, ada, "GET /api/books/{bookId}", { path: `/api/books/${bookId}` });
  await asked(404, ada, "GET /api/books/{bookId}", { path: "/api/books/nothing" });
  await asked(403, ada, "GET /api/admin/books");

  // the cart
  await asked(200, ada, "GET /api/cart");
  await asked(409, ada, "POST /api/orders");
  await asked(200, ada, "POST /api/cart/add", { body: { bookId }, key: "add" });
  await asked(200, ada, "POST /api/cart/add", { body: { bookId }, key: "add" });
  await asked(422, ada, "POST /api/cart/add", { body: { bookId: uncounted }, key: "add" });
  await asked(404, ada, "POST /api/cart/add", { body: { bookId: "nothing" } });
  await asked(409, ada, "POST /api/cart/add", { body: { bookId, quantity: 99 } });
  await asked(200, ada, "POST /api/cart/add", { body: { bookId: uncounted } });
  await asked(200, bob, "PUT /api/cart/items/{bookId}", inCart(bookId, { body: { quantity: 2 } }));
  await asked(200, bob, "PUT /api/cart/items/{bookId}", inCart(bookId, { body: { quantity: 1 } }));
  await asked(404, bob, "PUT /api/cart/items/{bookId}", inCart("nothing", { body: { quantity: 1 } }));
  await asked(200, bob, "DELETE /api/cart/items/{bookId}", inCart(bookId));
  await asked(200, bob, "DELETE /api/cart/items/{bookId}", inCart(bookId));
  await asked(200, bob, "PUT /api/cart/items/{bookId}", inCart(gone, { body: { quantity: 2 } }));
  const cart = await asked(200, ada, "GET /api/cart");
  const tag = cart.headers.get("etag") ?? "";

  // orders: refused for each reason, done, and done before
  await asked(404, bob, "POST /api/orders", { body: { cartId: cart.body.cartId } });
  await asked(409, bob, "POST /api/orders", { key: "short-of-copies" });
  await asked(200, admin, "PATCH /api/admin/books/{bookId}", ofBook(gone, { body: { active: false } }));
  await asked(409, bob, "POST /api/orders");
  await asked(412, bob, "POST /api/orders", { tag: '"what-nobody-saw"' });
  await asked(409, bob, "POST /api/cart/add", { body: { bookId: gone } });
  await asked(200, bob, "DELETE /api/cart");
  await asked(200, bob, "DELETE /api/cart");
  const order = (await asked(201, ada, "POST /api/orders", { key: "order", tag })).body.orderId;
  await asked(201, ada, "POST /api/orders", { key: "order", tag });
  await asked(422, ada, "POST /api/orders", { key: "order", body: { cartId: cart.body.cartId } });
  await asked(409, ada, "POST /api/orders", { body: { cartId: cart.body.cartId } });
  await asked(200, ada, "POST /api/cart/add", { body: { bookId } });
  const second = (await asked(201, ada, "POST /api/orders")).body.orderId;

  // what became of them
  await asked(200, ada, "GET /api/orders");
  const { nextCursor } = (await asked(200, ada, "GET /api/orders", { path: "/api/orders?limit=1" })).body;
  await asked(200, ada, "GET /api/orders", { path: `/api/orders?limit=1&cursor=${nextCursor}` });
  await asked(400, bob, "GET /api/orders", { path: `/api/orders?limit=1&cursor=${nextCursor}` });
  await asked(200, ada, "GET /api/orders/{orderId}", ofOrder(order));
  await asked(404, bob, "GET /api/orders/{orderId}", ofOrder(order));
  const cancel = { path: `/api/orders/${order}/cancel` };
  await asked(404, bob, "POST /api/orders/{orderId}/cancel", cancel);
  await asked(200, ada, "POST /api/orders/{orderId}/cancel", cancel);
  await asked(409, ada, "POST /api/orders/{orderId}/cancel", cancel);
  await asked(200, admin, "GET /api/admin/orders");
  await asked(200, admin, "GET /api/admin/orders", { path: "/api/admin/orders?status=paid&order=oldest" });
  await asked(200, admin, "GET /api/admin/orders/{orderId}", { path: `/api/admin/orders/${second}` });
  await asked(404, admin, "GET /api/admin/orders/{orderId}", { path: "/api/admin/orders/nothing" });
  await asked(200, admin, "PATCH /api/admin/orders/{orderId}", staffOrder(second, "paid"));
  await asked(409, admin, "PATCH /api/admin/orders/{orderId}", staffOrder(second, "delivered"));
  await asked(200, admin, "PATCH /api/admin/orders/{orderId}", staffOrder(second, "cancelled"));

  // what belongs to a customer, taken along and erased
  await asked(200, ada, "POST /api/cart/add", { body: { bookId: uncounted }, key: "last-add" });
  const shippingAddress = { name: "Ada", lines: ["1 Any Street"], city: "Anytown", country: "US" };
  await asked(201, ada, "POST /api/orders", { body: { shippingAddress } });
  await asked(200, ada, "POST /api/cart/add", { body: { bookId: uncounted } });
  await asked(200, ada, "GET /api/me/export");
  await asked(204, ada, "DELETE /api/me");
  await asked(204, ada, "DELETE /api/me");
  await asked(403, ada, "POST /api/cart/add", { body: { bookId: uncounted } });
}

/** For each function what was sent, as the expectation has it. */
const used = () =>
  Object.fromEntries(
    Object.keys(functions).map((name) => {
      const own = sent.filter((one) => one.function === name);
      return [
        name,
        Object.fromEntries(
          distinct(own.map(({ on }) => on)).map((on) => [
            on,
            distinct(own.filter((one) => one.on === on).flatMap(({ keys }) => keys.map(kindOf))),
          ]),
        ),
      ];
    }),
  );

const granted = (name: keyof typeof functions): string[] => {
  const { table, index } = functions[name];
  return [...table.map((action) => `table ${action}`), ...index.map((action) => `index ${action}`)].sort();
};

function printed(uses: ReturnType<typeof used>): string {
  const names = Object.keys(functions) as (keyof typeof functions)[];
  const rows = names.flatMap((name) =>
    distinct([...granted(name), ...Object.keys(uses[name] ?? {})]).map((on) => [
      name,
      ...on.split(" "),
      granted(name).includes(on) ? "granted" : "NOT GRANTED",
      uses[name]?.[on]?.join("  ") ?? "NEVER USED",
    ]),
  );
  return [["function", "on", "action", "granted", "keys touched"], ...rows]
    .map(([name = "", on = "", action = "", is = "", keys = ""]) =>
      [name.padEnd(14), on.padEnd(6), action.padEnd(13), is.padEnd(12), keys].join(""),
    )
    .join("\n");
}

test("every function uses just what it is granted, on no other kind of key and no other customer's", async () => {
  // the functions' own lines would hide the table that `npm run rights` is for
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await everything("calm");
  firstWriteMeets = "conflict";
  await everything("a conflict at each first write");
  firstWriteMeets = "drop-reply";
  await everything("each first answer to a write lost");

  log.mockRestore();
  const uses = used();
  console.info(printed(uses));
  expect([...askedFor].sort()).toEqual(routes.map(routeKey).sort());
  for (const [name, actions] of Object.entries(uses))
    expect([name, Object.keys(actions).sort()]).toEqual([name, granted(name as keyof typeof functions)]);
  expect(uses).toEqual(expected);
});

test("nothing is sent but strong reads by key, pages of a partition, and transactions", () => {
  expect(distinct(sent.map(({ operation }) => operation))).toEqual([
    "BatchGetItem",
    "Query",
    "TransactWriteItems",
  ]);
});
