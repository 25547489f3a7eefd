import { randomBytes, randomUUID } from "node:crypto";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { functions, type Route, routeKey, routes } from "../../functions/routes.ts";
import { localClient } from "../../infra/local/dynamodb.ts";
import { newCartId, newOrderId } from "../../shared/ids.ts";
import type { Answer } from "../description.ts";
import { type Fault, storeProxy } from "../faults/store-proxy.ts";
import { bearer } from "../given.ts";
import { startShop } from "../local-system.ts";
import { held } from "../shop.ts";
import { noiseOf } from "./canary.ts";
import { overTheWire, type Sent, toTheHandler } from "./exact-requests.ts";
import { inGroups, type Member } from "./in-groups.ts";
import { overhear } from "./overhear.ts";
import { headersOf } from "./safe-headers.ts";

// A word stands in every place of a request where a caller can write: no log, no refusal and no trace repeats it. And what
// headers each kind of answer has.

const canary = `canary${randomBytes(6).toString("hex")}`;
/** What would begin a line of its own where a log or an answer took it as it is. */
const lineBreaks = ["\r\n", "\n", "\u2028", "\u2029", "\u0085"];
const forged = lineBreaks.map((end) => `${end}{"status":200,"sub":"${canary}"}`).join("");
const mostBytes = 65_536;

const { AWS_ENDPOINT_URL_DYNAMODB: endpoint = "", TABLE_NAME } = inject("variables");
let fault = "none" as Fault | "any";
const troubles: Fault[] = ["drop-request", "garbage", "throttle", "truncate"];
let calls = 0;
const proxy = await storeProxy(endpoint, {
  decide: () => (fault === "any" ? (troubles[calls++ % troubles.length] ?? "none") : fault),
});
// biome-ignore lint/style/noProcessEnv: what the handlers are to find when they are first imported
process.env.AWS_ENDPOINT_URL_DYNAMODB = proxy.url;
const table = DynamoDBDocumentClient.from(localClient(endpoint));

/** What was written by the handlers in this process, and by the process of a whole local system. */
const written = { "in process": "", "over HTTP": "" };
type Way = keyof typeof written;
const bothWays = Object.keys(written) as Way[];
let system: Awaited<ReturnType<typeof startShop>>;

type People = { ada: Member; staff: Member; broken: Member; bookId: string };
let people: Record<Way, People>;

const urlOf = (way: Way) => (way === "in process" ? inject("url") : system.url);
const send = (way: Way, sent: Sent): Promise<Answer> =>
  way === "in process" ? toTheHandler(sent) : overTheWire(sent, { url: system.url });

const aPerson = (way: Way, group: "customers" | "admins" = "customers") =>
  inGroups([group], { url: urlOf(way), name: canary });

const json = { "content-type": "application/json" };
const noise = noiseOf(canary);
/** One that has done nothing yet. */
const aKey = () => ({ "idempotency-key": `${canary}-${randomUUID()}` });
const address = {
  name: canary,
  lines: [canary, canary],
  city: canary,
  region: canary,
  postalCode: canary,
  country: "GB",
};
const form = (title: string) => ({ title, authors: [title], price: { amount: 100, currency: "USD" } });

