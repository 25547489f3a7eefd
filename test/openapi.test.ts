import { createConfig, lintFromString } from "@redocly/openapi-core";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { routeKey, routes } from "../functions/routes.ts";
import { refusals } from "../shared/refusal.ts";
import { type Answer, type Asked, Description } from "./description.ts";
import { aBook, aCustomer, type Person } from "./given.ts";

// biome-ignore lint/suspicious/noExplicitAny: what the tests are about to judge
let document: any;
let text: string;

beforeAll(async () => {
  text = await (await fetch(`${inject("url")}/openapi.json`)).text();
  document = JSON.parse(text);
});

type Schema = Record<string, unknown>;

/** Every schema in the document, however deep, by where it stands. */
function everySchema(value: unknown, at = "#"): [string, Schema][] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.entries(value)
    .filter(([name]) => name !== "example")
    .flatMap(([name, one]) => everySchema(one, `${at}/${name}`));
  return "type" in value ? [[at, value as Schema], ...inner] : inner;
}

describe("the API's description", () => {
  test("is clean by Redocly's recommended rules", async () => {
    const config = await createConfig({ extends: ["recommended"] });

    const problems = await lintFromString({ source: text, config });

    expect(
      problems.map(({ ruleId, message, location: [at] }) => `${ruleId} ${message} ${at?.pointer}`),
    ).toEqual([]);
  });

  test("would not be clean with an operation that describes nothing", async () => {
    const config = await createConfig({ extends: ["recommended"] });
    const { responses } = document.paths["/api/cart"].get;
    const bare = { ...document, paths: { ...document.paths, "/api/bare": { get: { responses } } } };

    const problems = await lintFromString({ source: JSON.stringify(bare), config });

    expect(problems.map(({ ruleId }) => ruleId)).toContain("operation-summary");
  });

  test("has every route, and no other", () => {
    const described = Object.entries<object>(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );

    expect(described.sort()).toEqual(routes.map(routeKey).sort());
  });

  test("has every code, with its status", () => {
    const codes = new Map(
      everySchema(document).flatMap(([, { properties }]) => {
        const { code, status } = (properties ?? {}) as Record<string, { const?: unknown }>;
        return code?.const ? [[code.const, status?.const]] : [];
      }),
    );

    expect(Object.fromEntries(codes)).toEqual({
      ...Object.fromEntries(Object.entries(refusals).map(([code, [status]]) => [code, status])),
      "internal-error": 500,
    });
  });

  test("asks for a token where the route does", () => {
    for (const { method, path, who } of routes) {
      const { security } = document.paths[path][method.toLowerCase()];
      expect(security).toEqual(who === "anyone" ? [] : [{ signIn: [] }, { accessToken: [`${who}s`] }]);
    }
    expect(document.components.securitySchemes).toMatchObject({
      signIn: { type: "oauth2", flows: { authorizationCode: { scopes: { openid: expect.any(String) } } } },
      accessToken: { type: "http", scheme: "bearer" },
    });
  });

  test("says where sign-in is found", async () => {
    const { description, flows } = document.components.securitySchemes.signIn;
    const [configuration = ""] = /http\S+openid-configuration/.exec(description) ?? [];
    const { authorizationUrl, tokenUrl } = flows.authorizationCode;

    expect(await (await fetch(configuration)).json()).toMatchObject({
      authorization_endpoint: authorizationUrl,
      token_endpoint: tokenUrl,
      code_challenge_methods_supported: ["S256"],
    });
  });

  test("closes every schema but that of itself", () => {
    const open = everySchema(document)
      .filter(([, { type, additionalProperties }]) => type === "object" && additionalProperties !== false)
      .map(([at]) => at);

    expect(open).toEqual(["#/paths//openapi.json/get/responses/200/content/application/json/schema"]);
  });
});

describe("an answer that the description does not have", () => {
  let ada: Person;
  let description: Description;
  let cart: Answer;
  let refused: Answer;
  const look = { method: "GET", target: "/api/cart" };
  const order = { method: "POST", target: "/api/orders" };

  beforeAll(async () => {
    description = new Description(document);
    ada = await aCustomer();
    const { bookId } = await aBook();
    refused = await ada.post("/api/orders");
    cart = await ada.post("/api/cart/add", { bookId });
  });

  const changed = (answer: Answer, change: (body: Record<string, unknown>) => object): Answer => ({
    ...answer,
    text: JSON.stringify(change(JSON.parse(answer.text))),
  });
  const without = (answer: Answer, name: string, instead?: string): Answer => {
    const headers = new Headers(answer.headers);
    headers.delete(name);
    if (instead !== undefined) headers.set(name, instead);
    return { ...answer, headers };
  };
  const wrong: [string, () => [Asked, Answer]][] = [
    ["another status", () => [look, { ...cart, status: 202 }]],
    ["a member more", () => [look, changed(cart, (body) => ({ ...body, note: "" }))]],
    ["a member less", () => [look, changed(cart, ({ total, ...body }) => body)]],
    ["a member of another type", () => [look, changed(cart, (body) => ({ ...body, version: "1" }))]],
    [
      "a member more, deep inside",
      () => [
        look,
        changed(cart, (body) => ({ ...body, lines: [{ ...(body.lines as object[])[0], isbn: null }] })),
      ],
    ],
    ["no ETag", () => [look, without(cart, "etag")]],
    ["an ETag without its quotes", () => [look, without(cart, "etag", "1")]],
    ["an answer that anyone may keep", () => [look, without(cart, "cache-control", "public")]],
    ["a header more", () => [look, without(cart, "x-served-by", "us")]],
    ["another type", () => [look, without(cart, "content-type", "text/plain")]],
    ["a code of another route", () => [look, refused]],
    ["a code of another status", () => [order, { ...refused, status: 412 }]],
    ["a problem with a member more", () => [order, changed(refused, (body) => ({ ...body, stack: "" }))]],
    ["a problem without its member", () => [order, changed(refused, ({ latestOrderId, ...body }) => body)]],
    ["a cart where no route is", () => [{ method: "GET", target: "/api/baskets" }, cart]],
    [
      "that a body was taken which it forbids",
      () => [{ method: "POST", target: "/api/cart/add", body: "{}" }, cart],
    ],
  ];

  test("is told from one that it has", () => {
    expect(description.unsaid(look, cart)).toBeUndefined();
    expect(description.unsaid(order, refused)).toBeUndefined();
  });

  test.each(wrong)("is found: %s", (_, made) => {
    expect(description.unsaid(...made())).toMatch(/./);
  });
});
