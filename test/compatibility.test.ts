import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Item } from "../shared/table/client.ts";
import { type Answered, answerOf, ask, journey, type people } from "./compatibility/journey.ts";
import schema1 from "./compatibility/schema-1.json" with { type: "json" };
import { incompatibilities } from "./compatibility/schema-1.ts";
import { type OwnShop, ownShop } from "./own-shop.ts";

// While a release goes out, and after one is taken back, old and new code serve the same carts. schema-1.json is what the
// first release wrote and answered, by test/compatibility/journey.ts, on 25 November 2026.

const answers = schema1.answers as Answered[];
const recorded = (path: string, who?: keyof typeof people) => {
  const found = answers.find(
    (one) => one.path === path && one.method === "GET" && one.who === (who ?? one.who),
  );
  if (!found) throw new Error(`Nobody asked ${path}`);
  return { body: JSON.parse(found.answer.text), tag: found.answer.headers.etag ?? "" };
};

/** The rows of schema 1; what was to be kept for a day is kept for a day from now. */
const rows = (): Item[] =>
  schema1.items.map((item) => ({
    ...item,
    ...("expiresAt" in item && { expiresAt: Math.floor(Date.now() / 1000) + 24 * 60 * 60 }),
  }));

describe("what the release of schema 1 left", () => {
  let shop: OwnShop;
  beforeAll(async () => {
    shop = await ownShop("bookshop-schema-1");
    await shop.put(rows());
  });
  afterAll(() => shop.close());

  test.each(answers)("is answered as it answered: $method $path for $who", async ({ answer, ...asked }) => {
    const reply = answerOf(await ask(shop, asked));

    expect({ ...reply, text: undefined }).toEqual({ ...answer, text: undefined });
    if (asked.method === "POST" && asked.path === "/api/orders") expect(reply.text).toBe(answer.text);
    expect(JSON.parse(reply.text)).toMatchObject(JSON.parse(answer.text));
  });
});

describe("a row that another release has written more into", () => {
  const later = "of a later release";
  const withMore = (item: Item): Item => ({
    ...item,
    later,
    ...(Array.isArray(item.lines) && { lines: item.lines.map((line) => ({ ...line, later })) }),
    ...(Array.isArray(item.steps) && { steps: item.steps.map((step) => ({ ...step, later })) }),
  });
  let shop: OwnShop;
  let after: Item[];
  const shown: string[] = [];
  const does = async (
    who: keyof typeof people,
    method: string,
    path: string,
    body?: unknown,
    tag?: string,
  ) => {
    const reply = await ask(shop, {
      who,
      method,
      path,
      body,
      headers: tag === undefined ? {} : { "if-match": tag },
    });
    expect(reply.status, `${method} ${path} ${reply.text}`).toBeLessThan(300);
    shown.push(reply.text);
    return reply.body;
  };
  const before = { ada: recorded("/api/cart", "ada"), bob: recorded("/api/cart", "bob") };
  const [book, plain] = before.ada.body.lines.map((line: { bookId: string }) => line.bookId);
  const orders = answers.flatMap(({ path }) => /^\/api\/orders\/(.+)$/.exec(path)?.[1] ?? []);

  beforeAll(async () => {
    shop = await ownShop("bookshop-schema-1-and-more");
    await shop.put(rows().map(withMore));
  });
  afterAll(() => shop.close());

  test("is gone on with: a cart becomes an order by the tag that was seen, and the next cart sorts after it", async () => {
    const order = await does("ada", "POST", "/api/orders", undefined, before.ada.tag);
    const next = await does("ada", "POST", "/api/cart/add", { bookId: book });

    expect(order).toMatchObject({ cartId: before.ada.body.cartId, total: before.ada.body.total });
    expect(next).toMatchObject({ version: before.ada.body.version + 2, itemCount: 1 });
    expect(next.cartId > order.cartId).toBe(true);
    expect((await does("ada", "GET", "/api/orders")).items[0]).toEqual(order);
  });

  test("is gone on with: an emptied cart, one without lines, and one that was asked to let an order by", async () => {
    expect((await does("bob", "PUT", `/api/cart/items/${book}`, { quantity: 2 })).version).toBe(
      before.bob.body.version + 1,
    );
    expect((await does("bob", "DELETE", `/api/cart/items/${book}`)).lines).toEqual([]);
    expect((await does("dora", "POST", "/api/cart/add", { bookId: plain })).cartId).toBe(
      recorded("/api/cart", "dora").body.cartId,
    );
    expect((await does("dora", "DELETE", "/api/cart")).lines).toEqual([]);
    expect((await does("carol", "POST", "/api/orders")).cartId).toBe(
      recorded("/api/cart", "carol").body.cartId,
    );
  });

  test("is gone on with: an order in each status, and a book by the tag that was seen", async () => {
    const path = (at: number) => `/api/admin/orders/${orders[at]}`;
    await does("ada", "POST", `/api/orders/${orders[0]}/cancel`);
    expect((await does("boss", "PATCH", path(2), { status: "cancelled" })).history).toHaveLength(3);
    expect((await does("boss", "PATCH", path(3), { status: "delivered" })).status).toBe("delivered");
    const { tag } = recorded(`/api/admin/books/${plain}`);
    const change = { title: "Plainer", stock: 5, isbn: "978-2-07-036861-1" };
    await does("boss", "PATCH", `/api/admin/books/${plain}`, change, tag);
    await does("boss", "PATCH", `/api/admin/books/${book}`, { isbn: null, stockChange: 1, active: false });
  });

  test("keeps all of it, and shows none of it", async () => {
    after = await shop.items();
    const keys = new Map(after.map((item) => [`${item.pk} ${item.sk}`, item]));
    for (const item of rows()) {
      const { later: kept, lines, steps } = keys.get(`${item.pk} ${item.sk}`) ?? {};
      expect([item.sk, kept]).toEqual([item.sk, later]);
      if (Array.isArray(lines)) expect(lines.map((line) => line.later)).toEqual(lines.map(() => later));
      if (Array.isArray(item.steps) && Array.isArray(steps)) expect(steps[0].later).toBe(later);
    }
    expect(shown.join("")).not.toContain(later);
  });
});

