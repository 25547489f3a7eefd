import { describe, expect, test } from "vitest";
import { aBook, aCustomer, inTheCart, theStaff } from "../given.ts";
import { call } from "../shop.ts";

const stockOf = async ({ bookId }: { bookId: string }) =>
  (await call({ method: "GET", path: `/api/books/${bookId}` })).body.stock;

const change = async (book: { bookId: string }, body: Record<string, unknown>) =>
  (await theStaff()).patch(`/api/admin/books/${book.bookId}`, body);

const customers = (count: number) => Promise.all(Array.from({ length: count }, aCustomer));

describe("an order of books whose stock is tracked", () => {
  test("takes its copies, down to none, and leaves other books alone", async () => {
    const ada = await aCustomer();
    const [counted, last, uncounted] = await Promise.all([aBook({ stock: 5 }), aBook({ stock: 2 }), aBook()]);
    await inTheCart(ada, [{ ...counted, quantity: 3 }, { ...last, quantity: 2 }, uncounted]);

    expect((await ada.post("/api/orders")).status).toBe(201);

    expect(await Promise.all([counted, last, uncounted].map(stockOf))).toEqual([2, 0, null]);
  });

  test("is refused with every line there is too little of, and takes nothing", async () => {
    const ada = await aCustomer();
    const [enough, few, none] = await Promise.all([
      aBook({ stock: 5 }),
      aBook({ stock: 2 }),
      aBook({ stock: 0 }),
    ]);
    const { body: cart } = await inTheCart(ada, [enough, { ...few, quantity: 3 }, none]);

    const { status, body } = await ada.post("/api/orders");

    expect(status).toBe(409);
    expect(body).toEqual({
      type: "urn:bookshop:insufficient-stock",
      title: expect.any(String),
      status: 409,
      detail: expect.any(String),
      code: "insufficient-stock",
      lines: expect.arrayContaining([
        { bookId: few.bookId, requested: 3, left: 2 },
        { bookId: none.bookId, requested: 1, left: 0 },
      ]),
    });
    expect(body.lines).toHaveLength(2);
    expect(await Promise.all([enough, few, none].map(stockOf))).toEqual([5, 2, 0]);
    expect((await ada.get("/api/cart")).body).toEqual(cart);
    expect((await ada.get("/api/orders")).body.items).toEqual([]);
  });

  test("sells 3 copies to 3 of 8 customers who race for them", async () => {
    const book = await aBook({ stock: 3 });
    const readers = await customers(8);
    await Promise.all(readers.map((reader) => inTheCart(reader, [book])));

    const answers = await Promise.all(readers.map((reader) => reader.post("/api/orders")));

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    for (const { status, body } of answers)
      if (status !== 201)
        expect(body).toMatchObject({
          code: "insufficient-stock",
          lines: [{ bookId: book.bookId, requested: 1, left: 0 }],
        });
    expect(await stockOf(book)).toBe(0);
  });
});

describe("a stockChange", () => {
  test("adds to the stock and takes from it, down to none", async () => {
    const book = await aBook({ stock: 5 });

    const answers = [];
    for (const stockChange of [3, -8, 0, 1_000_000_000]) answers.push(await change(book, { stockChange }));

    expect(answers.map(({ status, body }) => [status, body.stock])).toEqual([
      [200, 8],
      [200, 0],
      [200, 0],
      [200, 1_000_000_000],
    ]);
  });

  test("counts with orders that race with it", async () => {
    const book = await aBook({ stock: 10 });
    const readers = await customers(4);
    await Promise.all(readers.map((reader) => inTheCart(reader, [book])));

    await Promise.all([
      ...readers.map((reader) => reader.post("/api/orders")),
      ...Array.from({ length: 4 }, () => change(book, { stockChange: 2 })),
    ]);

    expect(await stockOf(book)).toBe(14);
  });

  test.each([
    ["below none", 2, -3, 2],
    ["of a book whose stock is not tracked", null, 1, null],
    ["of a book whose stock is not tracked, to nothing", null, -1, null],
  ])("is refused %s", async (_, stock, stockChange, left) => {
    const book = await aBook({ stock });

    const { status, body } = await change(book, { stockChange, title: "Never" });

    expect(status).toBe(409);
    expect(body).toEqual({
      type: "urn:bookshop:insufficient-stock",
      title: expect.any(String),
      status: 409,
      detail: expect.any(String),
      code: "insufficient-stock",
      left,
    });
    expect((await call({ method: "GET", path: `/api/books/${book.bookId}` })).body).toMatchObject({
      stock,
      title: book.title,
    });
  });

  test.each([
    ["beside stock", { stockChange: 1, stock: 1 }],
    ["beside a stock of null", { stockChange: 1, stock: null }],
    ["as a text", { stockChange: "1" }],
    ["of half a book", { stockChange: 0.5 }],
    ["of nothing", { stockChange: null }],
    ["out of range", { stockChange: 1_000_000_001 }],
    ["out of range downwards", { stockChange: -1_000_000_001 }],
  ])("is not valid %s", async (_, body) => {
    const book = await aBook({ stock: 1 });

    const refused = await change(book, body);

    expect(refused).toMatchObject({ status: 400, body: { code: "invalid-request" } });
    expect(refused.body.errors.length).toBeGreaterThan(0);
    expect(await stockOf(book)).toBe(1);
  });

  test("is not valid where the stock would be more than a stock may be", async () => {
    const book = await aBook({ stock: 1_000_000_000 });

    const refused = await change(book, { stockChange: 1 });

    expect(refused).toMatchObject({ status: 400, body: { code: "invalid-request" } });
  });
});
