import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { operations } from "../../functions/openapi/operations.ts";
import { type FunctionName, type Route, type RouteKeysOf, routeKey, routes } from "../../functions/routes.ts";
import { cursorAt } from "../../shared/cursor.ts";
import { newBookId, newCartId, newOrderId } from "../../shared/ids.ts";
import type { Item } from "../../shared/table/client.ts";
import type { Answer } from "../description.ts";
import { marked } from "../faults/mark.ts";
import { storeProxy } from "../faults/store-proxy.ts";
import { aBook, bearer, caller, type Person } from "../given.ts";
import { itemsOf } from "../partition.ts";
import { held, inProcess, type Reply } from "../shop.ts";
import { canary } from "./canary.ts";
import { overTheWire, type Sent, toTheHandler } from "./exact-requests.ts";
import { inGroups } from "./in-groups.ts";

// Who may do what, and to whose things. Nothing that a request says but its token makes it another customer's.

type RouteKey = RouteKeysOf<FunctionName>;
type Headers = Record<string, string>;
type Asked = { method: string; target: string; headers?: Headers; body?: unknown };

const { AWS_ENDPOINT_URL_DYNAMODB: endpoint = "" } = inject("variables");
const form = (title: string) => ({ title, authors: ["An Author"], price: { amount: 100, currency: "USD" } });

