import { beforeAll, describe, expect, test } from "vitest";
import { aBook, aCustomer, changeBook, inTheCart, type Person } from "../given.ts";

type Book = Awaited<ReturnType<typeof aBook>>;

const dollars = (amount: number) => ({ amount, currency: "USD" });

/** Somebody who has seen a cart with these books in it, and its tag. */
async function whoHasSeen(lines: (Book & { quantity?: number })[]) {
  const ada = await aCustomer();
  const { headers, body: cart } = await inTheCart(ada, lines);
  const tag = headers.get("etag") ?? "";
  return { ada, cart, tag };
}

const order = (who: Person, tag: string, body?: unknown) =>
  who.post("/api/orders", body, { "if-match": tag });

let emma: Book;
let faust: Book;
let reader: Person;

beforeAll(async () => {
  [emma, faust] = await Promise.all([
    aBook({ title: "Emma", price: 450 }),
    aBook({ title: "Faust", stock: 50 }),
  ]);
  reader = await aCustomer();
  await inTheCart(reader, [emma]);
});

describe("an If-Match of POST /api/orders", () => {
  test.each([
    ["the strong tag", (tag: string) => tag],
    ["the tag made weak", (tag: string) => `W/${tag}`],
    ["any", () => "*"],
    ["the tag with spaces around", (tag: string) => ` ${tag} `],
  ])("orders the cart that was seen: %s", async (_, written) => {
    const { ada, cart, tag } = await whoHasSeen([emma, faust]);

    const { status, body } = await order(ada, written(tag));

    expect(status).toBe(201);
    expect(body.cartId).toBe(cart.cartId);
  });

  test.each([
    ["", "nothing"],
    ["abc", "no quotes"],
    ['"abc', "one quote"],
    ['"a"b"', "three quotes"],
    ['w/"abc"', "a small w"],
    ['"a", "b"', "two tags"],
    ['"a","b"', "two tags without a space"],
    ['*, "a"', "any and one"],
    ["**", "two stars"],
    ['"a b"', "a space within"],
    ["W/*", "weakly any"],
  ])("refuses %s: %s", async (tag) => {
    const { status, body } = await order(reader, tag);

    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "invalid-request", errors: [{ path: "If-Match" }] });
    expect((await reader.get("/api/cart")).body.itemCount).toBe(1);
  });

  test.each(['"abc"', 'W/"abc"', '""', '"1"', '"2.-"', '"1.-.x"', '"\u00e9"'])(
    "tells by %s, which is none of ours, that the cart is another one, and not what has changed",
    async (tag) => {
      const { headers: shown, body: cart } = await reader.get("/api/cart");

      const { status, headers, body } = await order(reader, tag);

      expect(status).toBe(412);
      expect(headers.get("etag")).toBe(shown.get("etag"));
      expect(body).toEqual({
        type: "urn:bookshop:cart-changed",
        title: expect.any(String),
        status: 412,
        detail: expect.any(String),
        code: "cart-changed",
        cart,
      });
    },
  );

  test("tells exactly what has changed in a cart of many changes, and the new tag orders it", async () => {
    const [priced, withdrawn, scarce, removed, same] = await Promise.all([
      aBook({ title: "A", price: 100 }),
      aBook({ title: "B" }),
      aBook({ title: "C", stock: 3 }),
      aBook({ title: "D" }),
      aBook({ title: "E" }),
    ]);
    const { ada, tag } = await whoHasSeen([
      { ...priced, quantity: 2 },
      withdrawn,
      { ...scarce, quantity: 2 },
      { ...removed, quantity: 4 },
      same,
    ]);
    await changeBook(priced.bookId, { price: dollars(150), title: "Retitled" });
    await changeBook(withdrawn.bookId, { active: false });
    await ada.put(`/api/cart/items/${scarce.bookId}`, { quantity: 5 });
    await ada.delete(`/api/cart/items/${removed.bookId}`);
    await inTheCart(ada, [{ ...emma, quantity: 3 }]);

    const { status, body } = await order(ada, tag);

    expect(status).toBe(412);
    expect(body.code).toBe("cart-changed");
    expect(Object.keys(body).sort()).toEqual([
      "cart",
      "changes",
      "code",
      "detail",
      "status",
      "title",
      "type",
    ]);
    expect(body.cart).toEqual((await ada.get("/api/cart")).body);
    expect(body.changes).toHaveLength(5);
    expect(body.changes).toEqual(
      expect.arrayContaining([
        { bookId: priced.bookId, unitPrice: { old: dollars(100), new: dollars(150) } },
        { bookId: withdrawn.bookId, available: { old: true, new: false } },
        { bookId: scarce.bookId, quantity: { old: 2, new: 5 }, available: { old: true, new: false } },
        { bookId: removed.bookId, quantity: { old: 4, new: 0 } },
        { bookId: emma.bookId, quantity: { old: 0, new: 3 } },
      ]),
    );
    expect((await ada.get("/api/orders")).body.items).toEqual([]);
    await ada.delete(`/api/cart/items/${withdrawn.bookId}`);
    await ada.put(`/api/cart/items/${scarce.bookId}`, { quantity: 3 });
    const { headers } = await ada.get("/api/cart");
    expect((await order(ada, headers.get("etag") ?? "")).status).toBe(201);
  });

  test("minds neither a change back to what was seen, nor a stock that still suffices", async () => {
    const own = await aBook({ stock: 9 });
    const { ada, tag } = await whoHasSeen([own]);
    await ada.put(`/api/cart/items/${own.bookId}`, { quantity: 5 });
    await ada.put(`/api/cart/items/${own.bookId}`, { quantity: 1 });
    await changeBook(own.bookId, { stock: 1 });

    expect((await order(ada, tag)).status).toBe(201);
  });

  test("tells that a book can be had again", async () => {
    const own = await aBook({ stock: 0 });
    const { ada, tag } = await whoHasSeen([own]);
    await changeBook(own.bookId, { stock: null });

    expect((await order(ada, tag)).body.changes).toEqual([
      { bookId: own.bookId, available: { old: false, new: true } },
    ]);
  });

  test("comes before availability and stock, which refuse when all is as it was seen", async () => {
    const [gone, scarce] = await Promise.all([aBook(), aBook({ stock: 1 })]);
    const { ada } = await whoHasSeen([gone, { ...scarce, quantity: 2 }]);
    await changeBook(gone.bookId, { active: false });
    const seen = async () => (await ada.get("/api/cart")).headers.get("etag") ?? "";

    expect((await order(ada, '"stale"')).body.code).toBe("cart-changed");
    expect((await order(ada, await seen())).body.code).toBe("book-unavailable");
    await ada.delete(`/api/cart/items/${gone.bookId}`);
    expect((await order(ada, '"stale"')).body.code).toBe("cart-changed");
    expect((await order(ada, await seen())).body.code).toBe("insufficient-stock");
  });

  test("names its cart: ordered by now, or of somebody else", async () => {
    const { ada, cart, tag } = await whoHasSeen([emma]);
    const bob = await aCustomer();
    await inTheCart(bob, [emma]);
    const placed = await order(ada, tag);

    const again = await order(ada, tag);
    await inTheCart(ada, [emma]);
    const beside = await order(ada, `W/${tag}`);
    const foreign = await order(bob, tag);

    for (const { status, headers, body } of [again, beside]) {
      expect(status).toBe(409);
      expect(body).toMatchObject({ code: "order-already-exists", orderId: placed.body.orderId });
      expect(headers.get("location")).toBe(placed.headers.get("location"));
    }
    expect(foreign).toMatchObject({ status: 404, body: { code: "cart-not-found" } });
    expect(placed.body.cartId).toBe(cart.cartId);
  });

  test("must name the same cart as cartId", async () => {
    const { ada, cart, tag } = await whoHasSeen([emma]);

    const refused = await order(ada, tag, { cartId: "another-cart" });
    const any = await order(ada, "*", { cartId: "another-cart" });
    const none = await order(ada, '"x"', { cartId: cart.cartId });
    const placed = await order(ada, tag, { cartId: cart.cartId });

    expect(refused).toMatchObject({ status: 400, body: { code: "invalid-request" } });
    expect(refused.body.errors).toEqual([{ path: "If-Match", message: expect.any(String) }]);
    expect(any).toMatchObject({ status: 404, body: { code: "cart-not-found" } });
    expect(none).toMatchObject({ status: 412, body: { code: "cart-changed" } });
    expect(placed.status).toBe(201);
  });

  test("of an empty cart tells what has come into it since", async () => {
    const ada = await aCustomer();
    const { headers } = await ada.get("/api/cart");
    const tag = headers.get("etag") ?? "";

    expect(await order(ada, tag)).toMatchObject({ status: 409, body: { code: "cart-empty" } });
    expect(await order(ada, "*")).toMatchObject({ status: 409, body: { code: "cart-empty" } });
    await inTheCart(ada, [{ ...emma, quantity: 2 }]);
    expect((await order(ada, tag)).body.changes).toEqual([
      { bookId: emma.bookId, quantity: { old: 0, new: 2 } },
    ]);
  });

  test("lets one of 8 requests with the same tag order, and names that order to the others", async () => {
    const { ada, tag } = await whoHasSeen([emma]);

    const answers = await Promise.all(Array.from({ length: 8 }, () => order(ada, tag)));

    const placed = answers.filter(({ status }) => status === 201);
    expect(placed).toHaveLength(1);
    for (const { status, body } of answers)
      if (status !== 201)
        expect(body).toMatchObject({ code: "order-already-exists", orderId: placed[0]?.body.orderId });
  });
});
