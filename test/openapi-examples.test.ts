import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startShop } from "./local-system.ts";
import { held, type Reply } from "./shop.ts";

// The description's examples, asked as they stand there of a shop of their own, which has the sample catalogue and no
// other orders. What the shop makes up, ids and times, is another than in the example; all else is the same.

type Parameter = { name: string; in: "path" | "query" | "header"; example?: string | number };
type Body = { content?: { "application/json"?: { example?: unknown } } };
type Operation = {
  security: unknown[];
  parameters: Parameter[];
  requestBody?: Body;
  responses: Record<string, Body>;
};
type Tokens = { customers: string; admins: string };

const { paths } = (await (await fetch(`${inject("url")}/openapi.json`)).json()) as {
  paths: Record<string, Record<string, Operation>>;
};
const keys = Object.entries(paths).flatMap(([path, operations]) =>
  Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
);

const [add, order, create] = ["POST /api/cart/add", "POST /api/orders", "POST /api/admin/books"] as const;
/** Which examples come before one, where it is about what they made. */
const before: Record<string, readonly string[]> = {
  "GET /api/cart": [add],
  "PUT /api/cart/items/{bookId}": [add],
  "DELETE /api/cart/items/{bookId}": [add],
  "DELETE /api/cart": [add],
  [order]: [add],
  "GET /api/orders": [add, order],
  "GET /api/orders/{orderId}": [add, order],
  "POST /api/orders/{orderId}/cancel": [add, order],
  "GET /api/me/export": [add, order],
  "DELETE /api/me": [add, order],
  "GET /api/admin/books/{bookId}": [create],
  "PATCH /api/admin/books/{bookId}": [create],
  "GET /api/admin/orders": [add, order],
  "GET /api/admin/orders/{orderId}": [add, order],
  "PATCH /api/admin/orders/{orderId}": [add, order],
};

const withoutExample = ["GET /openapi.json", "GET /docs", "GET /docs/{file}", "DELETE /api/me"];

let shop: Awaited<ReturnType<typeof startShop>>;
beforeAll(async () => {
  shop = await startShop(["--in-memory"]);
});
afterAll(() => shop.stop());

test.each(keys)("%s answers its example as its example says", async (key) => {
  const tokens = { customers: await aToken("customers"), admins: await aToken("admins") };
  // what the sample catalogue has is no other here
  const told = new Map([["moby-dick", "moby-dick"]]);
  for (const one of before[key] ?? []) {
    const { example, reply } = await ask(one, tokens, told);
    learn(example, reply.body, told);
  }

  const { example, reply } = await ask(key, tokens, told);

  learn(example, reply.body, told);
  expect(reply.status, reply.text).toBeLessThan(300);
  if (example !== undefined) expect(reply.body).toEqual(likely(retold(example, told)));
  else expect(withoutExample).toContain(key);
});

async function ask(
  key: string,
  tokens: Tokens,
  told: Map<string, string>,
): Promise<{ example: unknown; reply: Reply }> {
  const [method = "", path = ""] = key.split(" ");
  const operation = paths[path]?.[method.toLowerCase()] as Operation;
  const { parameters, requestBody } = retold(operation, told) as Operation;
  const given = (where: Parameter["in"]) =>
    parameters.filter((one) => one.in === where && one.example !== undefined);
  const filled = given("path").reduce(
    (target, { name, example }) => target.replace(`{${name}}`, `${example}`),
    path,
  );
  const query = new URLSearchParams(
    given("query").map(({ name, example }): [string, string] => [name, `${example}`]),
  );
  const target = `${filled}${query.size > 0 ? `?${query}` : ""}`;
  const body = requestBody && JSON.stringify(requestBody.content?.["application/json"]?.example);
  const group = path.startsWith("/api/admin/") ? "admins" : "customers";
  const answer = await fetch(shop.url + target, {
    method,
    headers: {
      ...(operation.security.length > 0 && { authorization: `Bearer ${tokens[group]}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...Object.fromEntries(given("header").map(({ name, example }) => [name, `${example}`])),
    },
    ...(body !== undefined && { body }),
  });
  const { status, headers } = answer;
  const reply = await held({ method, target, body }, { status, headers, text: await answer.text() });
  return { example: operation.responses[status]?.content?.["application/json"]?.example, reply };
}

/** What the shop made up in an answer, by what stands for it in the examples. */
function learn(example: unknown, real: unknown, told: Map<string, string>): void {
  if (typeof example !== "object" || example === null) return;
  for (const [name, value] of Object.entries(example)) {
    const made = (real as Record<string, unknown> | undefined)?.[name];
    if (typeof value !== "string" || typeof made !== "string") learn(value, made, told);
    else if (/^(cartId|orderId|bookId|customerId|sub|who)$/.test(name) && !told.has(value))
      told.set(value, made);
  }
}

/** The same with the ids that the shop gave; a longer one may begin with a shorter. */
const retold = (value: unknown, told: Map<string, string>): unknown =>
  JSON.parse(
    [...told]
      .sort(([one], [other]) => other.length - one.length)
      .reduce((text, [example, real]) => text.replaceAll(example, real), JSON.stringify(value ?? null)),
  );

/** What an answer has to be like: another time, and another place to go on. */
const likely = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (name, one) => {
    if (name === "email") return expect.stringContaining("@");
    if (typeof one === "string" && /^(at|placedAt|createdAt|updatedAt)$/.test(name))
      return expect.stringMatching(/^\d{4}-.+Z$/);
    return name === "nextCursor" ? expect.toBeOneOf([null, expect.any(String)]) : one;
  });

async function aToken(group: keyof Tokens): Promise<string> {
  const answer = await fetch(shop.url, {
    method: "POST",
    headers: { "x-amz-target": "LocalUserPool.IssueTokens", "content-type": "application/x-amz-json-1.1" },
    body: JSON.stringify({
      Username: `${randomUUID()}@example.com`,
      ...(group === "admins" && { Group: group }),
    }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}