describe("what is written now", () => {
  let shop: OwnShop;
  let items: Item[];
  beforeAll(async () => {
    shop = await ownShop("bookshop-of-now");
    await journey(shop);
    items = await shop.items();
  });
  afterAll(() => shop.close());

  test("carries the number of its schema in every item, of every kind", () => {
    const kinds = items.map(({ pk, sk, schema }) => `${`${pk}/${sk}`.replaceAll(/#[^/]*/g, "#")} ${schema}`);

    expect([...new Set(kinds)].sort()).toEqual([
      "BOOK#/BOOK 1",
      "CUSTOMER#/CART 1",
      "CUSTOMER#/KEY# 1",
      "CUSTOMER#/ORDER# 1",
    ]);
  });

  test("is read by the release of schema 1, which finds all that it would have written itself", () => {
    expect(incompatibilities(items)).toEqual([]);
  });

  test("may hold attributes, and items, that the release of schema 1 does not know", () => {
    const more = [
      ...items.map((item) => ({ ...item, more: { of: ["this"] } })),
      { pk: "CUSTOMER#1", sk: "NOTE#1" },
    ];

    expect(incompatibilities(more)).toEqual([]);
  });

  const renamed =
    (kind: string, from: string, to: string) =>
    (item: Item): Item => {
      const { [from]: value, ...others } = item;
      return String(item.sk).startsWith(kind) && value !== undefined ? { ...others, [to]: value } : item;
    };
  const changed =
    (kind: string, name: string, change: (value: never) => unknown) =>
    (item: Item): Item =>
      String(item.sk).startsWith(kind) && item[name] !== undefined
        ? { ...item, [name]: change(item[name] as never) }
        : item;

  test.each([
    ["a cart's giveWay has another name", renamed("CART", "giveWay", "letBy")],
    ["a cart's lastOrderId has another name", renamed("CART", "lastOrderId", "latest")],
    ["a cart's cartId is gone", renamed("CART", "cartId", "id")],
    [
      "a cart's lines hold more than a number",
      changed("CART", "lines", (lines) =>
        Object.fromEntries(Object.entries(lines).map(([id, quantity]) => [id, { quantity }])),
      ),
    ],
    ["a cart's version is a text", changed("CART", "version", String)],
    ["an order's steps have another name", renamed("ORDER", "steps", "history")],
    [
      "an order's line has no price",
      changed("ORDER", "lines", (lines: Item[]) => lines.map(({ unitPrice: _, ...line }) => line)),
    ],
    [
      "no order says that it took stock",
      changed("ORDER", "lines", (lines: Item[]) => lines.map(({ stockTaken: _, ...line }) => line)),
    ],
    ["an order has a status of its own", changed("ORDER", "status", () => "refunded")],
    ["an order's id has another form", changed("ORDER", "isk", (id: string) => id.slice(10))],
    ["a key record's made has another name", renamed("KEY", "made", "orderId")],
    [
      "a key record's request has another hash",
      changed("KEY", "requestHash", (hash: string) => hash.slice(1)),
    ],
    ["a book's stock has another name", renamed("BOOK", "stock", "copies")],
    ["a book's price has a currency", changed("BOOK", "price", (amount) => ({ amount }))],
    ["a book's shelf has another order", changed("BOOK", "isk", (isk: string) => isk.replace("\t", " "))],
    ["an item says that it is of another schema", changed("", "schema", () => 2)],
  ])("is known as incompatible where %s", (_, change) => {
    expect(incompatibilities(items.map(change))).not.toEqual([]);
  });
});
