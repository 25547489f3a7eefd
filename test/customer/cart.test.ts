import { beforeAll, describe, expect, test } from "vitest";
import { aBook, aCustomer, changeBook, inTheCart, type Person } from "../given.ts";
import { call } from "../shop.ts";

type Book = Awaited<ReturnType<typeof aBook>>;

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const dollars = (amount: number) => ({ amount, currency: "USD" });
const line = ({ bookId, title, price }: Book, quantity: number, available = true) => ({
  bookId,
  title,
  quantity,
  unitPrice: dollars(price),
  lineTotal: dollars(price * quantity),
  available,
});

let emma: Book;
let faust: Book;
/** Who is refused all the time. */
let reader: Person;

beforeAll(async () => {
  [emma, faust] = await Promise.all([
    aBook({ title: "Emma", price: 450 }),
    aBook({ title: "faust", price: 1299 }),
  ]);
  reader = await aCustomer();
});

describe("GET /api/cart", () => {
  test("is there, with nothing in it, for somebody who has just signed up", async () => {
    const ada = await aCustomer();

    const { status, headers, body } = await ada.get("/api/cart");

    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("private, no-store");
    expect(headers.get("etag")).toMatch(/^"[\x21\x23-\x7E]+"$/);
    expect(body).toEqual({
      cartId: null,
      version: 0,
      lines: [],
      itemCount: 0,
      total: dollars(0),
      createdAt: null,
      updatedAt: null,
    });
  });

  test("shows lines by title at the catalogue's titles and prices of now", async () => {
    const ada = await aCustomer();
    const cheap = await aBook({ title: "Ética", price: 100 });
    await inTheCart(ada, [{ ...faust, quantity: 2 }, emma, cheap]);

    await changeBook(cheap.bookId, { title: "zuletzt", price: dollars(250) });
    const { body } = await ada.get("/api/cart");

    expect(body).toEqual({
      cartId: expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      version: 3,
      lines: [line(emma, 1), line(faust, 2), line({ ...cheap, title: "zuletzt", price: 250 }, 1)],
      itemCount: 4,
      total: dollars(450 + 2 * 1299 + 250),
      createdAt: time,
      updatedAt: time,
    });
  });

  test("says what cannot be had, and counts it all the same", async () => {
    const ada = await aCustomer();
    const [scarce, withdrawn] = await Promise.all([
      aBook({ title: "G", stock: 1, price: 100 }),
      aBook({ title: "H", price: 10 }),
    ]);
    await inTheCart(ada, [emma, { ...scarce, quantity: 2 }, withdrawn]);
    await changeBook(withdrawn.bookId, { active: false });

    const { body } = await ada.get("/api/cart");

    expect(body.lines).toEqual([line(emma, 1), line(scarce, 2, false), line(withdrawn, 1, false)]);
    expect(body).toMatchObject({ itemCount: 4, total: dollars(450 + 200 + 10) });
  });

  test("has the ETag of every answer that shows the same cart, and another one once something differs", async () => {
    const ada = await aCustomer();
    const book = await aBook({ stock: 1 });
    const tag = async () => (await ada.get("/api/cart")).headers.get("etag");

    const added = await ada.post("/api/cart/add", { bookId: book.bookId });
    const first = await tag();
    expect(first).toBe(added.headers.get("etag"));
    await changeBook(book.bookId, { price: dollars(1) });
    const second = await tag();
    await changeBook(book.bookId, { stock: 0 });
    const third = await tag();
    const put = await ada.put(`/api/cart/items/${book.bookId}`, { quantity: 2 });
    const fourth = await tag();
    expect(fourth).toBe(put.headers.get("etag"));
    const removed = await ada.delete(`/api/cart/items/${book.bookId}`);
    const fifth = await tag();
    expect(fifth).toBe(removed.headers.get("etag"));
    expect(new Set([first, second, third, fourth, fifth]).size).toBe(5);
  });
});

