import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { aBook, changeBook, eventually, theStaff } from "../given.ts";
import { call } from "../shop.ts";

const mark = randomUUID().slice(0, 8);
/** In the order in which they stand on the shelf. */
const titles = ["Café", "cafe au lait", "CAFETERIA", "Caffè", "Zorro"].map((title) => `${mark} ${title}`);

const get = (path: string) => call({ method: "GET", path });
const browse = (parameters: Record<string, string>) => get(`/api/books?${new URLSearchParams(parameters)}`);
const titlesIn = (items: { title: string }[]) => items.map(({ title }) => title);

/** Page after page, as a client would; the pages apart. */
async function allPages(parameters: Record<string, string>): Promise<string[][]> {
  const pages: string[][] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { body }: { body: { items: { title: string }[]; nextCursor: string | null } } = await browse({
      ...parameters,
      ...(cursor && { cursor }),
    });
    pages.push(titlesIn(body.items));
    cursor = body.nextCursor;
  }
  return pages;
}

beforeAll(async () => {
  await Promise.all(titles.map((title) => aBook({ title })));
  await eventually(async () =>
    expect((await browse({ title: mark })).body.items).toHaveLength(titles.length),
  );
});

describe("GET /api/books", () => {
  test("shows anyone the books for sale by title, without their stock", async () => {
    const { status, headers, body } = await browse({ title: mark });

    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("cache-control")).toBe("public, max-age=60");
    expect(headers.get("vary")).toBe("Origin");
    expect(headers.get("x-request-id")).toMatch(/./);
    expect(Object.keys(body).sort()).toEqual(["items", "nextCursor"]);
    expect(titlesIn(body.items)).toEqual(titles);
    expect(body.nextCursor).toBeNull();
    expect(body.items[0]).toEqual({
      bookId: expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      title: titles[0],
      authors: ["An Author"],
      isbn: null,
      price: { amount: 1299, currency: "USD" },
      active: true,
    });
  });

  test.each([
    ["café", 3],
    ["CAFE", 3],
    ["Cafe\u0301", 3],
    ["caff", 1],
    ["Cafe ", 1],
    ["afe", 0],
  ])("finds titles that begin with %j, whatever their case and accents", async (prefix, count) => {
    const { status, body } = await browse({ title: `${mark.toUpperCase()} ${prefix}` });

    expect(status).toBe(200);
    expect(body.items).toHaveLength(count);
  });

  test.each([1, 2, 3, 4])(
    "shows every book once in pages of %i, and says which is the last",
    async (limit) => {
      const pages = await allPages({ title: mark, limit: String(limit) });

      expect(pages.flat()).toEqual(titles);
      expect(pages).toHaveLength(Math.ceil(titles.length / limit));
    },
  );

  test("ends with the last book, not with an empty page after it", async () => {
    const { body } = await browse({ title: mark, limit: String(titles.length) });

    expect(body.items).toHaveLength(titles.length);
    expect(body.nextCursor).toBeNull();
  });

  test("shows 20 books a page by itself, and up to 50", async () => {
    expect((await get("/api/books")).body.items).toHaveLength(20);
    expect((await get("/api/books?limit=50")).body.items).toHaveLength(50);
  });

  test("gives a cursor that leads nowhere but on in the same list", async () => {
    const { body: page } = await browse({ title: mark, limit: "2" });
    const { body: staffPage } = await (await theStaff()).get(`/api/admin/books?title=${mark}&limit=2`);
    const cursor: string = page.nextCursor;
    const wrong = [
      ["another title", { title: `${mark} c`, cursor }],
      ["no title", { cursor }],
      ["one letter less", { title: mark, cursor: cursor.slice(0, -1) }],
      ["one letter more", { title: mark, cursor: `${cursor}A` }],
      [
        "another first letter",
        { title: mark, cursor: `${cursor.startsWith("A") ? "B" : "A"}${cursor.slice(1)}` },
      ],
      ["nothing", { title: mark, cursor: "" }],
      ["words", { title: mark, cursor: "the next one, please" }],
      ["the staff's list", { title: mark, cursor: staffPage.nextCursor }],
    ] as const;

    for (const [what, parameters] of wrong) {
      const { status, body } = await browse(parameters);
      expect({ what, status, code: body.code, path: body.errors?.[0]?.path }).toEqual({
        what,
        status: 400,
        code: "invalid-cursor",
        path: "?cursor",
      });
    }
    // what is the same filter to the shop may be written in another way
    expect((await browse({ title: mark.toUpperCase(), cursor })).status).toBe(200);
  });

  test.each(["0", "51", "x", "-1", "1.5", "", "1e1", "100"])("refuses ?limit=%s", async (limit) => {
    const { status, body } = await browse({ limit });

    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "invalid-request", errors: [{ path: "?limit" }] });
  });

  test.each(["limit=5&limit=5", "title=a&title=b", "cursor=a&cursor=a"])(
    "refuses ?%s: a parameter stands once",
    async (query) => {
      const { status, body } = await get(`/api/books?${query}`);

      expect(status).toBe(400);
      expect(body).toMatchObject({ code: "invalid-request", errors: [{ path: `?${query.split("=")[0]}` }] });
    },
  );

  test("does not mind a parameter that it does not know", async () => {
    expect((await browse({ title: mark, colour: "red" })).body.items).toHaveLength(titles.length);
  });

  test("takes a withdrawn book off the shelf, and a renamed one to where it belongs", async () => {
    const own = randomUUID().slice(0, 8);
    const [withdrawn, renamed] = [await aBook({ title: `${own} W` }), await aBook({ title: `${own} R` })];

    await changeBook(withdrawn.bookId, { active: false });
    await changeBook(renamed.bookId, { title: `${own} X` });

    await eventually(async () =>
      expect(titlesIn((await browse({ title: own })).body.items)).toEqual([`${own} X`]),
    );
    await changeBook(withdrawn.bookId, { active: true });
    await eventually(async () =>
      expect(titlesIn((await browse({ title: own })).body.items)).toEqual([`${own} W`, `${own} X`]),
    );
  });
});

