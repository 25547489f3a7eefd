import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { aBook, aCustomer, anAdmin, changeBook, inTheCart, type Person, theStaff } from "../given.ts";
import type { Reply } from "../shop.ts";

const replayed = ({ headers }: Reply) => headers.get("idempotency-replayed");
const withKey = (key = randomUUID() as string) => ({ "idempotency-key": key });

let staff: Person;
let book: Awaited<ReturnType<typeof aBook>>;

beforeAll(async () => {
  staff = await theStaff();
  book = await aBook();
});

describe("an Idempotency-Key of POST /api/orders", () => {
  test("answers again with the very bytes of the first answer, and orders nothing more", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    const key = withKey();

    const first = await ada.post("/api/orders", { shippingAddress: address }, key);
    await inTheCart(ada, [book]);
    const second = await ada.post("/api/orders", { shippingAddress: address }, key);

    expect([first.status, replayed(first)]).toEqual([201, null]);
    expect([second.status, replayed(second)]).toEqual([201, "true"]);
    expect(second.text).toBe(first.text);
    expect(second.headers.get("location")).toBe(first.headers.get("location"));
    expect(second.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
    expect((await ada.get("/api/cart")).body.itemCount).toBe(1);
    expect((await ada.get("/api/orders")).body.items).toHaveLength(1);
  });

  test("still does so when the order has moved on, and its books have changed", async () => {
    const ada = await aCustomer();
    const own = await aBook({ stock: 3 });
    await inTheCart(ada, [own]);
    const key = withKey();
    const first = await ada.post("/api/orders", undefined, key);

    await staff.patch(`/api/admin/orders/${first.body.orderId}`, { status: "paid" });
    await staff.patch(`/api/admin/orders/${first.body.orderId}`, { status: "cancelled" });
    await changeBook(own.bookId, { title: "Other", active: false, price: { amount: 1, currency: "USD" } });
    const second = await ada.post("/api/orders", undefined, key);

    expect(second).toMatchObject({ status: 201, text: first.text });
    expect(replayed(second)).toBe("true");
    expect(second.headers.get("location")).toBe(first.headers.get("location"));
    expect((await ada.get(`/api/orders/${first.body.orderId}`)).body.status).toBe("cancelled");
  });

  test("means the same request however its body is written, and whatever its other headers say", async () => {
    const ada = await aCustomer();
    const { headers, body: cart } = await inTheCart(ada, [book]);
    const key = withKey();
    const first = await ada.post(
      "/api/orders",
      { cartId: cart.cartId, shippingAddress: address },
      { ...key, "if-match": headers.get("etag") ?? "" },
    );

    const { lines, city, country, name } = address;
    const turned = JSON.stringify(
      { shippingAddress: { country, city, lines, name }, cartId: cart.cartId },
      null,
      2,
    );
    const second = await ada.post("/api/orders", turned, key);
    const third = await ada.post("/api/orders", turned, {
      ...key,
      "if-match": '"gone"',
      "user-agent": "another",
    });

    for (const answer of [second, third]) {
      expect(answer.text).toBe(first.text);
      expect(replayed(answer)).toBe("true");
    }
  });

  test("takes no body for the same as an empty one", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    const key = withKey();

    const first = await ada.post("/api/orders", undefined, key);

    expect((await ada.post("/api/orders", {}, key)).text).toBe(first.text);
  });

  test("is refused with another request, and that changes nothing", async () => {
    const ada = await aCustomer();
    const { body: cart } = await inTheCart(ada, [book]);
    const key = withKey();
    await ada.post("/api/orders", undefined, key);
    const { body: next } = await inTheCart(ada, [book]);

    const answers = [
      await ada.post("/api/orders", { cartId: cart.cartId }, key),
      await ada.post("/api/orders", { shippingAddress: address }, key),
      await ada.post("/api/cart/add", { bookId: book.bookId }, key),
    ];

    for (const answer of answers) {
      expect(answer.status).toBe(422);
      expect(replayed(answer)).toBeNull();
      expect(answer.body).toEqual({
        type: "urn:bookshop:idempotency-key-reused",
        title: expect.any(String),
        status: 422,
        detail: expect.any(String),
        code: "idempotency-key-reused",
      });
    }
    expect((await ada.get("/api/cart")).body).toEqual(next);
  });

  test("may be used again after a refusal", async () => {
    const ada = await aCustomer();
    const key = withKey();

    const empty = await ada.post("/api/orders", undefined, key);
    const { body: cart } = await inTheCart(ada, [book]);
    const other = await ada.post("/api/orders", { cartId: "never-was" }, key);
    const placed = await ada.post("/api/orders", { cartId: cart.cartId }, key);

    expect([empty, other, placed].map(({ status }) => status)).toEqual([409, 404, 201]);
    expect([empty, other, placed].map(replayed)).toEqual([null, null, null]);
  });

  test("means nothing when another caller sends it", async () => {
    const [ada, bob] = await Promise.all([aCustomer(), aCustomer()]);
    await Promise.all([ada, bob].map((who) => inTheCart(who, [book])));
    const key = withKey();

    const first = await ada.post("/api/orders", undefined, key);
    const second = await bob.post("/api/orders", undefined, key);
    const third = await bob.post("/api/cart/add", { bookId: book.bookId }, withKey(key["idempotency-key"]));

    expect([second.status, replayed(second)]).toEqual([201, null]);
    expect(second.body.orderId).not.toBe(first.body.orderId);
    expect(third.status).toBe(422);
  });

  test("makes one order of 10 requests that race, and the same answer to all", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    const key = withKey();

    const answers = await Promise.all(
      Array.from({ length: 10 }, () => ada.post("/api/orders", undefined, key)),
    );

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter((answer) => replayed(answer) === null)).toHaveLength(1);
    expect((await ada.get("/api/orders")).body.items).toHaveLength(1);
  });

  test("may have 1 to 255 visible ASCII characters", async () => {
    const ada = await aCustomer();
    const visible = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index)).join("");

    for (const key of ["k", "~".repeat(255), visible])
      expect((await ada.post("/api/orders", undefined, withKey(key))).body.code).toBe("cart-empty");
  });

  test.each([
    ["256 characters", "k".repeat(256)],
    ["none", ""],
    ["a space within", "a b"],
    ["a tab within", "a\tb"],
    ["an accent", "caf\u00e9"],
  ])("is refused with %s", async (_, key) => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);

    const answers = [
      await ada.post("/api/orders", undefined, withKey(key)),
      await ada.post("/api/cart/add", { bookId: book.bookId }, withKey(key)),
      await staff.post("/api/admin/books", form, withKey(key)),
      await staff.patch(`/api/admin/books/${book.bookId}`, { stock: 1 }, withKey(key)),
    ];

    for (const { status, body } of answers) {
      expect(status).toBe(400);
      expect(body).toEqual({
        type: "urn:bookshop:invalid-idempotency-key",
        title: expect.any(String),
        status: 400,
        detail: expect.any(String),
        code: "invalid-idempotency-key",
        errors: [{ path: "Idempotency-Key", message: expect.any(String) }],
      });
    }
    expect((await ada.get("/api/cart")).body.itemCount).toBe(1);
  });
});

