import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { aBook, aCustomer, anAdmin, changeBook, eventually, type Person, theStaff } from "../given.ts";
import { call } from "../shop.ts";

const dollars = (amount: number) => ({ amount, currency: "USD" });
const form = { title: "Emma", authors: ["Jane Austen"], price: dollars(899) };

let staff: Person;
let reader: Person;

beforeAll(async () => {
  [staff, reader] = await Promise.all([theStaff(), aCustomer()]);
});

describe("POST /api/admin/books", () => {
  test("puts a book into the catalogue under an id of the shop's", async () => {
    const whole = { ...form, isbn: "978-0141439587", stock: 3, active: false };

    const { status, headers, body } = await staff.post("/api/admin/books", whole);

    expect(status).toBe(201);
    expect(body).toEqual({ bookId: expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/), ...whole });
    expect(headers.get("location")).toBe(`/api/admin/books/${body.bookId}`);
    expect(headers.get("etag")).toMatch(/^"[\x21\x23-\x7E]+"$/);
    expect(headers.get("cache-control")).toBe("private, no-store");
    const found = await staff.get(`/api/admin/books/${body.bookId}`);
    expect(found).toMatchObject({ status: 200, body });
    expect(found.headers.get("etag")).toBe(headers.get("etag"));
  });

  test("makes it active, without an ISBN and without a stock, unless told otherwise", async () => {
    const { status, body } = await staff.post("/api/admin/books", form);

    expect(status).toBe(201);
    expect(body).toEqual({ bookId: body.bookId, ...form, isbn: null, stock: null, active: true });
  });

  test("takes the longest and the largest", async () => {
    const largest = {
      title: "\u{1F4D6}".repeat(300),
      authors: Array.from({ length: 50 }, () => "\u{1F4D6}".repeat(100)),
      price: dollars(1_000_000_000),
      stock: 1_000_000_000,
    };

    expect(await staff.post("/api/admin/books", largest)).toMatchObject({ status: 201, body: largest });
  });

  test.each([
    ["no title", { title: undefined }, "/title"],
    ["an empty title", { title: "" }, "/title"],
    ["a title of spaces", { title: " \u3000" }, "/title"],
    ["a title of 301 characters", { title: "a".repeat(301) }, "/title"],
    ["a title with a control character", { title: "a\u0000b" }, "/title"],
    ["half a character in the title", { title: "a\ud83d" }, "/title"],
    ["no authors", { authors: [] }, "/authors"],
    ["51 authors", { authors: Array.from({ length: 51 }, () => "A") }, "/authors"],
    ["an author of 101 characters", { authors: ["A", "a".repeat(101)] }, "/authors/1"],
    ["an author beside the list", { authors: "Jane Austen" }, "/authors"],
    ["no price", { price: undefined }, "/price"],
    ["a bare number for a price", { price: 899 }, "/price"],
    ["a price of a broken cent", { price: dollars(1.5) }, "/price/amount"],
    ["a price below nothing", { price: dollars(-1) }, "/price/amount"],
    ["a price beyond 10^9", { price: dollars(1_000_000_001) }, "/price/amount"],
    ["a price as a text", { price: { amount: "899", currency: "USD" } }, "/price/amount"],
    ["another currency", { price: { amount: 899, currency: "EUR" } }, "/price/currency"],
    ["no currency", { price: { amount: 899 } }, "/price/currency"],
    ["more in a price", { price: { ...dollars(899), tax: 0 } }, "/price"],
    ["a wrong ISBN", { isbn: "Emma" }, "/isbn"],
    ["a stock below none", { stock: -1 }, "/stock"],
    ["a stock beyond 10^9", { stock: 1_000_000_001 }, "/stock"],
    ["a broken stock", { stock: 0.5 }, "/stock"],
    ["active as a text", { active: "true" }, "/active"],
    ["an id of the caller's", { bookId: "mine" }, ""],
    ["a stockChange", { stockChange: 1 }, ""],
  ])("refuses %s", async (_, change, path) => {
    const { status, body } = await staff.post("/api/admin/books", { ...form, ...change });

    expect(status).toBe(400);
    expect(body).toEqual({
      type: "urn:bookshop:invalid-request",
      title: expect.any(String),
      status: 400,
      detail: expect.any(String),
      code: "invalid-request",
      errors: [{ path, message: expect.any(String) }],
    });
  });
});