describe("POST /api/cart/add", () => {
  test("adds one copy unless told how many, and answers with the cart", async () => {
    const ada = await aCustomer();

    const one = await ada.post("/api/cart/add", { bookId: emma.bookId });
    const three = await ada.post("/api/cart/add", { bookId: faust.bookId, quantity: 3 });

    expect(one.status).toBe(200);
    expect(one.headers.get("cache-control")).toBe("private, no-store");
    expect(one.body.lines).toEqual([line(emma, 1)]);
    expect(three.body.lines).toEqual([line(emma, 1), line(faust, 3)]);
    expect(three.body.cartId).toBe(one.body.cartId);
    expect((await ada.get("/api/cart")).body).toEqual(three.body);
  });

  test("makes one line of the same book twice", async () => {
    const ada = await aCustomer();

    await ada.post("/api/cart/add", { bookId: emma.bookId, quantity: 2 });
    const { body } = await ada.post("/api/cart/add", { bookId: emma.bookId, quantity: 3 });

    expect(body.lines).toEqual([line(emma, 5)]);
  });

  test("takes up to 99 copies, and refuses what would be more without changing anything", async () => {
    const ada = await aCustomer();
    await ada.post("/api/cart/add", { bookId: emma.bookId, quantity: 98 });
    const full = await ada.post("/api/cart/add", { bookId: emma.bookId });

    const refused = await ada.post("/api/cart/add", { bookId: emma.bookId });

    expect(full.body.lines).toEqual([line(emma, 99)]);
    expect(refused).toMatchObject({ status: 409, body: { code: "quantity-limit", status: 409 } });
    expect((await ada.get("/api/cart")).body).toEqual(full.body);
  });

  test("lets no more than 99 copies in when requests race", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [emma]);

    const answers = await Promise.all(
      Array.from({ length: 6 }, () => ada.post("/api/cart/add", { bookId: emma.bookId, quantity: 40 })),
    );

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 409, 409, 409, 409]);
    expect((await ada.get("/api/cart")).body.itemCount).toBe(81);
  });

  test("takes up to 50 titles, one more than that neither by POST nor by PUT", async () => {
    const ada = await aCustomer();
    const books = await Promise.all(Array.from({ length: 49 }, (_, i) => aBook({ title: `T${i}` })));
    for (const { bookId } of books) await ada.put(`/api/cart/items/${bookId}`, { quantity: 1 });
    const full = await ada.post("/api/cart/add", { bookId: emma.bookId });

    const added = await ada.post("/api/cart/add", { bookId: faust.bookId });
    const put = await ada.put(`/api/cart/items/${faust.bookId}`, { quantity: 1 });
    const more = await ada.post("/api/cart/add", { bookId: emma.bookId });

    expect(full).toMatchObject({ status: 200, body: { itemCount: 50 } });
    for (const refused of [added, put])
      expect(refused).toMatchObject({ status: 409, body: { code: "cart-full" } });
    expect(more).toMatchObject({ status: 200, body: { itemCount: 51 } });
    expect(more.body.lines).toHaveLength(50);
  });

  test("refuses a withdrawn book, also one that is in the cart", async () => {
    const ada = await aCustomer();
    const book = await aBook();
    await inTheCart(ada, [book]);
    await changeBook(book.bookId, { active: false });

    for (const who of [ada, await aCustomer()]) {
      const { status, body } = await who.post("/api/cart/add", { bookId: book.bookId });
      expect(status).toBe(409);
      expect(body).toMatchObject({ code: "book-unavailable", lines: [{ bookId: book.bookId }] });
    }
  });

  test("does not look at the stock", async () => {
    const ada = await aCustomer();
    const { bookId } = await aBook({ stock: 0 });

    expect((await ada.post("/api/cart/add", { bookId, quantity: 9 })).status).toBe(200);
  });

  test("answers 404 for a book that there is not", async () => {
    const ada = await aCustomer();

    const { status, body } = await ada.post("/api/cart/add", { bookId: "no-such-book" });

    expect(status).toBe(404);
    expect(body.code).toBe("book-not-found");
  });

  test("counts every one of the adds that race for the first line of a cart", async () => {
    const ada = await aCustomer();

    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ada.post("/api/cart/add", { bookId: emma.bookId })),
    );

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.cartId)).size).toBe(1);
    expect((await ada.get("/api/cart")).body.itemCount).toBe(8);
  });
});

describe("PUT /api/cart/items/{bookId}", () => {
  test("says how many copies there shall be, and adds the line where it is missing", async () => {
    const ada = await aCustomer();

    const added = await ada.put(`/api/cart/items/${emma.bookId}`, { quantity: 99 });
    const set = await ada.put(`/api/cart/items/${emma.bookId}`, { quantity: 2 });
    const again = await ada.put(`/api/cart/items/${emma.bookId}`, { quantity: 2 });

    expect(added).toMatchObject({ status: 200, body: { lines: [line(emma, 99)] } });
    expect(set).toMatchObject({ status: 200, body: { lines: [line(emma, 2)], cartId: added.body.cartId } });
    expect(again.body.lines).toEqual(set.body.lines);
  });

  test("does not add a withdrawn book, but changes how many of it there are", async () => {
    const [ada, bob] = await Promise.all([aCustomer(), aCustomer()]);
    const book = await aBook();
    await inTheCart(ada, [{ ...book, quantity: 5 }]);
    await inTheCart(bob, [emma]);
    await changeBook(book.bookId, { active: false });

    const changed = await ada.put(`/api/cart/items/${book.bookId}`, { quantity: 1 });
    const refused = await bob.put(`/api/cart/items/${book.bookId}`, { quantity: 1 });

    expect(changed).toMatchObject({ status: 200, body: { lines: [line(book, 1, false)] } });
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: "book-unavailable", lines: [{ bookId: book.bookId }] });
  });

  test.each([
    ["no quantity", {}],
    ["null", { quantity: null }],
    ["nothing", { quantity: 0 }],
    ["a hundred", { quantity: 100 }],
    ["half a book", { quantity: 0.5 }],
    ["a text", { quantity: "2" }],
    ["something else beside it", { quantity: 2, bookId: "x" }],
  ])("refuses %s", async (_, body) => {
    const refused = await reader.put(`/api/cart/items/${emma.bookId}`, body);

    expect(refused).toMatchObject({ status: 400, body: { code: "invalid-request" } });
    expect((await reader.get("/api/cart")).body.lines).toEqual([]);
  });
});