const address = { name: "Ada", lines: ["1 Street"], city: "London", country: "GB" };
const form = { title: "Once", authors: ["One"], price: { amount: 1, currency: "USD" } };

describe("an Idempotency-Key of POST /api/cart/add", () => {
  test("adds once, and answers with the cart as it is now", async () => {
    const ada = await aCustomer();
    const key = withKey();

    const first = await ada.post("/api/cart/add", { bookId: book.bookId, quantity: 1 }, key);
    await ada.put(`/api/cart/items/${book.bookId}`, { quantity: 7 });
    const second = await ada.post("/api/cart/add", { bookId: book.bookId }, key);

    expect([first.status, replayed(first), first.body.itemCount]).toEqual([200, null, 1]);
    expect([second.status, replayed(second), second.body.itemCount]).toEqual([200, "true", 7]);
    expect(second.body).toEqual((await ada.get("/api/cart")).body);
    expect(second.headers.get("etag")).toBe((await ada.get("/api/cart")).headers.get("etag"));
  });

  test("still answers so when the book is withdrawn, or the cart has become an order", async () => {
    const ada = await aCustomer();
    const own = await aBook();
    const key = withKey();
    await ada.post("/api/cart/add", { bookId: own.bookId }, key);
    await ada.post("/api/orders");
    await changeBook(own.bookId, { active: false });

    const again = await ada.post("/api/cart/add", { bookId: own.bookId }, key);

    expect(again).toMatchObject({ status: 200, body: { cartId: null, lines: [] } });
    expect(replayed(again)).toBe("true");
  });

  test("is refused with another quantity, and may be used again after a refusal", async () => {
    const ada = await aCustomer();
    const [used, unused] = [withKey(), withKey()];
    await ada.post("/api/cart/add", { bookId: book.bookId, quantity: 99 }, used);

    const other = await ada.post("/api/cart/add", { bookId: book.bookId, quantity: 98 }, used);
    const full = await ada.post("/api/cart/add", { bookId: book.bookId }, unused);
    await ada.delete("/api/cart");
    const added = await ada.post("/api/cart/add", { bookId: book.bookId }, unused);

    expect(other).toMatchObject({ status: 422, body: { code: "idempotency-key-reused" } });
    expect(full).toMatchObject({ status: 409, body: { code: "quantity-limit" } });
    expect(added).toMatchObject({ status: 200, body: { itemCount: 1 } });
    expect(replayed(added)).toBeNull();
  });

  test("adds once when 10 requests race", async () => {
    const ada = await aCustomer();
    const key = withKey();

    const answers = await Promise.all(
      Array.from({ length: 10 }, () => ada.post("/api/cart/add", { bookId: book.bookId }, key)),
    );

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers.filter((answer) => replayed(answer) === null)).toHaveLength(1);
    expect((await ada.get("/api/cart")).body.itemCount).toBe(1);
  });
});