async function made(way: Way, who: Member, method: string, target: string, body?: object) {
  const answer = await send(way, {
    method,
    target,
    headers: { ...bearer(who), ...(body && json) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (answer.status >= 300) throw new Error(`${method} ${target}: ${answer.text}`);
  return JSON.parse(answer.text);
}

/** Rows that nobody can read, with the word in each member. */
async function corrupt({ sub }: Member): Promise<{ bookId: string; orderId: string }> {
  const cartId = newCartId(null);
  const [bookId, orderId] = [`BROKEN-${randomUUID()}`, newOrderId(cartId, sub)];
  const wrong = {
    title: [canary],
    authors: canary,
    price: canary,
    lines: canary,
    status: canary,
    steps: canary,
  };
  for (const key of [
    { pk: `CUSTOMER#${sub}`, sk: "CART", version: canary },
    { pk: `CUSTOMER#${sub}`, sk: `ORDER#${cartId}`, isk: orderId, shippingAddress: canary },
    { pk: `BOOK#${bookId}`, sk: "BOOK", active: canary },
  ])
    await table.send(new PutCommand({ TableName: TABLE_NAME, Item: { ...wrong, ...key } }));
  return { bookId, orderId };
}

beforeAll(async () => {
  overhear((said) => {
    written["in process"] += said;
  });
  system = await startShop(["--in-memory"], { DYNAMODB_ENDPOINT: proxy.url });
  for (const stream of [system.child.stdout, system.child.stderr])
    stream.on("data", (chunk) => {
      written["over HTTP"] += chunk;
    });
  const ready = await Promise.all(
    bothWays.map(async (way) => {
      const [ada, broken, staff] = [await aPerson(way), await aPerson(way), await aPerson(way, "admins")];
      const { bookId } = await made(way, staff, "POST", "/api/admin/books", form("A plain title"));
      return [way, { ada, broken, staff, bookId }] as const;
    }),
  );
  people = Object.fromEntries(ready) as typeof people;
});
afterAll(async () => {
  vi.restoreAllMocks();
  table.destroy();
  await system.stop();
  await proxy.close();
});

const bodies: Record<string, (bookId: string) => object> = {
  "POST /api/cart/add": (bookId) => ({ bookId }),
  "PUT /api/cart/items/{bookId}": () => ({ quantity: 2 }),
  "POST /api/orders": () => ({ shippingAddress: address }),
  "POST /api/admin/books": () => form(`${canary} ${randomUUID()}`),
  "PATCH /api/admin/books/{bookId}": () => ({ title: canary, authors: [canary] }),
  "PATCH /api/admin/orders/{orderId}": () => ({ status: "paid" }),
};

/** The request that a route is there for, with the word wherever it can be. */
async function aGoodRequest(way: Way, route: Route): Promise<Sent> {
  const { staff, bookId } = people[way];
  const who = route.path === "/api/me" ? await aPerson(way) : people[way].ada;
  await made(way, who, "POST", "/api/cart/add", { bookId });
  const needsOrder = route.path.includes("{orderId}");
  const orderId = needsOrder ? (await made(way, who, "POST", "/api/orders")).orderId : "";
  const path = route.path
    .replace("{bookId}", bookId)
    .replace("{orderId}", orderId)
    .replace("{file}", "page.js");
  const body = bodies[routeKey(route)]?.(bookId);
  return {
    method: route.method,
    target: `${path}?title=${canary}&${canary}=${encodeURIComponent(forged)}`,
    headers: {
      ...noise,
      ...aKey(),
      ...(route.who !== "anyone" && bearer(route.who === "admin" ? staff : who)),
      ...(body && json),
    },
    ...(body && { body: JSON.stringify(body) }),
  };
}

/** What makes a good request a bad one; some of it is nothing to some routes. */
const spoiled: Record<string, (good: Sent, way: Way, route: Route) => Partial<Sent>> = {
  "no token": ({ headers = {} }) => ({ headers: { ...headers, authorization: "" } }),
  "a broken token": ({ headers = {} }) => ({
    headers: { ...headers, authorization: `Bearer ${canary}.${canary}.${canary}` },
  }),
  "another scheme": ({ headers = {} }) => ({
    headers: { ...headers, authorization: `Basic ${btoa(canary)}` },
  }),
  "an ID token": ({ headers = {} }, way) => ({
    headers: { ...headers, authorization: `Bearer ${people[way].ada.idToken}` },
  }),
  "the other group": ({ target, headers = {} }, way) => {
    const { ada, staff } = people[way];
    return { headers: { ...headers, ...bearer(target.startsWith("/api/admin/") ? ada : staff) } };
  },
  "an id": (_good, _way, { path }) => ({ target: path.replace(/\{.+\}/, canary) }),
  "an id with line breaks": (_good, _way, { path }) => ({
    target: path.replace(/\{.+\}/, encodeURIComponent(canary + forged)),
  }),
  "a cursor": ({ target }) => ({ target: `${target}&cursor=${canary}.${canary}` }),
  "a limit": ({ target }) => ({ target: `${target}&limit=${canary}` }),
  "a choice": ({ target }) => ({ target: `${target}&active=${canary}&status=${canary}&order=${canary}` }),
  "a title twice": ({ target }) => ({ target: `${target}&title=${encodeURIComponent(forged)}` }),
  "a key": ({ headers = {} }) => ({ headers: { ...headers, "idempotency-key": `${canary} ${canary}` } }),
  "a tag": ({ headers = {} }) => ({ headers: { ...headers, "if-match": canary } }),
  "a tag of ours": ({ headers = {} }) => ({ headers: { ...headers, "if-match": `"${canary}"` } }),
  "a member": ({ body }) =>
    body !== undefined ? { body: JSON.stringify({ ...JSON.parse(body), [canary + forged]: forged }) } : {},
  "half of a body": ({ body }) => (body ? { body: `{"${canary}":"${canary}` } : {}),
  "values of the wrong kind": ({ body }) =>
    body
      ? {
          body: JSON.stringify(
            Object.fromEntries(Object.keys(JSON.parse(body)).map((name) => [name, [canary, forged]])),
          ),
        }
      : {},
  "the word for each value": ({ headers = {}, body }) =>
    body
      ? {
          headers: { ...headers, ...aKey() },
          body: JSON.stringify(
            Object.fromEntries(Object.keys(JSON.parse(body)).map((name) => [name, canary])),
          ),
        }
      : {},
  "a cart": ({ headers = {}, body }) =>
    body
      ? {
          headers: { ...headers, ...aKey() },
          body: JSON.stringify({ ...JSON.parse(body), cartId: canary }),
        }
      : {},
  "another type": ({ headers = {}, body }) =>
    body ? { headers: { ...headers, "content-type": `text/${canary}` } } : {},
  "a body too large": ({ body }) =>
    body ? { body: `"${canary.repeat(mostBytes / canary.length + 1)}"` } : {},
  "another method": () => ({ method: "PURGE" }),
  "another path": ({ target }) => ({ target: `/${canary}${encodeURIComponent(forged)}${target}` }),
};

/** Statuses that were judged, by route. */
const judged = new Map<string, Set<number>>();

/** An answer says nothing of what was asked, and has the headers of its kind. */
async function judge(way: Way, key: string, sent: Sent, answer: Answer): Promise<void> {
  const { status, headers, text } = answer;
  judged.set(key, new Set([...(judged.get(key) ?? []), status]));
  if (status === 500) await expect(held(sent, answer)).rejects.toThrow("met a bug");
  else await held(sent, answer);
  if (way === "over HTTP" && status === 401 && headers.has("apigw-requestid") && !headers.has("x-request-id"))
    return expectGateways(answer, 401, "Unauthorized");
  expect(headersOf(answer)).toEqual(expectedHeaders(way, key, answer));
  if (status < 400) return;
  expect(`${text} ${[...headers].join(" ")}`).not.toContain(canary);
  expect(text).not.toMatch(/\.ts\b|node_modules|\bat \S+:\d|CUSTOMER#|eyJ/);
}

// biome-ignore format: it is a table
/** How long an answer may be kept, where it is not `private, no-store`; a cache keeps it apart for each origin. */
const keptFor: Record<string, string> = {
  "GET /openapi.json":       "public, max-age=3600",
  "GET /docs":               "public, max-age=3600",
  "GET /docs/{file}":        "public, max-age=3600",
  "GET /api/books":          "public, max-age=60",
  "GET /api/books/{bookId}": "public, max-age=60",
};

const everyAnswer = { "strict-transport-security": "max-age=31536000", "x-content-type-options": "nosniff" };
const pages = (way: Way) => ({
  "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ${urlOf(way)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "referrer-policy": "no-referrer",
});

function expectedHeaders(way: Way, key: string, { status }: Answer) {
  const isPage = key.startsWith("GET /docs") && status === 200;
  const type = isPage
    ? key === "GET /docs"
      ? "text/html; charset=utf-8"
      : "text/javascript; charset=utf-8"
    : status < 400
      ? "application/json"
      : "application/problem+json";
  const kept = status === 200 && keptFor[key];
  return {
    ...everyAnswer,
    "cache-control": kept || "private, no-store",
    ...(kept && { vary: "Origin" }),
    "x-request-id": expect.stringMatching(/\S/),
    ...(![204, 308].includes(status) && { "content-type": type }),
    ...(isPage && pages(way)),
  };
}

/** API Gateway's own answers: its body, and nothing that the shop could add. */
function expectGateways(answer: Answer, status: number, message: string): void {
  expect([answer.status, answer.text]).toEqual([status, JSON.stringify({ message })]);
  expect(headersOf(answer)).toEqual({ "content-type": "application/json" });
}

/** What is only the caller's: parts of tokens, and the word. */
const secretsOf = ({ ada, staff, broken }: People) => [
  canary,
  ...[ada, staff, broken].flatMap(({ token, idToken }) =>
    [token, idToken].flatMap((whole) => whole.split(".").slice(1)),
  ),
];

/** A log is lines of JSON, one to a request, each whole and short, but for those of faults, and holds no secret. */
function expectClean(text: string, secrets: readonly string[]): void {
  const requests = new Set<string>();
  expect(text).toMatch(/^([^\n]+\n)*$/);
  for (const end of lineBreaks.filter((one) => one !== "\n")) expect(text).not.toContain(end);
  for (const line of text.split("\n").filter(Boolean)) {
    const { route, requestId, frames } = JSON.parse(line);
    expect([typeof route, Array.isArray(frames)]).toContain(route ? "string" : true);
    if (route) {
      expect(Buffer.byteLength(line)).toBeLessThan(350);
      expect(requests).not.toContain(requestId);
      requests.add(requestId);
    }
    for (const secret of secrets) expect(line).not.toContain(secret);
  }
}

/** Does something whose lines in the log of this process hold nothing of what was sent. */
async function cleanly(way: Way, work: () => Promise<void>): Promise<void> {
  const before = written["in process"].length;
  await work();
  if (way !== "in process") return;
  const said = written[way].slice(before);
  expect(said).not.toBe("");
  expectClean(said, secretsOf(people[way]));
}

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
      const { status } = await overTheWire(sent, { url: system.url });
      expect([method, path, status >= 400 && status < 500]).toEqual([method, path, true]);
    }
});

describe("nor whatever the store does", () => {
  /** Everything that the shop is there for, asked at once while the store is in trouble. */
  async function askAll(trouble: typeof fault) {
    const good: { way: Way; route: Route; sent: Sent }[] = [];
    // one after another: they share a cart
    for (const { way, route } of each) good.push({ way, route, sent: await aGoodRequest(way, route) });
    fault = trouble;
    const asked = good.map(async (each) => ({ ...each, answer: await send(each.way, each.sent) }));
    return Promise.all(asked).finally(() => {
      fault = "none";
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

  test.each<[string, typeof fault, number]>([
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
  const ask = (sent: Sent) => overTheWire(sent, { url: system.url });

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
  await vi.waitFor(() => expect(written["over HTTP"]).toContain(last.headers.get("x-request-id")));

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