/** Customers' partitions that the store was asked about, by the request that asked. */
const touched = new Map<string, Set<string>>();
const proxy = await storeProxy(endpoint, {
  decide: ({ mark = "", input }) => {
    const partitions = JSON.stringify(input).match(/CUSTOMER#[^"]*/g) ?? [];
    touched.set(mark, new Set([...(touched.get(mark) ?? []), ...partitions]));
    return "none";
  },
});
// biome-ignore lint/style/noProcessEnv: what the handlers are to find when they are first imported
process.env.AWS_ENDPOINT_URL_DYNAMODB = proxy.url;
afterAll(() => proxy.close());

const credentialsOf = (who: Person | null): Headers => (who ? bearer(who) : {});
let asked = 0;

/** Requests of customers that have looked at what is another customer's. */
const trespasses: string[] = [];

async function throughHandlers(
  who: Person | null,
  { method, target, headers = {}, body }: Sent & { headers?: Headers },
) {
  const mark = `request ${++asked}`;
  const reply = await marked(mark, () => inProcess(method, target, headers, body));
  if (!target.startsWith("/api/admin/"))
    for (const partition of touched.get(mark) ?? [])
      if (partition !== `CUSTOMER#${who?.sub}`)
        trespasses.push(`${method} ${target} of ${who?.sub}: ${partition}`);
  return reply;
}

const overHttp = async (_: Person | null, sent: Sent): Promise<Reply> => held(sent, await overTheWire(sent));

const ways = { "in process": throughHandlers, "over HTTP": overHttp };
type Way = keyof typeof ways;
const bothWays = Object.keys(ways) as Way[];

function ask(way: Way, who: Person | null, { headers, body, ...request }: Asked): Promise<Reply> {
  const json = body !== undefined && { "content-type": "application/json" };
  return ways[way](who, {
    ...request,
    headers: { ...json, ...credentialsOf(who), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

const person = async (...groups: ("customers" | "admins")[]): Promise<Person> => {
  const { token, email } = await inGroups(groups);
  return caller(token, email);
};

const roles = {
  none: async () => null,
  customer: () => person("customers"),
  admin: () => person("admins"),
  both: () => person("customers", "admins"),
  neither: () => person(),
};
type Role = keyof typeof roles;
const everyRole = Object.keys(roles) as Role[];

/** Everything that the table keeps of these people. */
const allOf = (...people: Person[]): Promise<Item[][]> => Promise.all(people.map(({ sub }) => itemsOf(sub)));

/** A key that was used, an order that is pending, the cart that it came from, and an open cart with a book in it. */
type Things = { sub: string; key: string; orderId: string; ordered: string; cartId: string; tag: string };

async function thingsOf(who: Person): Promise<Things> {
  const key = `key-of-${who.sub}-${++asked}`;
  const fill = () =>
    ask("in process", who, {
      method: "PUT",
      target: `/api/cart/items/${bookId}`,
      body: { quantity: 1 },
    });
  await fill();
  const headers = { "idempotency-key": key };
  const { body } = await ask("in process", who, { method: "POST", target: "/api/orders", headers });
  const cart = await fill();
  return {
    sub: who.sub,
    key,
    orderId: body.orderId,
    ordered: body.cartId,
    cartId: cart.body.cartId,
    tag: cart.headers.get("etag") ?? "",
  };
}

let bookId: string;
let people: Record<Role, Person | null>;
let ada: Person;
let eve: Person;
let boss: Person;
let mate: Person;
/** Whose things a caller tries: another customer's, and another's of the staff. */
let of: (who: Person) => { another: Things; staff: Things };

beforeAll(async () => {
  ({ bookId } = await aBook());
  const made = await Promise.all(everyRole.map(async (role) => [role, await roles[role]()] as const));
  people = Object.fromEntries(made) as typeof people;
  [ada, eve, boss, mate] = await Promise.all([
    roles.customer(),
    roles.customer(),
    roles.both(),
    roles.both(),
  ]);
  // two orders each, so that a list goes on
  for (const one of [ada, eve, boss, mate]) await thingsOf(one);
  const [adas, bosss, mates] = [await thingsOf(ada), await thingsOf(boss), await thingsOf(mate)];
  of = (who) => ({ another: adas, staff: who === boss ? mates : bosss });
});

// biome-ignore format: it is a table
/** What each role gets, once it asks for what there is. */
const statuses = {
  //                                  none customer admin both neither
  "GET /openapi.json":                [200, 200, 200, 200, 200],
  "GET /docs":                        [200, 200, 200, 200, 200],
  "GET /docs/{file}":                 [200, 200, 200, 200, 200],
  "GET /api/books":                   [200, 200, 200, 200, 200],
  "GET /api/books/{bookId}":          [200, 200, 200, 200, 200],
  "POST /api/cart/add":               [401, 200, 403, 200, 403],
  "GET /api/cart":                    [401, 200, 403, 200, 403],
  "PUT /api/cart/items/{bookId}":     [401, 200, 403, 200, 403],
  "DELETE /api/cart/items/{bookId}":  [401, 200, 403, 200, 403],
  "DELETE /api/cart":                 [401, 200, 403, 200, 403],
  "POST /api/orders":                 [401, 201, 403, 201, 403],
  "GET /api/orders":                  [401, 200, 403, 200, 403],
  "GET /api/orders/{orderId}":        [401, 200, 403, 200, 403],
  "POST /api/orders/{orderId}/cancel": [401, 200, 403, 200, 403],
  "GET /api/me/export":               [401, 200, 403, 200, 403],
  "DELETE /api/me":                   [401, 204, 403, 204, 403],
  "POST /api/admin/books":            [401, 403, 201, 201, 403],
  "GET /api/admin/books":             [401, 403, 200, 200, 403],
  "GET /api/admin/books/{bookId}":    [401, 403, 200, 200, 403],
  "PATCH /api/admin/books/{bookId}":  [401, 403, 200, 200, 403],
  "GET /api/admin/orders":            [401, 403, 200, 200, 403],
  "GET /api/admin/orders/{orderId}":  [401, 403, 200, 200, 403],
  "PATCH /api/admin/orders/{orderId}": [401, 403, 200, 200, 403],
} as const satisfies Record<RouteKey, Record<0 | 1 | 2 | 3 | 4, number>>;

const bodies: Partial<Record<RouteKey, () => unknown>> = {
  "POST /api/cart/add": () => ({ bookId }),
  "PUT /api/cart/items/{bookId}": () => ({ quantity: 2 }),
  "POST /api/admin/books": () => form("A book of the access list"),
  "PATCH /api/admin/books/{bookId}": () => ({ authors: ["Another Author"] }),
  "PATCH /api/admin/orders/{orderId}": () => ({ status: "paid" }),
};

const cells = bothWays.flatMap((way) =>
  routes.flatMap((route: Route) =>
    everyRole.map((role, at) => {
      const key = routeKey(route) as RouteKey;
      return { way, route, key, role, status: statuses[key][at] as number };
    }),
  ),
);
/** What was answered, for the matrix: by route and column. */
const seen = new Map<string, Set<number>>();
const see = (key: string, column: string, { status }: Reply) =>
  seen.set(`${key} ${column}`, new Set([...(seen.get(`${key} ${column}`) ?? []), status]));

describe("every role on every route, with its own things or those of another", () => {
  test.each(cells)("$way: $key as $role is $status", async ({ way, route, key, role, status }) => {
    const who = key === "DELETE /api/me" ? await roles[role]() : people[role];
    const isCustomer = who !== null && ["customer", "both"].includes(role);
    const isOfOrder = /^\/api\/(admin\/)?orders/.test(route.path);
    const { orderId } = isOfOrder ? await thingsOf(isCustomer ? who : ada) : of(eve).another;
    const before = await allOf(ada);
    const target = Object.entries({ bookId, orderId, file: "page.js" }).reduce(
      (path, [name, value]) => path.replace(`{${name}}`, value),
      route.path as string,
    );

    const reply = await ask(way, who, { method: route.method, target, body: bodies[key]?.() });

    see(key, role, reply);
    expect(reply.status).toBe(status);
    if (status === 401)
      expect([reply.body.code, reply.body.message]).toEqual(
        way === "in process" ? ["unauthenticated", undefined] : [undefined, "Unauthorized"],
      );
    if (status === 403) expect(reply.body.code).toBe("forbidden");
    if (status >= 400) expect(await allOf(ada)).toEqual(before);
  });
});

/** What of an answer a caller can tell apart: all of it but what differs from one request to the next. */
function bytes({ status, headers, text }: Pick<Reply, "status" | "headers" | "text">) {
  const ours = [...headers].filter(
    ([name]) => !["x-request-id", "apigw-requestid", "date", "connection", "keep-alive"].includes(name),
  );
  return { status, headers: ours, text };
}

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
    const of = async (owner: Person) =>
      (await ask("in process", owner, { method: "GET", target: `${target}?limit=1` })).body.nextCursor;
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
  "POST /api/admin/books": () => form("A book made twice"),
  "PATCH /api/admin/books/{bookId}": () => ({ authors: ["Another"] }),
};

test("everything that a route lets a request name is tried", () => {
  const byRoute = routes.flatMap((route: Route) => {
    const key = routeKey(route) as RouteKey;
    const { query, takesKey, ifMatch } = operations[key];
    return [
      ...(route.path.includes("{") ? [`${key} id`] : []),
      ...(query?.includes("cursor") ? [`${key} cursor`] : []),
      ...(takesKey ? [`${key} key`] : []),
      ...(ifMatch ? [`${key} tag`] : []),
    ];
  });
  const inBodies = ["POST /api/cart/add bookId", "POST /api/orders cartId"];
  const tried = [...Object.keys(named), ...Object.keys(keyed).map((key) => `${key} key`)];

  expect(new Set(tried)).toEqual(new Set([...byRoute, ...inBodies]));
});

const kinds = Object.entries(named).map(([key, row]) => {
  const [method = "", path = ""] = key.split(" ");
  return { key, route: `${method} ${path}`, method, path, row };
});

describe("what is another's, or is not there, is one and the same", () => {
  const callers = (path: string) => (path.startsWith("/api/admin/") ? ["staff"] : ["a customer", "staff"]);
  const cases = bothWays.flatMap((way) =>
    kinds.flatMap((kind) => callers(kind.path).map((who) => ({ way, who, ...kind }))),
  );

  test.each(cases)("$way: $key of $who", async ({ way, who, key, method, path, row }) => {
    const [place, tries, answer] = row;
    const caller = who === "staff" ? boss : eve;
    const before = await allOf(ada, eve, boss, mate);
    const { "made up": madeUp = "", ...others } = await tries(caller);
    const send = async (whose: string, name: string) => {
      const reply = await ask(way, caller, { method, ...place(path, name) });
      see(key, whose, reply);
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
    for (const one of [first, second]) await thingsOf(one);
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

/** Not held against the description, which has no such methods. */
const exactly: Record<Way, (sent: Sent) => Promise<Answer>> = {
  "in process": (sent) => toTheHandler(sent),
  "over HTTP": (sent) => overTheWire(sent),
};

/** Ways to say in a request who or what it is, other than its token, method and path. */
const beside: Record<string, () => [query: string, headers: Headers]> = {
  "a query": () => [`customerId=${ada.sub}&sub=${ada.sub}&userId=${ada.sub}&access_token=${ada.token}`, {}],
  "a header": () => [
    "",
    saying(ada.sub, "x-user-id", "x-customer-id", "x-sub", "x-forwarded-user", "x-remote-user"),
  ],
  groups: () => ["groups=admins&role=admin", saying("admins", "x-groups", "cognito-groups", "x-role")],
  "another token in a header": () => [
    "",
    saying(`Bearer ${ada.token}`, "x-authorization", "x-amzn-oidc-data"),
  ],
  "a cookie": () => ["", { cookie: `sub=${ada.sub}; cognito=${ada.token}; access_token=${ada.token}` }],
  "another method": () => [
    "_method=DELETE",
    saying("DELETE", "x-http-method-override", "x-http-method", "x-method-override"),
  ],
  "another host": () => ["", saying(canary, "x-forwarded-host")],
  "another path": () => [
    "path=/api/admin/orders",
    saying("/api/admin/orders", "x-original-url", "x-rewrite-url", "x-forwarded-path"),
  ],
};
const saying = (value: string, ...names: string[]) => Object.fromEntries(names.map((name) => [name, value]));

describe.each(bothWays)("%s", (way) => {
  test.each([
    ["//api/admin/orders", 404],
    ["/api//admin/orders", 404],
    ["/./api/admin/orders", 404],
    ["/api/orders/../admin/orders", 404],
    ["/api/orders/%2e%2e/admin/orders", 404],
    ["/api/orders/..%2fadmin%2forders", 404],
    ["/api/books/..;/admin/orders", 404],
    ["/API/ADMIN/ORDERS", 404],
    ["/api/Admin/orders", 404],
    ["/api/admin/orders;x=y", 404],
    ["/api;x=y/admin/orders", 404],
    ["/api/admin/orders.json", 404],
    ["/api/admin/orders%00", 404],
    ["/api/admin/orders%20", 404],
    ["/api/admin/orders#x", 404],
    ["/..%5Capi%5Cadmin%5Corders", 404],
    ["http://127.0.0.1/api/admin/orders", 404],
    ["/api/admin/orders/", 308],
    ["/api/admin/orders/.", 403],
    ["/api/admin/orders/%2e%2e", 403],
    ["/api/admin/orders?/api/orders", 403],
    ["/docs/..%2Fapi%2Fadmin%2Forders", 404],
    ["/docs/%2e%2e", 404],
  ])("the path %s leads a customer to nothing of staff's: %i", async (target, status) => {
    const answer = await exactly[way]({ method: "GET", target, headers: bearer(eve) });

    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain("customerId");
  });

  test.each(["HEAD", "OPTIONS", "TRACE", "PROPFIND", "PURGE", "QUERY", "LOCK"])(
    "%s is no method of any path: it does, shows and repeats nothing",
    async (method) => {
      const before = await allOf(boss);
      for (const target of ["/api/cart", "/api/cart/add", "/api/orders", "/api/admin/orders", "/api/books"]) {
        const sent = { method, target, headers: { ...bearer(boss), "x-a": canary } };
        const { status, headers, text } = await exactly[way](sent);

        expect([target, status, /"(items|lines)"/.test(text)]).toEqual([target, 405, false]);
        expect(headers.get("allow")).toMatch(/^[A-Z, ]+$/);
        expect(text).not.toContain(canary);
      }
      expect(await allOf(boss)).toEqual(before);
    },
  );

  test.each(Object.keys(beside))("%s beside the token changes nothing", async (what) => {
    const [query, headers] = beside[what]?.() ?? ["", {}];
    const before = await allOf(ada, eve);
    for (const path of [
      "/api/cart",
      "/api/orders",
      `/api/orders/${of(eve).another.orderId}`,
      "/api/admin/orders",
    ]) {
      const plain = await ask(way, eve, { method: "GET", target: path });
      const dressed = await ask(way, eve, { method: "GET", target: `${path}?${query}`, headers });

      expect(bytes(dressed)).toEqual(bytes(plain));
    }
    expect(await allOf(ada, eve)).toEqual(before);
  });

  test.each(["customerId", "sub", "userId", "groups", "role", "_method"])(
    "a field %s is refused",
    async (field) => {
      const before = await allOf(ada, eve);
      for (const [method, target, body] of [
        ["POST", "/api/cart/add", { bookId }],
        ["PUT", `/api/cart/items/${bookId}`, { quantity: 9 }],
        ["POST", "/api/orders", {}],
      ] as const) {
        const { status, body: problem } = await ask(way, eve, {
          method,
          target,
          body: { ...body, [field]: ada.sub },
        });

        expect([status, problem.code]).toEqual([400, "invalid-request"]);
      }
      expect(await allOf(ada, eve)).toEqual(before);
    },
  );
});

test("what an event says of its caller beside the token counts for nothing", async () => {
  const claims = {
    sub: ada.sub,
    "cognito:groups": "[customers admins]",
    client_id: "x",
    token_use: "access",
  };
  for (const [who, target, status] of [
    [eve, "/api/orders", 200],
    [eve, "/api/admin/orders", 403],
    [null, "/api/orders", 401],
  ] as const) {
    const sent = { method: "GET", target, headers: credentialsOf(who) };
    const plain = await toTheHandler(sent);
    const dressed = await toTheHandler(sent, (event) => {
      const authorizer = { jwt: { claims, scopes: ["admin"] } };
      return { ...event, requestContext: { ...event.requestContext, authorizer } } as typeof event;
    });

    expect(plain.status).toBe(status);
    expect(bytes(dressed)).toEqual(bytes(plain));
  }
});

describe("an account that has had itself erased", () => {
  const changes = (): [method: string, target: string, body?: object][] => [
    ["POST", "/api/admin/books", form("A book of nobody")],
    ["PATCH", `/api/admin/books/${bookId}`, { active: false }],
    ["PATCH", `/api/admin/orders/${of(eve).another.orderId}`, { status: "paid" }],
    ["POST", "/api/cart/add", { bookId }],
    ["PUT", `/api/cart/items/${bookId}`, { quantity: 1 }],
    ["DELETE", "/api/cart"],
    ["POST", "/api/orders"],
  ];

  test.each(bothWays)("%s: changes nothing, as staff neither, and may still read", async (way) => {
    const gone = await roles.both();
    await thingsOf(gone);
    expect((await ask(way, gone, { method: "DELETE", target: "/api/me" })).status).toBe(204);
    const before = await allOf(ada, gone);

    for (const [method, target, body] of changes()) {
      const headers = { "idempotency-key": randomUUID() };
      const reply = await ask(way, gone, { method, target, headers, body });
      expect([method, target, reply.status, reply.body.code]).toEqual([method, target, 403, "forbidden"]);
    }

    expect(await allOf(ada, gone)).toEqual(before);
    for (const target of ["/api/orders", "/api/admin/orders", `/api/admin/books/${bookId}`])
      expect((await ask(way, gone, { method: "GET", target })).status).toBe(200);
  });
});

test("no request of a customer's has touched a key of another's", () => {
  expect(touched.size).toBeGreaterThan(0);
  expect(trespasses).toEqual([]);
});

test("route x role x whose object: what was answered", ({ task }) => {
  const cell = (key: string, column: string) => [...(seen.get(`${key} ${column}`) ?? ["-"])].join("/");
  const whose = ["another's", "staff's", "made up"];
  const rows = routes.flatMap((route: Route) => {
    const key = routeKey(route);
    const own = [key, ...everyRole.map((role) => cell(key, role))];
    const names = kinds.filter((kind) => kind.route === key);
    if (names.length === 0) return [own];
    return names.map(({ key: name }, at) => [
      ...(at === 0 ? own : own.map(() => "")),
      name.slice(key.length + 1),
      ...whose.map((one) => cell(name, one)),
    ]);
  });
  const heads = ["route", ...everyRole, "named by", ...whose];
  const widths = [35, 6, 9, 6, 6, 9, 9, 11, 9, 0];
  task.meta.shown = [heads, ...rows]
    .map((row) =>
      row
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join("")
        .trimEnd(),
    )
    .join("\n");

  expect([...seen].filter(([, answers]) => answers.size !== 1)).toEqual([]);
  for (const route of routes)
    for (const role of everyRole)
      expect([role, seen.has(`${routeKey(route)} ${role}`)]).toEqual([role, true]);
});
