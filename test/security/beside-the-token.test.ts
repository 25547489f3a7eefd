import { describe, expect, test } from "vitest";
import type { Answer } from "../description.ts";
import { bearer } from "../given.ts";
import { canary } from "./canary.ts";
import { bytes } from "./distinguishable.ts";
import { overTheWire, type Sent, toTheHandler } from "./exact-requests.ts";
import { allOf, peopleWithThings } from "./people-with-things.ts";
import {
  ask,
  bothWays,
  credentialsOf,
  expectNoTrespass,
  type Headers,
  type Way,
} from "./watched-partitions.ts";

// Nothing that a request says but its token makes it another customer's, or staff's.

const { bookId, ada, eve, boss, of } = await peopleWithThings();

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
    ["/api/orders/%2e%2e", 404],
    ["/api/books/%2E%2E", 404],
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

test("no request of a customer's has touched a key of another's", expectNoTrespass);
