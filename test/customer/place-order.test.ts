import { beforeAll, describe, expect, test } from "vitest";
import { aBook, aCustomer, changeBook, inTheCart, type Person } from "../given.ts";
import { call } from "../shop.ts";

const dollars = (amount: number) => ({ amount, currency: "USD" });
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const anId = expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);

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

  test("answers with the whole order and nothing more, with the address that was given", async () => {
    const ada = await aCustomer();
    const book = await aBook({ price: 1_000_000_000 });
    const { body: cart } = await inTheCart(ada, [{ ...book, quantity: 99 }]);
    const shippingAddress = {
      name: "Ada Lovelace",
      lines: ["12 St James's Square", "2nd floor", "\u{1F4D6}".repeat(100), "4"],
      city: "London",
      region: "Greater London",
      postalCode: "SW1Y 4JH",
      country: "GB",
    };

    const { status, headers, body } = await ada.post("/api/orders", { cartId: cart.cartId, shippingAddress });

    expect(status).toBe(201);
    expect(headers.get("cache-control")).toBe("private, no-store");
    expect(headers.get("idempotency-replayed")).toBeNull();
    expect(body).toEqual({
      orderId: anId,
      cartId: cart.cartId,
      status: "pending",
      lines: [
        {
          bookId: book.bookId,
          title: book.title,
          quantity: 99,
          unitPrice: dollars(1_000_000_000),
          lineTotal: dollars(99_000_000_000),
        },
      ],
      itemCount: 99,
      total: dollars(99_000_000_000),
      shippingAddress,
      placedAt: time,
      history: [{ status: "pending", at: body.placedAt, by: "customer" }],
    });
    expect((await ada.get(`/api/orders/${body.orderId}`)).body).toEqual(body);
  });

  test("needs no more of an address than name, a line, a city and a country", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [await aBook()]);
    const shippingAddress = { name: "A", lines: ["1"], city: "C", country: "US" };

    expect((await ada.post("/api/orders", { shippingAddress })).body.shippingAddress).toEqual(
      shippingAddress,
    );
  });

  test("charges what the catalogue says, not what the cart showed before", async () => {
    const ada = await aCustomer();
    const book = await aBook({ price: 100 });
    await inTheCart(ada, [book]);

    await changeBook(book.bookId, { price: dollars(300), title: "Dearer" });
    const { body } = await ada.post("/api/orders");
    await changeBook(book.bookId, { price: dollars(1), title: "Cheaper" });

    expect(body).toMatchObject({
      total: dollars(300),
      lines: [{ title: "Dearer", unitPrice: dollars(300) }],
    });
    expect((await ada.get(`/api/orders/${body.orderId}`)).body).toEqual(body);
  });

  test("starts a new cart with the next add", async () => {
    const ada = await aCustomer();
    const book = await aBook();
    const { body: first } = await inTheCart(ada, [book]);
    const { body: order } = await ada.post("/api/orders");

    const { body: second } = await inTheCart(ada, [book]);

    expect(second.cartId).toEqual(anId);
    expect(second.cartId).not.toBe(first.cartId);
    expect(second.version).toBeGreaterThan(first.version);
    expect(second.itemCount).toBe(1);
    expect((await ada.post("/api/orders")).body.orderId).not.toBe(order.orderId);
  });

  test("refuses an empty cart, and names the latest order if there is one", async () => {
    const ada = await aCustomer();
    const book = await aBook();

    const never = await ada.post("/api/orders");
    await inTheCart(ada, [book]);
    await ada.delete("/api/cart");
    const emptied = await ada.post("/api/orders", {});
    await inTheCart(ada, [book]);
    const { body: order } = await ada.post("/api/orders");
    const again = await ada.post("/api/orders");

    const refusal = (latestOrderId: string | null) => ({
      type: "urn:bookshop:cart-empty",
      title: expect.any(String),
      status: 409,
      detail: expect.any(String),
      code: "cart-empty",
      latestOrderId,
    });
    expect(never).toMatchObject({ status: 409, body: refusal(null) });
    expect(never.body).toEqual(refusal(null));
    expect(emptied.body).toEqual(refusal(null));
    expect(again.body).toEqual(refusal(order.orderId));
  });

  test("refuses a withdrawn book, and orders nothing", async () => {
    const ada = await aCustomer();
    const [kept, one, two] = await Promise.all([aBook(), aBook({ stock: 5 }), aBook()]);
    await inTheCart(ada, [kept, one, two]);
    await Promise.all([one, two].map(({ bookId }) => changeBook(bookId, { active: false })));
    const { body: before } = await ada.get("/api/cart");

    const { status, body } = await ada.post("/api/orders");

    expect(status).toBe(409);
    expect(body).toEqual({
      type: "urn:bookshop:book-unavailable",
      title: expect.any(String),
      status: 409,
      detail: expect.any(String),
      code: "book-unavailable",
      lines: expect.arrayContaining([{ bookId: one.bookId }, { bookId: two.bookId }]),
    });
    expect(body.lines).toHaveLength(2);
    expect((await ada.get("/api/cart")).body).toEqual(before);
    expect((await ada.get("/api/orders")).body.items).toEqual([]);
  });

  test("orders again once what was in the way is gone", async () => {
    const ada = await aCustomer();
    const [kept, gone] = await Promise.all([aBook(), aBook()]);
    const { body: cart } = await inTheCart(ada, [kept, gone]);
    await changeBook(gone.bookId, { active: false });
    await ada.post("/api/orders");

    await ada.delete(`/api/cart/items/${gone.bookId}`);
    const { status, body } = await ada.post("/api/orders");

    expect(status).toBe(201);
    expect(body).toMatchObject({ cartId: cart.cartId, itemCount: 1 });
  });

  test("asks who calls", async () => {
    expect((await call({ method: "POST", path: "/api/orders" })).status).toBe(401);
  });
});

