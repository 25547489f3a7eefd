import { describe, expect, test } from "vitest";
import { aBook, aCustomer, inTheCart } from "../given.ts";

describe("POST /api/orders", () => {
  test("turns the cart into an order that its customer finds again, and empties the cart", async () => {
    const ada = await aCustomer();
    const [dearer, cheaper] = [
      await aBook({ title: "B", price: 450 }),
      await aBook({ title: "A", price: 99 }),
    ];
    const { body: cart } = await inTheCart(ada, [
      { bookId: dearer.bookId, quantity: 2 },
      { bookId: cheaper.bookId },
    ]);

    const placed = await ada.post("/api/orders");

    expect(placed.status).toBe(201);
    expect(placed.body).toMatchObject({
      cartId: cart.cartId,
      status: "pending",
      itemCount: 3,
      total: { amount: 999, currency: "USD" },
      shippingAddress: null,
    });
    expect(placed.body.lines.map((line: { title: string }) => line.title)).toEqual(["A", "B"]);
    expect(placed.headers.get("location")).toBe(`/api/orders/${placed.body.orderId}`);
    expect((await ada.get("/api/orders")).body.items).toEqual([placed.body]);
    expect((await ada.get("/api/cart")).body).toMatchObject({ cartId: null, lines: [], itemCount: 0 });
  });

  test("makes one order of a cart, however many requests race", async () => {
    const ada = await aCustomer();
    const book = await aBook();
    await inTheCart(ada, [book]);

    const answers = await Promise.all(Array.from({ length: 20 }, () => ada.post("/api/orders")));

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 201).map(({ body }) => body.code))).toEqual(
      new Set(["cart-empty"]),
    );
    expect((await ada.get("/api/orders")).body.items).toHaveLength(1);
  });
});