describe("an Idempotency-Key of the staff's books", () => {
  test("creates one book, and answers with it as it is now", async () => {
    const key = withKey();

    const first = await staff.post("/api/admin/books", form, key);
    await changeBook(first.body.bookId, { title: "Twice", stock: 4 });
    const second = await staff.post("/api/admin/books", { ...form, stock: null, active: true }, key);

    expect([first.status, replayed(first)]).toEqual([201, null]);
    expect([second.status, replayed(second)]).toEqual([201, "true"]);
    expect(second.body).toEqual({ ...first.body, title: "Twice", stock: 4 });
    expect(second.headers.get("location")).toBe(first.headers.get("location"));
    expect(second.headers.get("etag")).not.toBe(first.headers.get("etag"));
  });

  test("changes a book once, and answers with it as it is now", async () => {
    const { bookId } = await aBook({ stock: 10 });
    const key = withKey();

    const first = await staff.patch(`/api/admin/books/${bookId}`, { stockChange: 5 }, key);
    await changeBook(bookId, { title: "Since" });
    const second = await staff.patch(`/api/admin/books/${bookId}`, { stockChange: 5 }, key);

    expect([first.status, replayed(first), first.body.stock]).toEqual([200, null, 15]);
    expect([second.status, replayed(second)]).toEqual([200, "true"]);
    expect(second.body).toEqual({ ...first.body, title: "Since" });
  });

  test("changes it once when 10 requests race", async () => {
    const { bookId } = await aBook({ stock: 0 });
    const key = withKey();

    const answers = await Promise.all(
      Array.from({ length: 10 }, () => staff.patch(`/api/admin/books/${bookId}`, { stockChange: 1 }, key)),
    );

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.stock))).toEqual(new Set([1]));
    expect(answers.filter((answer) => replayed(answer) === null)).toHaveLength(1);
  });

  test("is refused with another body, another book or another route", async () => {
    const [one, two] = await Promise.all([aBook({ stock: 1 }), aBook({ stock: 1 })]);
    const key = withKey();
    await staff.patch(`/api/admin/books/${one.bookId}`, { stockChange: 1 }, key);

    const answers = [
      await staff.patch(`/api/admin/books/${one.bookId}`, { stockChange: 2 }, key),
      await staff.patch(`/api/admin/books/${two.bookId}`, { stockChange: 1 }, key),
      await staff.post("/api/admin/books", form, key),
    ];

    for (const answer of answers)
      expect(answer).toMatchObject({ status: 422, body: { code: "idempotency-key-reused" } });
    expect((await staff.get(`/api/admin/books/${two.bookId}`)).body.stock).toBe(1);
  });

  test("may be used again after a refusal, and replays past an If-Match that is stale by then", async () => {
    const { bookId } = await aBook({ stock: 1 });
    const key = withKey();
    const { headers } = await staff.get(`/api/admin/books/${bookId}`);
    const tag = { "if-match": headers.get("etag") ?? "" };

    const stale = await staff.patch(
      `/api/admin/books/${bookId}`,
      { title: "A" },
      { ...key, "if-match": '"no"' },
    );
    const changed = await staff.patch(`/api/admin/books/${bookId}`, { title: "A" }, { ...key, ...tag });
    const again = await staff.patch(`/api/admin/books/${bookId}`, { title: "A" }, { ...key, ...tag });

    expect([stale, changed, again].map(({ status }) => status)).toEqual([412, 200, 200]);
    expect([stale, changed, again].map(replayed)).toEqual([null, null, "true"]);
  });

  test("means nothing when another of the staff sends it", async () => {
    const key = withKey();
    const other = await anAdmin();

    const first = await staff.post("/api/admin/books", form, key);
    const second = await other.post("/api/admin/books", form, key);

    expect(second.status).toBe(201);
    expect(replayed(second)).toBeNull();
    expect(second.body.bookId).not.toBe(first.body.bookId);
  });
});
