import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Book } from "../shared/book.ts";
import { type Cart, cartView, neverUsedCart } from "../shared/cart.ts";
import { cartTag, changesSince, parseIfMatch } from "../shared/cart-tag.ts";
import { cursorAt, positionOf } from "../shared/cursor.ts";
import { Id, newBookId, newCartId, newOrderId, partsOf, timeOf } from "../shared/ids.ts";
import { asPlaced, customerMayMove, type Order, orderView, staffMayMove, statuses } from "../shared/order.ts";
import { type Code, Refusal } from "../shared/refusal.ts";
import { orderHistory } from "../shared/shop.ts";
import { openTable } from "../shared/table/client.ts";
import { keyedRequest, parseKeyRecord, putKeyRecord } from "../shared/table/key-records.ts";
import { shelfKey } from "../shared/table/keys.ts";
import { putOrder } from "../shared/table/orders.ts";
import { sortable, Text } from "../shared/text.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** From now on it is this time, in milliseconds since 1970. */
const itIs = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: ms });

const aTime = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });

const book = (bookId: string, given: Partial<Book> = {}): Book => ({
  bookId,
  title: bookId,
  authors: ["A"],
  isbn: null,
  price: 1299,
  stock: null,
  active: true,
  revision: 1,
  ...given,
});
const cartOf = (lines: [bookId: string, quantity: number][]): Cart => ({
  ...neverUsedCart,
  cartId: newCartId(null),
  version: lines.length,
  lines: new Map(lines),
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
});
const viewOf = (books: Book[], quantities: number[]) =>
  cartView(
    cartOf(books.map(({ bookId }, index) => [bookId, quantities[index] ?? 1])),
    new Map(books.map((one) => [one.bookId, one])),
  );

describe("a customer's orders", () => {
  test("sort in the order in which they were placed, whatever the clock says", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(aTime, aTime), { minLength: 2, maxLength: 20 }), (clocks) => {
        const [carts, orders]: [string[], string[]] = [[], []];
        for (const [added, placed] of clocks) {
          itIs(added);
          carts.push(newCartId(orders.at(-1) ?? null));
          itIs(placed);
          orders.push(newOrderId(carts.at(-1) ?? "", randomUUID()));
        }
        expect(carts).toEqual(carts.toSorted());
        expect(orders).toEqual(orders.toSorted());
        expect(new Set(carts).size).toBe(carts.length);
      }),
      { numRuns: 50 },
    );
  });

  test("carry the time of placing, which does not lie before that of the cart", () => {
    fc.assert(
      fc.property(aTime, aTime, (added, placed) => {
        itIs(added);
        const cartId = newCartId(null);
        itIs(placed);
        expect(timeOf(cartId)).toBe(added);
        expect(timeOf(newOrderId(cartId, randomUUID()))).toBe(Math.max(added, placed));
      }),
    );
  });

  test("name their cart and their customer, and nothing else is read as an order's name", () => {
    const cartId = newCartId(null);
    const customerId = randomUUID();
    const orderId = newOrderId(cartId, customerId);

    expect(partsOf(orderId)).toEqual({ cartId, customerId });
    for (const all of ["0", "f"]) {
      const uuid = "00000000-0000-0000-0000-000000000000".replaceAll("0", all);
      expect(partsOf(newOrderId(cartId, uuid))?.customerId).toBe(uuid);
    }
    for (const none of ["", cartId, `${orderId}0`, orderId.slice(1), orderId.toLowerCase(), "U".repeat(62)])
      expect(partsOf(none)).toBeNull();
  });
});

describe("an id", () => {
  test("of ours is one that a client may send", () => {
    const cartId = newCartId(null);

    for (const id of [cartId, newOrderId(cartId, randomUUID()), newBookId()])
      expect(Id.safeParse(id).success).toBe(true);
    expect(new Set(Array.from({ length: 1000 }, newBookId)).size).toBe(1000);
  });

  test("sorts as the time that it begins with", () => {
    fc.assert(
      fc.property(aTime, aTime, (one, other) => {
        const [first, second] = [one, other].map((ms) => {
          itIs(ms);
          return newCartId(null).slice(0, 10);
        });
        expect(Math.sign(one - other)).toBe(first === second ? 0 : (first ?? "") < (second ?? "") ? -1 : 1);
      }),
    );
  });

  test.each(["a", "a".repeat(64), "A-Z_09", "__proto__"])("may be %s", (id) => {
    expect(Id.safeParse(id).success).toBe(true);
  });

  test.each(["", "a".repeat(65), "a b", "a\n", "é", "a.b", 1, null, undefined])("may not be %j", (id) => {
    expect(Id.safeParse(id).success).toBe(false);
  });
});