describe("PATCH /api/admin/books/{bookId}", () => {
  test("changes what is named and nothing else", async () => {
    const { bookId, title } = await aBook({ stock: 3 });
    let expected = (await staff.get(`/api/admin/books/${bookId}`)).body;
    expect(expected.title).toBe(title);

    for (const change of [
      { title: "Other" },
      { authors: ["One", "Two"] },
      { price: dollars(1) },
      { isbn: "0141439580" },
      { isbn: null },
      { active: false },
      { stock: null },
      { stock: 0, active: true },
      {},
    ]) {
      expected = { ...expected, ...change };
      const { status, headers, body } = await staff.patch(`/api/admin/books/${bookId}`, change);
      expect({ status, body }).toEqual({ status: 200, body: expected });
      const found = await staff.get(`/api/admin/books/${bookId}`);
      expect(found.body).toEqual(expected);
      expect(found.headers.get("etag")).toBe(headers.get("etag"));
    }
  });

  test("may come without a body, and changes nothing then", async () => {
    const { bookId } = await aBook();
    const before = await staff.get(`/api/admin/books/${bookId}`);

    const { status, headers, body } = await staff.patch(`/api/admin/books/${bookId}`);

    expect({ status, body }).toEqual({ status: 200, body: before.body });
    expect(headers.get("etag")).toBe(before.headers.get("etag"));
  });

  test.each([
    ["no title", { title: null }, "/title"],
    ["another currency", { price: { amount: 1, currency: "EUR" } }, "/price/currency"],
    ["an id", { bookId: "other" }, ""],
    ["an empty list of authors", { authors: [] }, "/authors"],
    ["active as null", { active: null }, "/active"],
  ])("refuses %s", async (_, change, path) => {
    const { bookId } = await aBook();

    const refused = await staff.patch(`/api/admin/books/${bookId}`, change);

    expect(refused).toMatchObject({ status: 400, body: { code: "invalid-request", errors: [{ path }] } });
  });

  test("changes only what the caller saw, where If-Match says what that was", async () => {
    const { bookId, title } = await aBook({ stock: 1 });
    const patch = (change: object, tag: string) =>
      staff.patch(`/api/admin/books/${bookId}`, change, { "if-match": tag });
    const seen = (await staff.get(`/api/admin/books/${bookId}`)).headers.get("etag") ?? "";
    await changeBook(bookId, { stock: 5 });
    const first = await patch({ price: dollars(1) }, seen);

    const stale = [await patch({ title: "Lost" }, seen), await patch({ stockChange: 1 }, `W/${seen}`)];
    const foreign = await patch({ title: "Lost" }, '"none-of-ours"');

    expect(first.status).toBe(200);
    for (const { status, headers, body } of [...stale, foreign]) {
      expect(status).toBe(412);
      expect(headers.get("etag")).toBe(first.headers.get("etag"));
      expect(body).toEqual({
        type: "urn:bookshop:book-changed",
        title: expect.any(String),
        status: 412,
        detail: expect.any(String),
        code: "book-changed",
      });
    }
    expect((await staff.get(`/api/admin/books/${bookId}`)).body).toMatchObject({ title, stock: 5 });
    expect((await patch({ title: "Weak" }, `W/${first.headers.get("etag")}`)).status).toBe(200);
    expect((await patch({ title: "Any" }, "*")).status).toBe(200);
  });

  test.each(["", "abc", '"a", "b"', '"a'])("refuses an If-Match of %j", async (tag) => {
    const { bookId } = await aBook();

    const refused = await staff.patch(`/api/admin/books/${bookId}`, { stock: 1 }, { "if-match": tag });

    expect(refused).toMatchObject({
      status: 400,
      body: { code: "invalid-request", errors: [{ path: "If-Match" }] },
    });
  });

  test("lets one of 6 changes happen that all saw the same book", async () => {
    const { bookId } = await aBook();
    const tag = (await staff.get(`/api/admin/books/${bookId}`)).headers.get("etag") ?? "";

    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        staff.patch(`/api/admin/books/${bookId}`, { title: `Title ${index}` }, { "if-match": tag }),
      ),
    );

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412, 412]);
  });

  test.each(["no-such-book", "a".repeat(65), "no%20id"])("answers 404 for %s", async (bookId) => {
    for (const { status, body } of [
      await staff.patch(`/api/admin/books/${bookId}`, { stock: 1 }),
      await staff.patch(`/api/admin/books/${bookId}`, { stockChange: 1 }, { "if-match": "*" }),
      await staff.get(`/api/admin/books/${bookId}`),
    ])
      expect({ status, code: body.code }).toEqual({ status: 404, code: "book-not-found" });
  });
});

