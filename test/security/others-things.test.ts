import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type * as z from "zod/mini";
import { operations } from "../../functions/openapi/operations.ts";
import { type FunctionName, type Route, type RouteKeysOf, routeKey, routes } from "../../functions/routes.ts";
import { cursorAt } from "../../shared/cursor.ts";
import { newBookId, newCartId, newOrderId } from "../../shared/ids.ts";
import type { Person } from "../given.ts";
import { bytes } from "./distinguishable.ts";
import { allOf, peopleWithThings, type Things, thingsOf } from "./people-with-things.ts";
import { type Asked, ask, bothWays, expectNoTrespass } from "./watched-partitions.ts";

// What a request may name, where it is another's.

type RouteKey = RouteKeysOf<FunctionName>;

const { bookId, ada, eve, boss, mate, of } = await peopleWithThings();
/** Where a request names a thing: in its path, `{…}`, or elsewhere. */
type Place = (path: string, named: string) => Omit<Asked, "method">;
/** What a caller may try there, by whose it is. */
type Tries = (who: Person) => Record<string, string> | Promise<Record<string, string>>;

const nothing = "AN-ID";
const inPath =
  (body?: object): Place =>
  (path, named) => ({ target: path.replace(/\{.+\}/, named), ...(body && { body }) });
const inQuery: Place = (path, named) => ({ target: `${path}?cursor=${named}` });
const inBody =
  (member: string): Place =>
  (path, named) => ({ target: path, body: { [member]: named } });
const inHeader =
  (name: string, body?: object): Place =>
  (path, named) => ({
    target: path.replace(/\{.+\}/, nothing),
    headers: { [name]: named },
    ...(body && { body }),
  });

const ofTheBook: Place = (path, named) => ({
  target: path.replace(/\{.+\}/, bookId),
  headers: { "if-match": named },
  body: { active: false },
});

const orderOfNobody = () => newOrderId(newCartId(null), randomUUID());
const orders: Tries = (who) => ({
  "another's": of(who).another.orderId,
  "staff's": of(who).staff.orderId,
  "made up": orderOfNobody(),
  "another's cart under one's own name": newOrderId(of(who).another.ordered, who.sub),
  "a book": bookId,
});
const noOrders: Tries = (who) => ({
  "made up": orderOfNobody(),
  "another's, of another time": newOrderId(of(who).another.ordered, of(who).another.sub),
  "a book": bookId,
  "a cart": of(who).another.cartId,
  "a customer": of(who).another.sub,
});
const noBooks: Tries = (who) => ({
  "another's": of(who).another.orderId,
  "staff's": of(who).staff.cartId,
  "made up": newBookId(),
  "a customer": of(who).another.sub,
});
const carts: Tries = (who) => ({
  "another's": of(who).another.cartId,
  "staff's": of(who).staff.cartId,
  "made up": newCartId(null),
  "another's order": of(who).another.ordered,
});
const cartTags: Tries = (who) => ({
  "another's": of(who).another.tag,
  "staff's": of(who).staff.tag,
  "made up": `"1.${newCartId(null)}"`,
});
const keys: Tries = (who) => ({
  "another's": of(who).another.key,
  "staff's": of(who).staff.key,
  "made up": randomUUID(),
});
const cursors =
  (target: string, list: string): Tries =>
  async (who) => {
    const of = async (owner: Person): Promise<string> => {
      const { body } = await ask("in process", owner, { method: "GET", target: `${target}?limit=1` });
      if (!body.nextCursor) throw new Error("No cursor that another could try");
      return body.nextCursor;
    };
    return {
      ...(target.startsWith("/api/admin/") ? {} : { "another's": await of(ada) }),
      "staff's": await of(who === boss ? mate : boss),
      "made up": cursorAt(`${list} ${randomUUID()}`, "x"),
    };
  };

const order = "404 order-not-found";
const book = "404 book-not-found";
const cart = "404 cart-not-found";
const cursor = "400 invalid-cursor";