describe("a text", () => {
  const isText = (text: string) => Text(10).safeParse(text).success;

  test.each(["a", "עברית", "a\u200db", "\u{1F469}\u200d\u{1F680}", "\u{1F600}".repeat(10)])(
    "may be %j",
    (text) => {
      expect(isText(text)).toBe(true);
    },
  );

  test.each(["", " ", "a\nb", "a\u0000", "a\u2028b", "a\u2029b", "a\u0085b", "\ud800", "a".repeat(11)])(
    "may not be %j",
    (text) => {
      expect(isText(text)).toBe(false);
    },
  );
});

describe("titles are compared", () => {
  test.each([
    ["Émile", "emile"],
    ["EMILE", "emile"],
    ["E\u0301mile", "emile"],
    ["  two  \u00a0 spaces", "two spaces"],
    ["ﬁn de siècle", "fin de siecle"],
    ["İstanbul", "istanbul"],
    ["Ｆｕｌｌ", "full"],
    ["Война и мир", "воина и мир"],
    ["1984", "1984"],
    ["\u{1F4D6}", "\u{1F4D6}"],
  ])("%j as %j", (title, compared) => {
    expect(sortable(title)).toBe(compared);
  });

  test("in their first 200 characters, none of them cut in two", () => {
    expect(sortable("\u{1F4D6}".repeat(300))).toBe("\u{1F4D6}".repeat(200));
  });

  test("so that a book is found by any beginning of its title", () => {
    const letters = fc.constantFrom(...("aBcÉñ ü\u0301ﬁ\u{1F4D6}1".match(/./gu) ?? []));
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1, maxLength: 30 }), fc.nat(30), (title, length) => {
        fc.pre(!sortable(title.join("")).endsWith(" "));
        const { isk } = shelfKey({ bookId: "x", title: title.join(""), active: true });
        expect(isk.startsWith(sortable(title.slice(0, length).join("")))).toBe(true);
      }),
    );
  });

  test("in Greek too", () => {
    expect(sortable("ΟΔΥΣΣΕΙΑ").startsWith(sortable("ΟΔΥΣ"))).toBe(true);
  });

  test("so that a long title finds its book", () => {
    const title = `${"a".repeat(199)} ${"b".repeat(50)}`;

    expect(shelfKey({ bookId: "x", title, active: true }).isk.startsWith(sortable(title))).toBe(true);
  });

  test("so that a title stands before those that go on after it", () => {
    const key = (title: string) => shelfKey({ bookId: "x", title, active: true }).isk;
    const titles = ["Emma", "Emma Brown", "Emma!", "Emma-Jo", "Emmanuel"];

    expect(titles.map(key)).toEqual(titles.map(key).toSorted());
  });
});

