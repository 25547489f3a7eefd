import { describe, expect, test } from "vitest";
import { aBook, aCustomer, inTheCart, type Person, theStaff } from "../given.ts";
import { call } from "../shop.ts";

async function anOrder(who: Person, book: { bookId: string }, quantity = 1) {
  await inTheCart(who, [{ ...book, quantity }]);
  return (await who.post("/api/orders")).body;
}

const move = async (orderId: string, status: string) =>
  (await theStaff()).patch(`/api/admin/orders/${orderId}`, { status });
const stockOf = async ({ bookId }: { bookId: string }) =>
  (await call({ method: "GET", path: `/api/books/${bookId}` })).body.stock;

describe("POST /api/orders/{orderId}/cancel", () => {
  test("cancels a pending order, and the stock goes back", async () => {
    const ada = await aCustomer();
    const book = await aBook({ stock: 5 });
    const order = await anOrder(ada, book, 3);
    expect(await stockOf(book)).toBe(2);

    const { status, headers, body } = await ada.post(`/api/orders/${order.orderId}/cancel`);

    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("private, no-store");
    expect(body).toEqual({
      ...order,
      status: "cancelled",
      history: [
        ...order.history,
        { status: "cancelled", at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), by: "customer" },
      ],
    });
    expect(await stockOf(book)).toBe(5);
    expect((await ada.get(`/api/orders/${order.orderId}`)).body).toEqual(body);
  });

  test("leaves a stock that staff have set to the most meanwhile, and it can be lowered again", async () => {
    const [ada, staff] = [await aCustomer(), await theStaff()];
    const book = await aBook({ stock: 5 });
    const { orderId } = await anOrder(ada, book, 5);
    const change = (form: object) => staff.patch(`/api/admin/books/${book.bookId}`, form);
    await change({ stock: 1_000_000_000 });

    expect((await ada.post(`/api/orders/${orderId}/cancel`)).status).toBe(200);

    expect(await stockOf(book)).toBe(1_000_000_000);
    expect((await change({ stockChange: -1 })).body.stock).toBe(999_999_999);
  });

  test("refuses a second time, and gives the stock back once", async () => {
    const ada = await aCustomer();
    const book = await aBook({ stock: 5 });
    const { orderId } = await anOrder(ada, book, 2);
    await ada.post(`/api/orders/${orderId}/cancel`);

    const { status, body } = await ada.post(`/api/orders/${orderId}/cancel`);

    expect(status).toBe(409);
    expect(body).toEqual({
      type: "urn:bookshop:invalid-transition",
      title: expect.any(String),
      status: 409,
      detail: expect.any(String),
      code: "invalid-transition",
      orderStatus: "cancelled",
    });
    expect(await stockOf(book)).toBe(5);
  });

  test("happens once when customer and staff race for it", async () => {
    const ada = await aCustomer();
    const book = await aBook({ stock: 5 });
    const { orderId } = await anOrder(ada, book, 4);

    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        index % 2 === 0 ? ada.post(`/api/orders/${orderId}/cancel`) : move(orderId, "cancelled"),
      ),
    );

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status, body } of answers)
      if (status !== 200)
        expect(body).toMatchObject({ code: "invalid-transition", orderStatus: "cancelled" });
    expect(await stockOf(book)).toBe(5);
    expect((await ada.get(`/api/orders/${orderId}`)).body.history).toHaveLength(2);
  });

  test.each(["paid", "paid shipped", "paid shipped delivered"])(
    "is too late for an order that went on: %s",
    async (way) => {
      const ada = await aCustomer();
      const book = await aBook({ stock: 1 });
      const { orderId } = await anOrder(ada, book);
      const steps = way.split(" ");
      for (const step of steps) await move(orderId, step);

      const { status, body } = await ada.post(`/api/orders/${orderId}/cancel`);

      expect(status).toBe(409);
      expect(body).toMatchObject({ code: "invalid-transition", orderStatus: steps.at(-1) });
      expect(await stockOf(book)).toBe(0);
    },
  );

  test("gives back only what was taken", async () => {
    const ada = await aCustomer();
    const [since, noLonger, never] = await Promise.all([aBook(), aBook({ stock: 9 }), aBook()]);
    await inTheCart(ada, [since, noLonger, never]);
    const { orderId } = (await ada.post("/api/orders")).body;
    const staff = await theStaff();
    await staff.patch(`/api/admin/books/${since.bookId}`, { stock: 1 });
    await staff.patch(`/api/admin/books/${noLonger.bookId}`, { stock: null });

    expect((await ada.post(`/api/orders/${orderId}/cancel`)).status).toBe(200);

    expect(await Promise.all([since, noLonger, never].map(stockOf))).toEqual([1, null, null]);
  });

  test("knows another's order as little as one that does not exist, and leaves it alone", async () => {
    const [ada, bob] = await Promise.all([aCustomer(), aCustomer()]);
    const { orderId } = await anOrder(ada, await aBook());

    const answers = await Promise.all(
      [orderId, "no-such-order", "a".repeat(65)].map((id) => bob.post(`/api/orders/${id}/cancel`)),
    );

    for (const { status, body } of answers)
      expect({ status, code: body.code }).toEqual({ status: 404, code: "order-not-found" });
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect((await ada.get(`/api/orders/${orderId}`)).body.status).toBe("pending");
  });

  test("asks who calls", async () => {
    expect((await call({ method: "POST", path: "/api/orders/x/cancel" })).status).toBe(401);
  });
});
