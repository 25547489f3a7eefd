import { describe, expect, test } from "vitest";
import { aBook, aCustomer, inTheCart, theStaff } from "../given.ts";

const shippingAddress = { name: "Ada Reader", lines: ["1 Any Street"], city: "Anytown", country: "GB" };

describe("GET /api/me/export", () => {
  test("has the account, the cart and the orders", async () => {
    const ada = await aCustomer();
    const book = await aBook();
    await inTheCart(ada, [book]);
    const { body: order } = await ada.post("/api/orders", { shippingAddress });
    const { body: cart } = await inTheCart(ada, [{ ...book, quantity: 2 }]);

    const { status, headers, body } = await ada.get("/api/me/export");

    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("private, no-store");
    expect(body).toEqual({
      account: { sub: ada.sub, email: ada.email, groups: ["customers"], createdAt: expect.any(String) },
      cart,
      orders: { items: [order], nextCursor: null },
    });
    expect(new Date(body.account.createdAt).toISOString()).toBe(body.account.createdAt);
  });

  test("goes on where the page before it ended", async () => {
    const ada = await aCustomer();
    const book = await aBook();
    for (let order = 0; order < 21; order++) {
      await inTheCart(ada, [book]);
      await ada.post("/api/orders");
    }

    const first = (await ada.get("/api/me/export")).body.orders;
    const second = (await ada.get(`/api/me/export?cursor=${first.nextCursor}`)).body.orders;

    expect(first.items).toHaveLength(20);
    expect(second).toMatchObject({ items: [{}], nextCursor: null });
    const { items } = (await ada.get("/api/orders?limit=50")).body;
    expect([...first.items, ...second.items]).toEqual(items);
  });

  test("is nobody else's", async () => {
    const [ada, bob] = [await aCustomer(), await aCustomer()];
    const book = await aBook();
    for (let order = 0; order < 21; order++) {
      await inTheCart(ada, [book]);
      await ada.post("/api/orders");
    }
    const { nextCursor } = (await ada.get("/api/me/export")).body.orders;

    expect((await bob.get("/api/me/export")).body.orders.items).toEqual([]);
    expect(await bob.get(`/api/me/export?cursor=${nextCursor}`)).toMatchObject({
      status: 400,
      body: { code: "invalid-cursor" },
    });
  });
});

describe("DELETE /api/me", () => {
  test("leaves the orders, without the address, and nothing to change", async () => {
    const ada = await aCustomer();
    const [book, other] = [await aBook(), await aBook({ stock: 5 })];
    await inTheCart(ada, [book, other]);
    const { body: order } = await ada.post("/api/orders", { shippingAddress }, { "idempotency-key": "k" });
    await inTheCart(ada, [book]);

    const erased = await ada.delete("/api/me");

    expect(erased).toMatchObject({ status: 204, text: "" });
    expect(erased.headers.get("x-request-id")).toBeTruthy();
    const left = { ...order, shippingAddress: null };
    expect((await ada.get("/api/orders")).body.items).toEqual([left]);
    expect((await ada.get(`/api/orders/${order.orderId}`)).body).toEqual(left);
    expect((await ada.get("/api/cart")).body).toMatchObject({ cartId: null, lines: [], itemCount: 0 });
    expect((await ada.get("/api/me/export")).body.account).toMatchObject({
      sub: ada.sub,
      email: null,
      createdAt: null,
    });
    const staff = await theStaff();
    expect((await staff.get(`/api/admin/orders/${order.orderId}`)).body).toMatchObject({
      customerId: ada.sub,
      shippingAddress: null,
    });
    for (const refused of [
      await ada.post("/api/cart/add", { bookId: book.bookId }),
      await ada.post("/api/cart/add", { bookId: book.bookId }, { "idempotency-key": "another" }),
      await ada.put(`/api/cart/items/${book.bookId}`, { quantity: 2 }),
      await ada.delete(`/api/cart/items/${book.bookId}`),
      await ada.delete("/api/cart"),
      await ada.post("/api/orders"),
      await ada.post("/api/orders", { shippingAddress }, { "idempotency-key": "k" }),
      await ada.post(`/api/orders/${order.orderId}/cancel`),
    ])
      expect(refused).toMatchObject({ status: 403, body: { code: "forbidden" } });
    expect((await ada.get("/api/orders")).body.items).toEqual([left]);
  });

  test("can be repeated, and asked by who never did anything", async () => {
    const ada = await aCustomer();
    for (let time = 0; time < 3; time++) expect((await ada.delete("/api/me")).status).toBe(204);
  });

  test("touches nobody else", async () => {
    const [ada, bob] = [await aCustomer(), await aCustomer()];
    const book = await aBook();
    const { body: cart } = await inTheCart(bob, [book]);

    await ada.delete("/api/me");

    expect((await bob.get("/api/cart")).body).toEqual(cart);
  });
});