describe("DELETE /api/cart and /api/cart/items/{bookId}", () => {
  test("takes one line out, or all, and keeps the cart", async () => {
    const ada = await aCustomer();
    const { body: cart } = await inTheCart(ada, [emma, faust]);

    const one = await ada.delete(`/api/cart/items/${emma.bookId}`);
    const all = await ada.delete("/api/cart");
    const { body: next } = await ada.post("/api/cart/add", { bookId: emma.bookId });

    expect(one).toMatchObject({ status: 200, body: { cartId: cart.cartId, lines: [line(faust, 1)] } });
    expect(all.status).toBe(200);
    expect(all.body).toEqual({
      cartId: cart.cartId,
      version: 4,
      lines: [],
      itemCount: 0,
      total: dollars(0),
      createdAt: cart.createdAt,
      updatedAt: time,
    });
    expect(next.cartId).toBe(cart.cartId);
  });

  test("answers 200 also where there was nothing to remove, and changes nothing then", async () => {
    const ada = await aCustomer();
    const remove = async () =>
      [
        await ada.delete("/api/cart"),
        await ada.delete(`/api/cart/items/${faust.bookId}`),
        await ada.delete("/api/cart/items/no-such-book"),
      ].map(({ status, body }) => ({ status, body }));
    const unchanged = async () => ({ status: 200, body: (await ada.get("/api/cart")).body });

    const before = await unchanged();
    expect(await remove()).toEqual([before, before, before]);
    expect(before.body).toMatchObject({ cartId: null, version: 0 });
    await inTheCart(ada, [emma]);
    await ada.delete("/api/cart");
    const emptied = await unchanged();
    expect(await remove()).toEqual([emptied, emptied, emptied]);
  });
});

describe("whose cart, and which book", () => {
  test.each(["a".repeat(65), "no%20id", "a.b", "%F0%9F%93%96"])(
    "answers 404 for the book %s in a path",
    async (bookId) => {
      const answers = [
        await reader.put(`/api/cart/items/${bookId}`, { quantity: 1 }),
        await reader.delete(`/api/cart/items/${bookId}`),
      ];

      for (const { status, body } of answers)
        expect({ status, code: body.code }).toEqual({ status: 404, code: "book-not-found" });
    },
  );

  test("answers 404 when asked for copies of a book that there is not", async () => {
    const { status, body } = await reader.put("/api/cart/items/no-such-book", { quantity: 1 });

    expect({ status, code: body.code }).toEqual({ status: 404, code: "book-not-found" });
  });

  test("is the caller's own, whatever else the request says", async () => {
    const [ada, bob] = await Promise.all([aCustomer(), aCustomer()]);
    await inTheCart(ada, [emma]);

    const { body } = await bob.get(`/api/cart?customerId=${ada.sub}`, { "x-customer-id": ada.sub });

    expect(body.lines).toEqual([]);
  });

  test.each([
    ["GET", "/api/cart"],
    ["POST", "/api/cart/add"],
    ["PUT", "/api/cart/items/x"],
    ["DELETE", "/api/cart/items/x"],
    ["DELETE", "/api/cart"],
  ])("%s %s asks who calls", async (method, path) => {
    expect((await call({ method, path })).status).toBe(401);
    expect((await call({ method, path, headers: { authorization: "Bearer a.b.c" } })).status).toBe(401);
  });

  test("can be emptied while others add to it, without an error to anybody", async () => {
    const ada: Person = await aCustomer();
    await inTheCart(ada, [emma]);

    const answers = await Promise.all([
      ada.delete("/api/cart"),
      ada.post("/api/cart/add", { bookId: faust.bookId }),
      ada.put(`/api/cart/items/${emma.bookId}`, { quantity: 3 }),
      ada.delete(`/api/cart/items/${emma.bookId}`),
      ada.delete("/api/cart"),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });
});
