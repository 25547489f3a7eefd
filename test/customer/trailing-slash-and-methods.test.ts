import { beforeAll, describe, expect, test } from "vitest";
import { routes } from "../../functions/routes.ts";
import { aBook, aCustomer, inTheCart, type Person, theStaff } from "../given.ts";
import { call } from "../shop.ts";

let ada: Person;

beforeAll(async () => {
  ada = await aCustomer();
});

describe("a path with a slash at its end", () => {
  test.each(routes.map(({ method, path }) => ({ method, path: path.replace(/\{.+\}/, "an-id") })))(
    "$method $path/ leads to the path without it, whoever calls",
    async ({ method, path }) => {
      const { status, headers, text } = await call({
        method,
        path: `${path}/?limit=2&title=a%20b%26c&title=`,
      });

      expect(status).toBe(308);
      expect(headers.get("location")).toBe(`${path}?limit=2&title=a%20b%26c&title=`);
      expect(headers.get("x-request-id")).toMatch(/./);
      expect(text).toBe("");
    },
  );

  test("needs no query", async () => {
    expect((await call({ method: "GET", path: "/api/books/" })).headers.get("location")).toBe("/api/books");
  });

  test("does not lead to another thing where the id has what an address means something by", async () => {
    const [bob, { bookId }] = [await aCustomer(), await aBook()];
    await inTheCart(bob, [{ bookId }]);

    for (const mark of ["%3F", "%23"]) {
      const path = `/api/cart/items/${bookId}${mark}x`;
      const { status, headers } = await bob.delete(`${path}/`);

      expect(status).toBe(308);
      expect(headers.get("location")).toBe(path);
      expect(await bob.delete(path)).toMatchObject({ status: 404, body: { code: "book-not-found" } });
    }
  });

  test("takes a client, method and body kept, to the same answer", async () => {
    const { bookId } = await aBook();
    const body = { bookId, quantity: 2 };

    const { headers } = await ada.post("/api/cart/add/", body);
    const { status, body: cart } = await ada.post(headers.get("location") ?? "", body);

    expect(status).toBe(200);
    expect(cart.itemCount).toBe(2);
  });
});

describe("a path that there is not", () => {
  test.each([
    ["GET", "/"],
    ["GET", "/api"],
    ["GET", "/api/"],
    ["GET", "/api/nothing"],
    ["GET", "/api/nothing/"],
    ["GET", "/api/books//"],
    ["GET", "/api/books/x/y"],
    ["GET", "/API/books"],
    ["POST", "/api/cart/items"],
    ["GET", "/api/cart/items/"],
    ["POST", "/api/orders//cancel"],
    ["DELETE", "/api/admin"],
    ["GET", "/api/books;x=1"],
  ])("%s %s is answered 404, signed in or not", async (method, path) => {
    for (const { status, headers, body } of [await call({ method, path }), await ada.send(method, path)]) {
      expect(status).toBe(404);
      expect(headers.get("x-request-id")).toMatch(/./);
      expect(headers.get("content-type")).toBe("application/problem+json");
      expect(body).toEqual({
        type: "urn:bookshop:route-not-found",
        title: expect.any(String),
        status: 404,
        detail: expect.any(String),
        code: "route-not-found",
      });
    }
  });
});

describe("a method that a path does not take", () => {
  test.each([
    ["POST", "/api/books", ["GET"]],
    ["POST", "/api/books/", ["GET"]],
    ["DELETE", "/api/books/x", ["GET"]],
    ["GET", "/api/cart/add", ["POST"]],
    ["POST", "/api/cart", ["GET", "DELETE"]],
    ["GET", "/api/cart/items/x", ["PUT", "DELETE"]],
    ["PATCH", "/api/cart/items/x/", ["PUT", "DELETE"]],
    ["DELETE", "/api/orders", ["GET", "POST"]],
    ["PATCH", "/api/orders/x", ["GET"]],
    ["GET", "/api/orders/x/cancel", ["POST"]],
    ["PUT", "/api/admin/books", ["GET", "POST"]],
    ["DELETE", "/api/admin/books/x", ["GET", "PATCH"]],
    ["POST", "/api/admin/orders", ["GET"]],
    ["PUT", "/api/admin/orders/x", ["GET", "PATCH"]],
  ])("%s %s is answered 405, with those that it takes", async (method, path, allowed) => {
    const { status, headers, body } = await call({ method, path });

    expect(status).toBe(405);
    expect(headers.get("allow")?.split(", ").sort()).toEqual(allowed.toSorted());
    expect(headers.get("x-request-id")).toMatch(/./);
    expect(body).toEqual({
      type: "urn:bookshop:method-not-allowed",
      title: expect.any(String),
      status: 405,
      detail: expect.any(String),
      code: "method-not-allowed",
    });
  });
});

describe("every answer of the shop", () => {
  test("carries an X-Request-Id of its own, and a type that nobody need guess", async () => {
    const staff = await theStaff();
    const { bookId } = await aBook();
    await inTheCart(ada, [{ bookId }]);
    const { body: order } = await ada.post("/api/orders");

    const answers = [
      await call({ method: "GET", path: "/api/books" }),
      await call({ method: "GET", path: `/api/books/${bookId}` }),
      await call({ method: "GET", path: "/api/books/none" }),
      await ada.get("/api/cart"),
      await ada.post("/api/cart/add", { bookId }),
      await ada.put(`/api/cart/items/${bookId}`, { quantity: 2 }),
      await ada.put(`/api/cart/items/${bookId}`, { quantity: 0 }),
      await ada.delete(`/api/cart/items/${bookId}`),
      await ada.delete("/api/cart"),
      await ada.post("/api/orders"),
      await ada.get("/api/orders"),
      await ada.get(`/api/orders/${order.orderId}`),
      await ada.post(`/api/orders/${order.orderId}/cancel`),
      await staff.get("/api/admin/books"),
      await staff.get(`/api/admin/books/${bookId}`),
      await staff.patch(`/api/admin/books/${bookId}`, {}),
      await staff.get("/api/admin/orders"),
      await staff.get(`/api/admin/orders/${order.orderId}`),
      await staff.patch(`/api/admin/orders/${order.orderId}`, { status: "paid" }),
      await ada.get("/api/admin/orders"),
    ];

    const ids = answers.map(({ headers }) => headers.get("x-request-id") ?? "");
    for (const id of ids) expect(id).toMatch(/\S/);
    expect(new Set(ids).size).toBe(answers.length);
    for (const { status, headers, body } of answers) {
      expect(headers.get("content-type")).toBe(
        status < 400 ? "application/json" : "application/problem+json",
      );
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("idempotency-replayed")).toBeNull();
      if (status >= 400) expect(body).toMatchObject({ type: `urn:bookshop:${body.code}`, status });
    }
  });
});