describe("POST /api/orders of a named cart", () => {
  test("orders the open cart", async () => {
    const ada = await aCustomer();
    const { body: cart } = await inTheCart(ada, [await aBook()]);

    expect((await ada.post("/api/orders", { cartId: cart.cartId })).status).toBe(201);
  });

  test("names the order that the cart became, also when another cart is open by now", async () => {
    const ada = await aCustomer();
    const book = await aBook();
    const { body: cart } = await inTheCart(ada, [book]);
    const { body: order } = await ada.post("/api/orders");

    const first = await ada.post("/api/orders", { cartId: cart.cartId });
    await inTheCart(ada, [book]);
    const second = await ada.post("/api/orders", { cartId: cart.cartId });

    for (const { status, headers, body } of [first, second]) {
      expect(status).toBe(409);
      expect(headers.get("location")).toBe(`/api/orders/${order.orderId}`);
      expect(body).toEqual({
        type: "urn:bookshop:order-already-exists",
        title: expect.any(String),
        status: 409,
        detail: expect.any(String),
        code: "order-already-exists",
        orderId: order.orderId,
      });
    }
    expect((await ada.get("/api/cart")).body.itemCount).toBe(1);
    expect((await ada.get("/api/orders")).body.items).toHaveLength(1);
  });

  test("knows neither another's cart, open or ordered, nor one that never was, all in the same bytes", async () => {
    const [ada, bob] = await Promise.all([aCustomer(), aCustomer()]);
    const book = await aBook();
    const { body: ordered } = await inTheCart(bob, [book]);
    await bob.post("/api/orders");
    const { body: open } = await inTheCart(bob, [book]);
    await inTheCart(ada, [book]);

    const answers = [];
    for (const cartId of [open.cartId, ordered.cartId, "never-was", "x".repeat(64)])
      answers.push(await ada.post("/api/orders", { cartId }));

    for (const { status, body } of answers)
      expect({ status, code: body.code }).toEqual({ status: 404, code: "cart-not-found" });
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect((await ada.get("/api/cart")).body.itemCount).toBe(1);
    expect((await bob.get("/api/cart")).body.itemCount).toBe(1);
  });

  test("makes one order of the cart that 10 requests name, and all others name that order", async () => {
    const ada = await aCustomer();
    const { body: cart } = await inTheCart(ada, [await aBook()]);

    const answers = await Promise.all(
      Array.from({ length: 10 }, () => ada.post("/api/orders", { cartId: cart.cartId })),
    );

    const placed = answers.filter(({ status }) => status === 201);
    expect(placed).toHaveLength(1);
    for (const { status, body } of answers)
      if (status !== 201)
        expect(body).toMatchObject({ code: "order-already-exists", orderId: placed[0]?.body.orderId });
  });
});

describe("a body of POST /api/orders", () => {
  let reader: Person;

  beforeAll(async () => {
    reader = await aCustomer();
  });

  test.each([
    ["an empty id", { cartId: "" }, "/cartId"],
    ["an id of 65 characters", { cartId: "a".repeat(65) }, "/cartId"],
    ["an id with a space", { cartId: "a b" }, "/cartId"],
    ["no id but null", { cartId: null }, "/cartId"],
    ["a number", { cartId: 1 }, "/cartId"],
    ["a price", { total: dollars(1) }, ""],
    ["another customer", { customerId: "x" }, ""],
    ["an address of nothing", { shippingAddress: null }, "/shippingAddress"],
    ["an address that is a text", { shippingAddress: "12 St James's Square" }, "/shippingAddress"],
  ])("refuses %s", async (_, body, path) => {
    const refused = await reader.post("/api/orders", body);

    expect(refused).toMatchObject({ status: 400, body: { code: "invalid-request", errors: [{ path }] } });
  });

  const address = { name: "A", lines: ["1"], city: "C", country: "US" };
  test.each([
    ["no name", { name: undefined }, "/name"],
    ["a name of spaces", { name: "  " }, "/name"],
    ["a name too long", { name: "a".repeat(101) }, "/name"],
    ["a name of two lines", { name: "a\nb" }, "/name"],
    ["no lines", { lines: [] }, "/lines"],
    ["five lines", { lines: ["1", "2", "3", "4", "5"] }, "/lines"],
    ["an empty line", { lines: ["1", ""] }, "/lines/1"],
    ["no city", { city: null }, "/city"],
    ["a region too long", { region: "a".repeat(101) }, "/region"],
    ["a postal code that is a number", { postalCode: 12345 }, "/postalCode"],
    ["a country's name", { country: "France" }, "/country"],
    ["a country in small letters", { country: "fr" }, "/country"],
    ["a member that is not of an address", { phone: "1" }, ""],
  ])("refuses an address with %s", async (_, change, path) => {
    const refused = await reader.post("/api/orders", {
      shippingAddress: { ...address, ...change },
    });

    expect(refused).toMatchObject({
      status: 400,
      body: {
        code: "invalid-request",
        errors: [{ path: `/shippingAddress${path}`, message: expect.any(String) }],
      },
    });
  });
});
