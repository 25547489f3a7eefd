import { expect, test } from "vitest";
import { inProcess, overHttp } from "./shop.ts";

// How API Gateway takes a path that is not written as it could be is its own affair, so this is asked here alone.

test("a route that is written in another way is none, and takes no other methods either", async () => {
  expect(await overHttp("GET", "/api/%63art", {})).toMatchObject({
    status: 404,
    body: { code: "route-not-found" },
  });
});

test("a percent sign in an id stays one where its path leads on", async () => {
  const { status, headers } = await overHttp("GET", "/api/books/a%25x/", {});

  expect([status, headers.get("location")]).toEqual([308, "/api/books/a%25x"]);
});

test.each([
  ["DELETE", "/api/cart/items/%2e%2e/"],
  ["GET", "/api/orders/%2e/"],
  ["GET", "/docs/%2e%2e/"],
])("a path with dots leads nowhere, since a client would follow them: %s %s", async (method, path) => {
  // what HTTP clients send of such a path is another one
  expect(await inProcess(method, path, {})).toMatchObject({
    status: 404,
    body: { code: "route-not-found" },
  });
});
