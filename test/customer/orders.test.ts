import { beforeAll, describe, expect, test } from "vitest";
import { aBook, aCustomer, inTheCart, type Person, theStaff } from "../given.ts";
import { call } from "../shop.ts";

type Order = { orderId: string; placedAt: string };

let ada: Person;
let bob: Person;
/** Ada's, newest first. */
const placed: Order[] = [];

async function place(who: Person, book: { bookId: string }): Promise<Order> {
  await inTheCart(who, [book]);
  return (await who.post("/api/orders")).body;
}

beforeAll(async () => {
  const book = await aBook();
  [ada, bob] = await Promise.all([aCustomer(), aCustomer()]);
  for (let count = 0; count < 5; count++) placed.unshift(await place(ada, book));
  for (let count = 0; count < 2; count++) await place(bob, book);
});

describe("GET /api/orders", () => {
  test("shows the caller's own orders whole, newest first", async () => {
    const { status, headers, body } = await ada.get("/api/orders");

    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("private, no-store");
    expect(body).toEqual({ items: placed, nextCursor: null });
    expect(placed.map(({ placedAt }) => placedAt)).toEqual(
      placed
        .map(({ placedAt }) => placedAt)
        .sort()
        .reverse(),
    );
  });

  test("has nothing for somebody who has not ordered", async () => {
    expect((await (await aCustomer()).get("/api/orders")).body).toEqual({ items: [], nextCursor: null });
  });

  test("has an order as soon as it is placed", async () => {
    const carl = await aCustomer();
    const book = await aBook();

    for (let count = 1; count <= 3; count++) {
      const order = await place(carl, book);
      const { items } = (await carl.get("/api/orders")).body;
      expect(items).toHaveLength(count);
      expect(items[0]).toEqual(order);
    }
  });

  test.each([1, 2, 3, 4, 5])("shows each once in pages of %i, and says which is the last", async (limit) => {
    const seen: Order[][] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const { body }: { body: { items: Order[]; nextCursor: string | null } } = await ada.get(
        `/api/orders?limit=${limit}${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(body.items);
      cursor = body.nextCursor;
    }

    expect(seen.flat()).toEqual(placed);
    expect(seen).toHaveLength(Math.ceil(5 / limit));
  });

  test("goes on where the page before ended, whatever is ordered meanwhile", async () => {
    const carl = await aCustomer();
    const book = await aBook();
    const [first, second] = [await place(carl, book), await place(carl, book)];
    const { body: page } = await carl.get("/api/orders?limit=1");

    await place(carl, book);
    const { body: next } = await carl.get(`/api/orders?limit=1&cursor=${page.nextCursor}`);

    expect(page.items).toEqual([second]);
    expect(next).toEqual({ items: [first], nextCursor: null });
  });

  test("gives a cursor to this caller and this list alone", async () => {
    const { nextCursor: cursor } = (await ada.get("/api/orders?limit=1")).body;
    const { nextCursor: another } = (await bob.get("/api/orders?limit=1")).body;
    const { nextCursor: ofBooks } = (await call({ method: "GET", path: "/api/books?limit=1" })).body;
    const wrong = [
      another,
      ofBooks,
      `${cursor}A`,
      cursor.slice(1),
      "",
      "x",
      "%00",
      ".",
      "null",
      `${cursor}.`,
    ];

    for (const one of wrong) {
      const { status, body } = await ada.get(`/api/orders?cursor=${one}`);
      expect({ one, status, code: body.code }).toEqual({ one, status: 400, code: "invalid-cursor" });
      expect(body.errors).toEqual([{ path: "?cursor", message: expect.any(String) }]);
    }
    expect((await ada.get(`/api/orders?cursor=${cursor}&limit=50`)).body.items).toEqual(placed.slice(1));
  });

  test.each(["limit=0", "limit=51", "limit=x", "limit=-1", "limit=1.5", "limit=", "limit=5&limit=5"])(
    "refuses ?%s",
    async (query) => {
      const { status, body } = await ada.get(`/api/orders?${query}`);

      expect(status).toBe(400);
      expect(body).toMatchObject({ code: "invalid-request", errors: [{ path: "?limit" }] });
    },
  );

  test("does not mind a parameter that it does not know", async () => {
    expect((await bob.get(`/api/orders?customerId=${ada.sub}&status=paid`)).body.items).toHaveLength(2);
  });
});

describe("GET /api/orders/{orderId}", () => {
  test("shows the order as the list does, and where it has got to", async () => {
    const order = placed[0] as Order;
    await (await theStaff()).patch(`/api/admin/orders/${order.orderId}`, { status: "paid" });

    const { status, headers, body } = await ada.get(`/api/orders/${order.orderId}`);

    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("private, no-store");
    expect(body).toEqual({
      ...order,
      status: "paid",
      history: [
        { status: "pending", at: order.placedAt, by: "customer" },
        {
          status: "paid",
          at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
          by: "staff",
        },
      ],
    });
    expect((await ada.get("/api/orders?limit=1")).body.items).toEqual([body]);
  });

  test("knows another's as little as one that does not exist, in the same bytes", async () => {
    const { orderId } = placed[1] as Order;
    const ids = [orderId, orderId.replace(/.$/, "!"), "no-such-order", "a".repeat(65), orderId.slice(1)];

    const answers = await Promise.all(ids.map((id) => bob.get(`/api/orders/${id}`)));

    for (const { status, headers, body } of answers) {
      expect(status).toBe(404);
      expect(headers.get("content-type")).toBe("application/problem+json");
      expect(body).toEqual({
        type: "urn:bookshop:order-not-found",
        title: expect.any(String),
        status: 404,
        detail: expect.any(String),
        code: "order-not-found",
      });
    }
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  test("knows the caller's own by its whole id alone", async () => {
    const { orderId } = placed[2] as Order;
    const another = orderId.replace(/^./, (first) => (first === "0" ? "1" : "0"));

    for (const { status, body } of [
      await ada.get(`/api/orders/${another}`),
      await ada.post(`/api/orders/${another}/cancel`),
    ])
      expect({ status, code: body.code }).toEqual({ status: 404, code: "order-not-found" });
    expect((await ada.get(`/api/orders/${orderId}`)).body.status).toBe("pending");
  });

  test.each(["/api/orders", "/api/orders/x"])("GET %s asks who calls", async (path) => {
    expect((await call({ method: "GET", path })).status).toBe(401);
  });
});