describe("GET /api/admin/books", () => {
  const mark = randomUUID().slice(0, 8);
  const list = (parameters: Record<string, string>) =>
    staff.get(`/api/admin/books?${new URLSearchParams({ title: mark, ...parameters })}`);
  const titlesIn = (items: { title: string }[]) => items.map(({ title }) => title.slice(mark.length + 1));

  beforeAll(async () => {
    await Promise.all(
      ["a", "B", "c", "D"].map((title) =>
        aBook({ title: `${mark} ${title}`, stock: 7, active: title !== "c" }),
      ),
    );
    await eventually(async () => {
      expect((await list({})).body.items).toHaveLength(3);
      expect((await list({ active: "false" })).body.items).toHaveLength(1);
    });
  });

  test("shows the books for sale by title, with their stock", async () => {
    const { status, headers, body } = await list({});

    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("private, no-store");
    expect(titlesIn(body.items)).toEqual(["a", "B", "D"]);
    expect(body.nextCursor).toBeNull();
    expect(body.items[0]).toEqual({
      bookId: expect.any(String),
      title: `${mark} a`,
      authors: ["An Author"],
      isbn: null,
      price: dollars(1299),
      stock: 7,
      active: true,
    });
    expect((await list({ active: "true" })).body).toEqual(body);
  });

  test("shows the withdrawn ones when asked for them", async () => {
    const { body } = await list({ active: "false" });

    expect(body).toMatchObject({
      items: [{ title: `${mark} c`, stock: 7, active: false }],
      nextCursor: null,
    });
  });

  test("pages on to the last, with a cursor of this caller and these filters alone", async () => {
    const { body: page } = await list({ limit: "2" });
    const { body: rest } = await list({ limit: "2", cursor: page.nextCursor });
    const other = await anAdmin();

    expect(titlesIn([...page.items, ...rest.items])).toEqual(["a", "B", "D"]);
    expect(rest.nextCursor).toBeNull();
    for (const refused of [
      await list({ active: "false", cursor: page.nextCursor }),
      await list({ title: `${mark} `, cursor: page.nextCursor }),
      await list({ cursor: "garbled" }),
      await other.get(`/api/admin/books?title=${mark}&cursor=${page.nextCursor}`),
    ])
      expect(refused).toMatchObject({ status: 400, body: { code: "invalid-cursor" } });
  });

  test.each([
    ["active=yes", "?active"],
    ["active=", "?active"],
    ["active=true&active=true", "?active"],
    ["limit=0", "?limit"],
    ["limit=51", "?limit"],
    ["title=a&title=a", "?title"],
  ])("refuses ?%s", async (query, path) => {
    const { status, body } = await staff.get(`/api/admin/books?${query}`);

    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "invalid-request", errors: [{ path }] });
  });
});

describe("the staff's books", () => {
  test.each([
    ["POST", "/api/admin/books"],
    ["GET", "/api/admin/books"],
    ["GET", "/api/admin/books/x"],
    ["PATCH", "/api/admin/books/x"],
  ])("%s %s is for the staff alone", async (method, path) => {
    const { status, headers, body } = await reader.send(method, path);

    expect(status).toBe(403);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(body).toEqual({
      type: "urn:bookshop:forbidden",
      title: expect.any(String),
      status: 403,
      detail: expect.any(String),
      code: "forbidden",
    });
    expect((await call({ method, path })).status).toBe(401);
  });
});