describe("GET /api/books/{bookId}", () => {
  test("shows anyone the whole book, with an ETag", async () => {
    const { bookId, title } = await aBook({ stock: 7, authors: ["One", "Two"], price: 0 });

    const { status, headers, body } = await get(`/api/books/${bookId}`);

    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("public, max-age=60");
    expect(headers.get("vary")).toBe("Origin");
    expect(headers.get("etag")).toMatch(/^"[\x21\x23-\x7E]+"$/);
    expect(body).toEqual({
      bookId,
      title,
      authors: ["One", "Two"],
      isbn: null,
      price: { amount: 0, currency: "USD" },
      stock: 7,
      active: true,
    });
  });

  test("gives another ETag after every change but one of stock", async () => {
    const { bookId } = await aBook({ stock: 1 });
    const tag = async () => (await get(`/api/books/${bookId}`)).headers.get("etag");
    const tags = [await tag()];

    for (const change of [
      { price: { amount: 1, currency: "USD" } },
      { title: "New" },
      { authors: ["New"] },
    ]) {
      await changeBook(bookId, change);
      tags.push(await tag());
    }
    await changeBook(bookId, { isbn: "978-0140449136" });
    tags.push(await tag());
    await changeBook(bookId, { active: false });
    tags.push(await tag());

    expect(new Set(tags).size).toBe(6);
    await changeBook(bookId, { stock: 5 });
    await changeBook(bookId, { stockChange: -1 });
    await changeBook(bookId, { stock: null });
    expect(await tag()).toBe(tags.at(-1));
  });

  test.each(["no-such-book", "a".repeat(64), "a".repeat(65), "no%20id", "a.b", "%C3%A9"])(
    "answers 404 for %s",
    async (bookId) => {
      const { status, headers, body } = await get(`/api/books/${bookId}`);

      expect(status).toBe(404);
      expect(headers.get("content-type")).toBe("application/problem+json");
      expect(body).toEqual({
        type: "urn:bookshop:book-not-found",
        title: expect.any(String),
        status: 404,
        detail: expect.any(String),
        code: "book-not-found",
      });
    },
  );

  test("pages on when the books of a page are as long as books may be", async () => {
    const own = `zz ${randomUUID().slice(0, 8)}`;
    const long = { authors: Array.from({ length: 50 }, () => "\u{1F4D6}".repeat(100)) };
    const rest = "\u{1F4D6}".repeat(280);
    await Promise.all(
      Array.from({ length: 51 }, (_, number) => aBook({ title: `${own} ${number} ${rest}`, ...long })),
    );
    const inPagesOf = async (limit: number) => (await allPages({ title: own, limit: String(limit) })).flat();
    await eventually(async () => expect(await inPagesOf(25)).toHaveLength(51));

    expect(await inPagesOf(50)).toHaveLength(51);
  });
});
