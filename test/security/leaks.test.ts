import { describe, expect, test, vi } from "vitest";
import { functions, type Route, routeKey, routes } from "../../functions/routes.ts";
import { bearer } from "../given.ts";
import { canary } from "./canary.ts";
import type { Sent } from "./exact-requests.ts";
import {
  cleanly,
  everyAnswer,
  expectClean,
  expectGateways,
  judge,
  judged,
  keptFor,
  pages,
  secretsOf,
} from "./leaks/judging.ts";
import { aGoodRequest, bodies, spoiled } from "./leaks/requests.ts";
import { bothWays, corrupt, json, noise, people, send, store, type Way, written } from "./leaks/stage.ts";

// A word stands in every place of a request where a caller can write: no log, no refusal and no trace repeats it. And what
// headers each kind of answer has.

const each = bothWays.flatMap((way) => routes.map((route: Route) => ({ way, route, key: routeKey(route) })));

describe("the word is in no log and no refusal, whatever is asked", () => {
  test.each(each)("$way: $key", async ({ way, route, key }) => {
    const good = await aGoodRequest(way, route);
    await cleanly(way, async () => {
      const answer = await send(way, good);
      expect(answer.status).toBeLessThan(300);
      await judge(way, key, good, answer);
      for (const spoil of Object.values(spoiled)) {
        const sent = { ...good, ...spoil(good, way, route) };
        const isRouted = sent.method === route.method && !sent.target.startsWith(`/${canary}`);
        await judge(way, isRouted ? key : "$default", sent, await send(way, sent));
      }
    });
  });

  test.each(bothWays)("%s: a path with a slash at its end", async (way) => {
    const sent = { method: "GET", target: `/api/cart/?title=${canary}`, headers: noise };
    await cleanly(way, async () => judge(way, "$default", sent, await send(way, sent)));
  });
});

test("over HTTP: nor what sign-in is asked", async () => {
  const headers = { ...noise, "content-type": "application/x-www-form-urlencoded", "x-amz-target": canary };
  const body = `email=${canary}&password=${canary}&code=${canary}&refresh_token=${canary}&token=${canary}`;
  for (const path of [
    "/login",
    "/signup",
    "/logout",
    "/oauth2/authorize",
    "/oauth2/token",
    "/oauth2/revoke",
    "/",
  ])
    for (const method of ["GET", "POST"]) {
      const sent = { method, target: `${path}?state=${canary}`, headers, ...(method === "POST" && { body }) };
      const { status } = await send("over HTTP", sent);
      expect([method, path, status >= 400 && status < 500]).toEqual([method, path, true]);
    }
});

describe("nor whatever the store does", () => {
  /** Everything that the shop is there for, asked at once while the store is in trouble. */
  async function askAll(trouble: typeof store.fault) {
    const good: { way: Way; route: Route; sent: Sent }[] = [];
    // one after another: they share a cart
    for (const { way, route } of each) good.push({ way, route, sent: await aGoodRequest(way, route) });
    store.fault = trouble;
    const asked = good.map(async (each) => ({ ...each, answer: await send(each.way, each.sent) }));
    return Promise.all(asked).finally(() => {
      store.fault = "none";
    });
  }
  const usesTable = ({ function: name }: Route) => functions[name].table.length > 0;
  /** What looks at nothing that one customer has, or that is named. */
  const general = [
    "GET /api/books",
    "GET /api/admin/books",
    "GET /api/admin/orders",
    "POST /api/admin/books",
  ];

  test.each<[string, typeof store.fault, number]>([
    ["is out of reach, throttles or answers garbage", "any", 503],
    ["refuses what it is sent, and repeats it", "repeat", 500],
  ])("%s", async (_, trouble, status) => {
    await cleanly("in process", async () => {
      for (const { way, route, sent, answer } of await askAll(trouble)) {
        expect([sent.target, answer.status]).toEqual([sent.target, usesTable(route) ? status : 200]);
        await judge(way, routeKey(route), sent, answer);
      }
    });
  });

  test.each(bothWays)("%s: holds rows that nobody can read", async (way) => {
    const { broken, staff } = people[way];
    const { bookId, orderId } = await corrupt(broken);
    await cleanly(way, async () => {
      for (const route of routes as readonly Route[]) {
        const key = routeKey(route);
        if (!usesTable(route) || general.includes(key)) continue;
        const body = bodies[key]?.(bookId);
        const sent = {
          method: route.method,
          target: route.path.replace("{bookId}", bookId).replace("{orderId}", orderId),
          headers: { ...noise, ...bearer(route.who === "admin" ? staff : broken), ...(body && json) },
          ...(body && { body: JSON.stringify(body) }),
        };
        const answer = await send(way, sent);
        expect([key, answer.status]).toEqual([key, 500]);
        await judge(way, key, sent, answer);
      }
    });
  });
});

describe("API Gateway's own answers", () => {
  const ask = (sent: Sent) => send("over HTTP", sent);

  test("repeat nothing, and hold nothing of the shop's", async () => {
    const cart = { method: "GET", target: `/api/cart?${canary}` };
    expectGateways(await ask({ ...cart, headers: { authorization: canary } }), 401, "Unauthorized");
    expectGateways(await ask({ ...cart, target: `/api/books/${canary}%zz` }), 400, "Bad Request");
    const tooMuch = {
      method: "POST",
      target: "/api/orders",
      body: canary.repeat((10 * 2 ** 20) / canary.length + 1),
    };
    expectGateways(await ask(tooMuch), 413, "Request Entity Too Large");
  });

  test("let no page of another origin read anything", async () => {
    const headers = { origin: `https://${canary}.example`, "access-control-request-method": "GET" };
    for (const method of ["OPTIONS", "GET"]) {
      const answer = await ask({ method, target: "/api/books", headers });

      expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
  });
});

test("a whole local system has written nothing of it all", async () => {
  const last = await send("over HTTP", { method: "GET", target: "/api/cart/" });
  const heard = () => expect(written["over HTTP"]).toContain(last.headers.get("x-request-id"));
  await vi.waitFor(heard, { timeout: 10_000 });

  expectClean(written["over HTTP"], secretsOf(people["over HTTP"]));
  expect(written["over HTTP"].split("\n").length).toBeGreaterThan(
    routes.length * Object.keys(spoiled).length,
  );
});

test("headers and statuses: what was judged", ({ task }) => {
  const row = (what: string, is: unknown) =>
    `${what.padEnd(36)}${
      typeof is === "string"
        ? is
        : Object.entries(is as object)
            .map(([name, value]) => `${name}: ${value}`)
            .join("\n".padEnd(37))
    }`;
  task.meta.shown = [
    row("every answer of a function", {
      ...everyAnswer,
      "x-request-id": "…",
      "cache-control": "private, no-store",
    }),
    ...Object.entries(keptFor).map(([key, kept]) =>
      row(`${key}, 200`, { "cache-control": kept, vary: "Origin" }),
    ),
    row("/docs and its files", pages("in process")),
    "",
    ...[...judged].map(([key, statuses]) => row(key, [...statuses].sort().join(" "))),
  ].join("\n");

  for (const route of routes) {
    const statuses = [...(judged.get(routeKey(route)) ?? [])];
    const { who, function: name } = route as Route;
    const wanted = [
      ...(who === "anyone" ? [] : [401, 403]),
      ...(functions[name].table.length > 0 ? [500, 503] : []),
    ];
    expect([routeKey(route), statuses]).toEqual([routeKey(route), expect.arrayContaining(wanted)]);
  }
});
