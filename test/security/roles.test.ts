import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type FunctionName, type Route, type RouteKeysOf, routeKey, routes } from "../../functions/routes.ts";
import type { Person } from "../given.ts";
import { allOf, everyRole, peopleWithThings, type Role, roles, thingsOf } from "./people-with-things.ts";
import { ask, bothWays, expectNoTrespass } from "./watched-partitions.ts";

// Who may do what.

type RouteKey = RouteKeysOf<FunctionName>;

const form = (title: string) => ({ title, authors: ["An Author"], price: { amount: 100, currency: "USD" } });

const { bookId, ada, eve, of } = await peopleWithThings();
const made = await Promise.all(everyRole.map(async (role) => [role, await roles[role]()] as const));
const people = Object.fromEntries(made) as Record<Role, Person | null>;

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
  "POST /api/admin/books": () => form("A book of the list of roles"),
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
/** What was answered, by route and role. */
const seen = new Map<string, Set<number>>();

describe("every role on every route, with its own things or those of another", () => {
  test.each(cells)("$way: $key as $role is $status", async ({ way, route, key, role, status }) => {
    const who = key === "DELETE /api/me" ? await roles[role]() : people[role];
    const isCustomer = who !== null && ["customer", "both"].includes(role);
    const isOfOrder = /^\/api\/(admin\/)?orders/.test(route.path);
    const { orderId } = isOfOrder ? await thingsOf(isCustomer ? who : ada, bookId) : of(eve).another;
    const before = await allOf(ada);
    const target = Object.entries({ bookId, orderId, file: "page.js" }).reduce(
      (path, [name, value]) => path.replace(`{${name}}`, value),
      route.path as string,
    );

    const reply = await ask(way, who, { method: route.method, target, body: bodies[key]?.() });

    const cell = `${key} ${role}`;
    seen.set(cell, new Set([...(seen.get(cell) ?? []), reply.status]));
    expect(reply.status).toBe(status);
    if (status === 401)
      expect([reply.body.code, reply.body.message]).toEqual(
        way === "in process" ? ["unauthenticated", undefined] : [undefined, "Unauthorized"],
      );
    if (status === 403) expect(reply.body.code).toBe("forbidden");
    if (status >= 400) expect(await allOf(ada)).toEqual(before);
  });
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
    await thingsOf(gone, bookId);
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

test("no request of a customer's has touched a key of another's", expectNoTrespass);

test("route x role: what was answered", ({ task }) => {
  const widths = [35, 6, 9, 6, 6, 0];
  const rows = routes.map((route: Route) => [
    routeKey(route),
    ...everyRole.map((role) => [...(seen.get(`${routeKey(route)} ${role}`) ?? ["-"])].join("/")),
  ]);
  task.meta.shown = [["route", ...everyRole], ...rows]
    .map((row) => row.map((text, at) => text.padEnd(widths[at] ?? 0)).join(""))
    .join("\n");

  expect([...seen].filter(([, answers]) => answers.size !== 1)).toEqual([]);
  for (const route of routes)
    for (const role of everyRole)
      expect([role, seen.has(`${routeKey(route)} ${role}`)]).toEqual([role, true]);
});