// biome-ignore format: it is a table
/** Everything that a request can name, by its route and the kind of name; all that is not the caller's has one answer. */
const named: Record<string, [place: Place, tries: Tries, answer: string]> = {
  "GET /docs/{file} id":                  [inPath(), () => ({ "made up": "constructor" }), "404 route-not-found"],
  "GET /api/books cursor":                [inQuery, cursors("/api/admin/books", "books"), cursor],
  "GET /api/books/{bookId} id":           [inPath(), noBooks, book],
  "POST /api/cart/add bookId":            [inBody("bookId"), noBooks, book],
  "POST /api/cart/add key":               [inHeader("idempotency-key", { bookId: nothing }), keys, book],
  "PUT /api/cart/items/{bookId} id":      [inPath({ quantity: 2 }), noBooks, book],
  "DELETE /api/cart/items/{bookId} id":   [inPath(), noBooks, "200"],
  "POST /api/orders cartId":              [inBody("cartId"), carts, cart],
  "POST /api/orders tag":                 [inHeader("if-match"), cartTags, cart],
  "POST /api/orders key":                 [inHeader("idempotency-key", { cartId: newCartId(null) }), keys, cart],
  "GET /api/orders cursor":               [inQuery, cursors("/api/orders", "orders"), cursor],
  "GET /api/orders/{orderId} id":         [inPath(), orders, order],
  "POST /api/orders/{orderId}/cancel id": [inPath(), orders, order],
  "GET /api/me/export cursor":            [inQuery, cursors("/api/orders", "orders"), cursor],
  "GET /api/admin/books cursor":          [inQuery, cursors("/api/admin/books", "shelf"), cursor],
  "GET /api/admin/books/{bookId} id":     [inPath(), noBooks, book],
  "PATCH /api/admin/books/{bookId} id":   [inPath({ active: false }), noBooks, book],
  "PATCH /api/admin/books/{bookId} key":  [inHeader("idempotency-key", { active: false }), keys, book],
  "PATCH /api/admin/books/{bookId} tag":  [ofTheBook, cartTags, "412 book-changed"],
  "GET /api/admin/orders cursor":         [inQuery, cursors("/api/admin/orders", "all orders"), cursor],
  "GET /api/admin/orders/{orderId} id":   [inPath(), noOrders, order],
  "PATCH /api/admin/orders/{orderId} id": [inPath({ status: "paid" }), noOrders, order],
};

/** What takes a key, with a body that succeeds. */
const keyed: Partial<Record<RouteKey, () => object>> = {
  "POST /api/cart/add": () => ({ bookId }),
  "POST /api/orders": () => ({}),
  "POST /api/admin/books": () => ({
    title: "A book made twice",
    authors: ["An Author"],
    price: { amount: 100, currency: "USD" },
  }),
  "PATCH /api/admin/books/{bookId}": () => ({ authors: ["Another"] }),
};

test("everything that a route lets a request name is tried", () => {
  const byRoute = routes.flatMap((route: Route) => {
    const key = routeKey(route) as RouteKey;
    const { query, takesKey, ifMatch, body } = operations[key];
    const members = Object.keys((body as z.ZodMiniObject | undefined)?.shape ?? {});
    return [
      ...(route.path.includes("{") ? [`${key} id`] : []),
      ...(query?.includes("cursor") ? [`${key} cursor`] : []),
      ...(takesKey ? [`${key} key`] : []),
      ...(ifMatch ? [`${key} tag`] : []),
      ...members.filter((name) => name.endsWith("Id")).map((name) => `${key} ${name}`),
    ];
  });
  const tried = [...Object.keys(named), ...Object.keys(keyed).map((key) => `${key} key`)];

  expect(new Set(tried)).toEqual(new Set(byRoute));
});

test.each<[string, Person, Things]>([
  ["a customer", ada, of(eve).another],
  ["staff", boss, of(eve).staff],
  ["other staff", mate, of(boss).staff],
])(
  "what is tried is there for whoever it belongs to: %s",
  async (_, owner, { orderId, cartId, tag, key }) => {
    const get = (target: string) => ask("in process", owner, { method: "GET", target });
    const cart = await get("/api/cart");
    const headers = { "idempotency-key": key };
    const again = await ask("in process", owner, { method: "POST", target: "/api/orders", headers });

    expect((await get(`/api/orders/${orderId}`)).status).toBe(200);
    expect([cart.body.cartId, cart.headers.get("etag")]).toEqual([cartId, tag]);
    expect([again.status, again.body.orderId]).toEqual([201, orderId]);
  },
);