describe("a cart", () => {
  const aBook = fc
    .record({
      bookId: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      title: fc.string({ minLength: 1, maxLength: 20 }),
      price: fc.integer({ min: 0, max: 1_000_000_000 }),
      stock: fc.option(fc.integer({ min: 0, max: 120 })),
      active: fc.boolean(),
    })
    .map(({ bookId, ...given }) => book(bookId, given));
  const someBooks = fc.uniqueArray(aBook, { maxLength: 50, selector: ({ bookId }) => bookId });
  const quantities = fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 50, maxLength: 50 });

  test("adds up, line by line and in all, whatever can be had of it", () => {
    fc.assert(
      fc.property(someBooks, quantities, (books, counts) => {
        const view = viewOf(books, counts);

        expect(view.lines).toHaveLength(books.length);
        let [items, total] = [0, 0];
        for (const [index, { bookId, price, stock, active }] of books.entries()) {
          const quantity = counts[index] ?? 0;
          expect(view.lines.find((line) => line.bookId === bookId)).toMatchObject({
            quantity,
            unitPrice: { amount: price, currency: "USD" },
            lineTotal: { amount: price * quantity, currency: "USD" },
            available: active && (stock === null || stock >= quantity),
          });
          items += quantity;
          total += price * quantity;
        }
        expect(view).toMatchObject({ itemCount: items, total: { amount: total, currency: "USD" } });
        expect(Number.isSafeInteger(view.total.amount)).toBe(true);
        const titles = view.lines.map(({ title, bookId }) => [sortable(title), bookId].join("\u0000"));
        expect(titles).toEqual(titles.toSorted((one, other) => (one < other ? -1 : 1)));
      }),
      { numRuns: 50 },
    );
  });

  test("keeps a line whose book is gone, for nothing and not to be had", () => {
    const view = cartView(cartOf([["gone", 2]]), new Map());

    expect(view.lines).toEqual([
      {
        bookId: "gone",
        title: expect.stringMatching(/./),
        quantity: 2,
        unitPrice: { amount: 0, currency: "USD" },
        lineTotal: { amount: 0, currency: "USD" },
        available: false,
      },
    ]);
  });

  test("is told from its ETag alone: nothing has changed since", () => {
    fc.assert(
      fc.property(someBooks, quantities, fc.constantFrom("", "W/"), (books, counts, weak) => {
        const view = viewOf(books, counts);
        const seen = parseIfMatch(weak + cartTag(view));

        expect(seen).toMatchObject({ cartId: view.cartId });
        if (!seen || seen === "any") throw new Error("not ours");
        expect(changesSince(seen.lines, view)).toEqual([]);
        expect(seen.lines.size).toBe(books.length);
      }),
      { numRuns: 50 },
    );
  });

  test("has an ETag of less than 4 KB with 50 lines as long as lines may be", () => {
    const books = Array.from({ length: 50 }, (_, index) =>
      book(`${index}`.padStart(64, "_"), { price: 1_000_000_000 }),
    );
    const tag = cartTag(viewOf(books, Array(50).fill(99)));

    expect(Buffer.byteLength(tag)).toBeLessThan(4096);
    expect(parseIfMatch(tag)).toMatchObject({ lines: { size: 50 } });
    expect(tag).toMatch(/^"[\x21\x23-\x7E]+"$/);
  });

  test("shows changes of quantity alone for a line that is on one side only", () => {
    const seen = new Map([["left", { quantity: 2, unitPrice: 1, available: true }]]);

    expect(changesSince(seen, viewOf([book("came", { active: false })], [3]))).toEqual([
      { bookId: "came", quantity: { old: 0, new: 3 } },
      { bookId: "left", quantity: { old: 2, new: 0 } },
    ]);
  });

  test.each([
    '"1"',
    '"1.X"',
    `"2.${"0".repeat(26)}"`,
    `"1.${"0".repeat(26)}.a:1:1"`,
    `"1.${"0".repeat(26)}.a:100:1:1"`,
    '""',
  ])("does not take %s for a tag of its own", (tag) => {
    expect(parseIfMatch(tag)).toBeNull();
  });
});

describe("a cursor", () => {
  const anywhere = () => true;
  const text = fc.string({ unit: "binary", maxLength: 40 });

  test("leads back to where its list stopped, and in no other list", () => {
    fc.assert(
      fc.property(text, text, text, (list, position, other) => {
        const cursor = cursorAt(list, position);

        expect(positionOf(list, cursor, anywhere)).toBe(Buffer.from(position).toString());
        expect(cursor).toMatch(/^[A-Za-z0-9_.-]*$/);
        if (other !== list) expect(() => positionOf(other, cursor, anywhere)).toThrow(Refusal);
      }),
    );
  });

  test("is none with any letter of it changed, lost or added", () => {
    const cursor = cursorAt("list", "position");

    for (let index = 0; index <= cursor.length; index++)
      for (const letter of ["", "A", "AA", ".", "=", "é", "\u0000"]) {
        const garbled = cursor.slice(0, index) + letter + cursor.slice(index + 1);
        if (garbled !== cursor) expect(() => positionOf("list", garbled, anywhere)).toThrow(Refusal);
      }
  });
});

describe("an order's status", () => {
  test("goes only from step to step", () => {
    expect(statuses).toEqual(["pending", "paid", "shipped", "delivered", "cancelled"]);
    expect(staffMayMove).toEqual({
      pending: [],
      paid: ["pending"],
      shipped: ["paid"],
      delivered: ["shipped"],
      cancelled: ["pending", "paid"],
    });
    expect(customerMayMove).toEqual({
      pending: [],
      paid: [],
      shipped: [],
      delivered: [],
      cancelled: ["pending"],
    });
  });

  test("is pending in the answer to its placing, whatever came after", () => {
    const cartId = newCartId(null);
    const customerId = randomUUID();
    const order: Order = {
      orderId: newOrderId(cartId, customerId),
      customerId,
      cartId,
      status: "pending",
      currency: "USD",
      lines: [],
      shippingAddress: null,
      steps: [],
    };
    const step = {
      status: "paid",
      at: "2026-01-01T00:00:00.000Z",
      by: "staff",
      who: "x",
      requestId: "y",
    } as const;

    expect(JSON.stringify(orderView(asPlaced({ ...order, status: "paid", steps: [step] })))).toBe(
      JSON.stringify(orderView(order)),
    );
  });
});

describe("an Idempotency-Key", () => {
  test("belongs to a request however its members are ordered, and to no other", () => {
    const hashOf = (request: unknown) => keyedRequest("key", request).requestHash;

    expect(hashOf({ a: 1, b: { c: [1, 2], d: null } })).toBe(hashOf({ b: { d: null, c: [1, 2] }, a: 1 }));
    const others = [
      {},
      { a: 1 },
      { a: "1" },
      { a: [1] },
      { a: { b: 1 } },
      { a: null },
      [1, 2],
      [2, 1],
      null,
      "a",
      1,
    ];
    expect(new Set(others.map(hashOf)).size).toBe(others.length);
    expect(keyedRequest("a", {}).keyHash).not.toBe(keyedRequest("b", {}).keyHash);
  });

  test("is remembered for 24 hours at least, and forgotten in time also where nobody deletes it", () => {
    const key = keyedRequest("key", {});
    itIs(0);
    const put = putKeyRecord("customer", key, "request");
    const item = "Put" in put ? put.Put.Item : undefined;

    itIs(24 * 60 * 60 * 1000);
    expect(parseKeyRecord(item, key)).toMatchObject({ requestId: "request" });
    expect(() => parseKeyRecord(item, keyedRequest("key", { other: 1 }))).toThrow(Refusal);
    itIs(25 * 60 * 60 * 1000);
    expect(parseKeyRecord(item, key)).toBeUndefined();
    expect(parseKeyRecord(item, keyedRequest("key", { other: 1 }))).toBeUndefined();
  });
});

test("every code stands for one status", () => {
  const codes: Record<number, Code[]> = {
    400: ["invalid-request", "invalid-cursor", "invalid-idempotency-key"],
    401: ["unauthenticated"],
    403: ["forbidden"],
    404: ["book-not-found", "order-not-found", "cart-not-found", "route-not-found"],
    405: ["method-not-allowed"],
    409: [
      "cart-empty",
      "order-already-exists",
      "insufficient-stock",
      "book-unavailable",
      "cart-full",
      "quantity-limit",
      "invalid-transition",
    ],
    412: ["cart-changed", "book-changed"],
    413: ["payload-too-large"],
    415: ["unsupported-media-type"],
    422: ["idempotency-key-reused"],
    503: ["temporarily-unavailable", "ordering-paused"],
  };

  for (const [status, some] of Object.entries(codes))
    for (const code of some)
      expect(new Refusal(code, "Why").problem).toEqual({
        type: `urn:bookshop:${code}`,
        title: expect.stringMatching(/./),
        status: Number(status),
        detail: "Why",
        code,
      });
});

describe("a history of orders as long as orders may be", () => {
  test("has every one of them", async () => {
    const customerId = randomUUID();
    const lines = Array.from({ length: 50 }, (_, index) => ({
      bookId: `book-${index}`,
      title: "\u{1F4D6}".repeat(300),
      quantity: 1,
      unitPrice: 1,
      stockTaken: false,
    }));
    const placed: string[] = [];
    for (let count = 0; count < 18; count++) {
      const cartId = newCartId(placed[0] ?? null);
      const order: Order = {
        orderId: newOrderId(cartId, customerId),
        customerId,
        cartId,
        status: "pending",
        currency: "USD",
        lines,
        shippingAddress: null,
        steps: [],
      };
      await openTable().write([putOrder(order, "request")]);
      placed.unshift(order.orderId);
    }
    const page = (cursor?: string, limit = 50) =>
      orderHistory(
        { customerId, requestId: "request", notes: {}, table: openTable(), key: undefined },
        cursor,
        limit,
      );
    const { orders, nextCursor } = await page(undefined, 9);
    expect([...orders, ...(await page(nextCursor ?? "")).orders].map(({ orderId }) => orderId)).toEqual(
      placed,
    );

    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const { orders: some, nextCursor: next } = await page(cursor);
      seen.push(...some.map(({ orderId }) => orderId));
      cursor = next;
    }
    expect(seen).toEqual(placed);
  });
});