const kinds = Object.entries(named).map(([key, row]) => {
  const [method = "", path = ""] = key.split(" ");
  return { key, route: `${method} ${path}`, method, path, row };
});

/** What was answered, by the kind of name, who calls and whose it is. */
const seen = new Map<string, Set<number>>();
const cellOf = (key: string, who: string, whose: string) => `${key} of ${who}: ${whose}`;
const callers = ["a customer", "staff"];
const callersOf = (path: string) => (path.startsWith("/api/admin/") ? ["staff"] : callers);

describe("what is another's, or is not there, is one and the same", () => {
  const cases = bothWays.flatMap((way) =>
    kinds.flatMap((kind) => callersOf(kind.path).map((who) => ({ way, who, ...kind }))),
  );

  test.each(cases)("$way: $key of $who", async ({ way, who, key, method, path, row }) => {
    const [place, tries, answer] = row;
    const caller = who === "staff" ? boss : eve;
    const before = await allOf(ada, eve, boss, mate);
    const { "made up": madeUp = "", ...others } = await tries(caller);
    const send = async (whose: string, name: string) => {
      const reply = await ask(way, caller, { method, ...place(path, name) });
      const cell = cellOf(key, who, whose);
      seen.set(cell, new Set([...(seen.get(cell) ?? []), reply.status]));
      return reply;
    };

    const absent = await send("made up", madeUp);

    expect(`${absent.status} ${absent.body.code ?? ""}`.trim()).toBe(answer);
    for (const [whose, name] of Object.entries(others))
      expect([whose, bytes(await send(whose, name))]).toEqual([whose, bytes(absent)]);
    expect(await allOf(ada, eve, boss, mate)).toEqual(before);
  });
});

describe("a key that another has used", () => {
  const cases = bothWays.flatMap((way) => Object.entries(keyed).map(([key, body]) => ({ way, key, body })));

  test.each(cases)("$way: does it anew on $key", async ({ way, key, body }) => {
    const [method = "", path = ""] = key.split(" ");
    const target = path.replace("{bookId}", bookId);
    const [first, second] = path.startsWith("/api/admin/") ? [boss, mate] : [ada, eve];
    for (const one of [first, second]) await thingsOf(one, bookId);
    const headers = { "idempotency-key": randomUUID() };
    const send = (one: Person) => ask(way, one, { method, target, headers, body: body() });

    const [made, anew, again] = [await send(first), await send(second), await send(second)];

    expect([made.status, anew.status, again.status]).toEqual(Array(3).fill(made.status));
    expect(made.status).toBeLessThan(300);
    expect([made, anew, again].map((reply) => reply.headers.get("idempotency-replayed"))).toEqual([
      null,
      null,
      "true",
    ]);
    if (made.status === 201) {
      expect(anew.headers.get("location")).not.toBe(made.headers.get("location"));
      expect(again.headers.get("location")).toBe(anew.headers.get("location"));
    }
  });
});

test("no request of a customer's has touched a key of another's", expectNoTrespass);

test("what a request names x who calls x whose it is: what was answered", ({ task }) => {
  const columns = callers.flatMap((who) =>
    ["another's", "staff's", "made up"].map((whose) => ({ who, whose })),
  );
  const rows = kinds.map(({ key }) => [
    key,
    ...columns.map(({ who, whose }) => [...(seen.get(cellOf(key, who, whose)) ?? ["-"])].join("/")),
  ]);
  task.meta.shown = [
    ["by", ...columns.map(({ who }) => who)],
    ["named", ...columns.map(({ whose }) => whose)],
    ...rows,
  ]
    .map(([key = "", ...cells]) => (key.padEnd(40) + cells.map((text) => text.padEnd(12)).join("")).trimEnd())
    .join("\n");

  expect([...seen].filter(([, answers]) => answers.size !== 1)).toEqual([]);
  for (const { key, path } of kinds)
    for (const who of callersOf(path))
      expect([key, who, seen.has(cellOf(key, who, "made up"))]).toEqual([key, who, true]);
});
