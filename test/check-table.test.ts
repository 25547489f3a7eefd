import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { Item } from "../shared/table/client.ts";
import { journey } from "./compatibility/journey.ts";
import { startShop } from "./local-system.ts";
import { type OwnShop, ownShop } from "./own-shop.ts";

const endpoint = inject("variables").AWS_ENDPOINT_URL_DYNAMODB ?? "";

type Said = { code: unknown; out: string[]; err: string };

/** Runs the owner's command as they would. */
function checkTable(args: string[], variables: Record<string, string> = {}): Promise<Said> {
  return new Promise((resolve) => {
    // biome-ignore lint/style/noProcessEnv: a child gets what we have, and more
    const env = { ...process.env, DYNAMODB_ENDPOINT: "", ...variables };
    execFile(process.execPath, ["infra/tools/check-table.ts", ...args], { env }, (error, out, err) =>
      resolve({ code: error ? error.code : 0, out: out.trim().split("\n"), err }),
    );
  });
}
const checkShop = ({ tableName }: OwnShop) =>
  checkTable(["--table", tableName], { DYNAMODB_ENDPOINT: endpoint });

const address = { name: "Ada", lines: ["1 Any Street"], city: "Anytown", country: "GB" };

/** What one customer and one book of a sound table look like; each has numbers of its own. */
function sound(number: number) {
  const letters = String(number).padStart(16, "0");
  const sub = `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
  const packed = packedIds[number] ?? "";
  const cartId = `01M896AYZF${letters}`;
  const orderId = `01M896AZ03${cartId}${packed}`;
  return {
    sub,
    cartId,
    orderId,
    book: {
      pk: `BOOK#${letters}`,
      sk: "BOOK",
      ipk: "CATALOGUE",
      isk: `a title\t${letters}`,
      schema: 1,
      title: "A title",
      authors: ["An Author"],
      price: 100,
      stock: 3,
      active: true,
      revision: 1,
    } as Item,
    cart: {
      pk: `CUSTOMER#${sub}`,
      sk: "CART",
      schema: 1,
      cartId: `01M896AZ23${letters}`,
      version: 3,
      lines: { [letters]: 2 },
      lastOrderId: orderId,
      createdAt: "2026-11-25T11:09:30.563Z",
      updatedAt: "2026-11-25T11:09:30.577Z",
    } as Item,
    order: {
      pk: `CUSTOMER#${sub}`,
      sk: `ORDER#${cartId}`,
      ipk: "STATUS#paid",
      isk: orderId,
      schema: 1,
      requestId: "a-request",
      status: "paid",
      currency: "USD",
      lines: [{ bookId: letters, title: "A title", quantity: 2, unitPrice: 100 }],
      steps: [
        { status: "paid", at: "2026-11-25T11:10:00.000Z", by: "staff", who: "boss", requestId: "another" },
      ],
    } as Item,
    record: {
      pk: `CUSTOMER#${sub}`,
      sk: "KEY#abcdefghijklmnopqrstuvwxyz012345",
      schema: 1,
      requestHash: "abcdefghijklmnopqrstuvwxyz012345",
      requestId: "a-request",
      made: cartId,
      expiresAt: Math.floor(Date.now() / 1000) + 60 * 60,
    } as Item,
  };
}
/** The customers' ids as an order's id ends with them: 128 bits in 26 letters. */
const packedIds = Array.from({ length: 60 }, (_, number) => {
  let bits = BigInt(`0x${`00000000-0000-4000-8000-${String(number).padStart(12, "0")}`.replaceAll("-", "")}`);
  let text = "";
  for (; text.length < 26; bits >>= 5n) text = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[Number(bits & 31n)] + text;
  return text;
});

type Sound = ReturnType<typeof sound>;
type Planted = { book?: Item; cart?: Item | null; order?: Item | null; record?: Item };
const without = (item: Item, name: string): Item =>
  Object.fromEntries(Object.entries(item).filter(([each]) => each !== name));

/** A breach, how it comes about, and in which item which words tell of it. */
const breaches: [string, keyof Planted, (of: Sound) => Planted, string | ((of: Sound) => string)][] = [
  [
    "an item of no kind",
    "book",
    ({ book }) => ({ book: { ...book, sk: "PAGE" } }),
    "is nothing that the shop writes",
  ],
  [
    "no schema number",
    "cart",
    ({ cart }) => ({ cart: without(cart, "schema") }),
    "is of schema undefined, and not of 1",
  ],
  [
    "another schema number",
    "order",
    ({ order }) => ({ order: { ...order, schema: 2 } }),
    "is of schema 2, and not of 1",
  ],
  ["a cart that cannot be read", "cart", ({ cart }) => ({ cart: without(cart, "lines") }), "cannot be read:"],
  [
    "an order that cannot be read",
    "order",
    ({ order }) => ({ order: without(order, "currency") }),
    "cannot be read:",
  ],
  [
    "a key record that cannot be read",
    "record",
    ({ record }) => ({ record: without(record, "requestHash") }),
    "cannot be read:",
  ],
  ["a book that cannot be read", "book", ({ book }) => ({ book: without(book, "price") }), "cannot be read:"],
  [
    "an open cart that became an order",
    "cart",
    ({ cart, cartId }) => ({ cart: { ...cart, cartId } }),
    ({ cartId }) => `is open, and an order was placed from it: ORDER#${cartId}`,
  ],
  [
    "an order that the cart speaks of and that is not there",
    "cart",
    ({ record }) => ({ order: null, record: without(record, "made") }),
    ({ orderId }) => `names as its last order one that does not exist: ${orderId}`,
  ],
  [
    "an order that the cart knows nothing of",
    "cart",
    ({ cart }) => ({ cart: without(cart, "lastOrderId") }),
    ({ cartId }) => `knows nothing of an order after its last: ORDER#${cartId}`,
  ],
  [
    "addresses without a cart, as an erased customer leaves none",
    "cart",
    ({ order }) => ({ cart: null, order: { ...order, shippingAddress: address } }),
    "is not there, though there are addresses",
  ],
  [
    "an erasure that broke off",
    "cart",
    ({ cart: { pk, sk, schema, version } }) => ({
      cart: { pk, sk, schema, version, lines: {}, erasedAt: "2026-11-25T11:20:00.000Z" },
    }),
    "began to be erased at 2026-11-25T11:20:00.000Z, and is not through",
  ],
  [
    "a cart that has seen too few changes",
    "cart",
    ({ cart }) => ({ cart: { ...cart, version: 2 } }),
    "is at version 2, with 1 orders behind it",
  ],
  [
    "a cart's version that is no count",
    "cart",
    ({ cart }) => ({ cart: { ...cart, version: 3.5 } }),
    "is at version 3.5",
  ],
  [
    "a cart with an id of another form",
    "cart",
    ({ cart }) => ({ cart: { ...cart, cartId: "mine" } }),
    "has an id that is none: mine",
  ],
  [
    "lines in a cart that is not open",
    "cart",
    ({ cart }) => ({ cart: without(without(cart, "cartId"), "createdAt") }),
    "is not open, and has 1 lines",
  ],
  [
    "a cart without a beginning",
    "cart",
    ({ cart }) => ({ cart: without(cart, "createdAt") }),
    "is open without a beginning",
  ],
  [
    "more titles than a cart may have",
    "cart",
    ({ cart }) => ({
      cart: { ...cart, lines: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`book-${at}`, 1])) },
    }),
    "has 51 lines",
  ],
  [
    "more copies than a line may have",
    "cart",
    ({ cart }) => ({ cart: { ...cart, lines: { emma: 100 } } }),
    "has 100 copies of emma",
  ],
  [
    "an order under another cart's id",
    "order",
    ({ order, orderId }) => ({
      order: { ...order, isk: `${orderId.slice(0, 10)}${orderId.slice(26)}${orderId.slice(10, 26)}` },
    }),
    "has the id of another cart's order:",
  ],
  [
    "an order under another customer's id",
    "order",
    ({ order, orderId }) => ({ order: { ...order, isk: `${orderId.slice(0, -1)}Z` } }),
    "has the id of another cart's order:",
  ],
  [
    "an order that the index holds under another status",
    "order",
    ({ order }) => ({ order: { ...order, ipk: "STATUS#pending" } }),
    "is paid, and stands in the index as STATUS#pending",
  ],
  [
    "an order whose steps lead elsewhere",
    "order",
    ({ order }) => ({ order: { ...order, status: "shipped", ipk: "STATUS#shipped" } }),
    "is shipped, and its steps lead to paid",
  ],
  [
    "an order that took a step there is not",
    "order",
    ({ order }) => ({
      order: {
        ...order,
        status: "delivered",
        ipk: "STATUS#delivered",
        steps: [{ ...(order.steps as object[])[0], status: "delivered" }],
      },
    }),
    "went from pending to delivered",
  ],
  ["an order of nothing", "order", ({ order }) => ({ order: { ...order, lines: [] } }), "has 0 lines"],
  [
    "a book on two lines of an order",
    "order",
    ({ order }) => ({ order: { ...order, lines: [...(order.lines as Item[]), ...(order.lines as Item[])] } }),
    "has one book on two lines",
  ],
  [
    "a price below nothing",
    "order",
    ({ order }) => ({
      order: { ...order, lines: [{ bookId: "emma", title: "Emma", quantity: 1, unitPrice: -1 }] },
    }),
    "has 1 copies of emma at -1",
  ],
  [
    "a total that is no sum of money",
    "order",
    ({ order }) => ({
      order: { ...order, lines: [{ bookId: "emma", title: "Emma", quantity: 1, unitPrice: 0.5 }] },
    }),
    "comes to 0.5 for 1 copies",
  ],
  [
    "a key that made an order which is not there",
    "record",
    ({ record, cartId }) => ({ record: { ...record, made: `${cartId.slice(0, 10)}ZZZZZZZZZZZZZZZZ` } }),
    ({ cartId }) => `says that it made what does not exist: ORDER#${cartId.slice(0, 10)}ZZZZZZZZZZZZZZZZ`,
  ],
  [
    "a key that made a book which is not there",
    "record",
    ({ record }) => ({ record: { ...record, made: "ZZZZZZZZZZZZZZZZ" } }),
    "says that it made what does not exist: BOOK#ZZZZZZZZZZZZZZZZ",
  ],
  ["a stock below nothing", "book", ({ book }) => ({ book: { ...book, stock: -1 } }), "has a stock of -1"],
  [
    "a book on the other shelf",
    "book",
    ({ book }) => ({ book: { ...book, ipk: "WITHDRAWN" } }),
    "stands in the index as WITHDRAWN",
  ],
  [
    "a book under another title",
    "book",
    ({ book }) => ({ book: { ...book, title: "Another" } }),
    "stands in the index as CATALOGUE a title",
  ],
  [
    "a book without an author",
    "book",
    ({ book }) => ({ book: { ...book, authors: [] } }),
    "has a wrong authors:",
  ],
  ["a book at no revision", "book", ({ book }) => ({ book: { ...book, revision: 0 } }), "is at revision 0"],
];

describe("npm run check-table", () => {
  let shop: OwnShop;
  beforeAll(async () => {
    shop = await ownShop("bookshop-checked");
  });
  afterAll(() => shop.close());

  test("finds nothing wrong with what real journeys leave, and says how much it read", async () => {
    await journey(shop);

    const { code, out, err } = await checkShop(shop);

    expect(out).toEqual([
      "bookshop-checked: 17 items (3 books, 4 carts, 6 orders, 4 key records), 0 breaches",
    ]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });

  test("forgives a key whose time is over, whatever it made", async () => {
    const { record } = sound(59);
    await shop.put([{ ...record, expiresAt: 1, made: "gone" }]);

    expect((await checkShop(shop)).code).toBe(0);
  });

  test.each([
    ["is under way", { erasedAt: new Date().toISOString() }],
    ["is through", { erasedAt: "2026-11-25T11:20:00.000Z", expiresAt: 1 }],
  ])("finds nothing wrong with an erasure that %s", async (_, marker) => {
    const { pk, sk, schema, version } = sound(58).cart;
    await shop.put([{ pk, sk, schema, version, lines: {}, ...marker }]);

    expect((await checkShop(shop)).code).toBe(0);
  });
});

describe("npm run check-table, of a table with breaches,", () => {
  let shop: OwnShop;
  let said: Said;
  beforeAll(async () => {
    shop = await ownShop("bookshop-breached");
    await shop.put(
      breaches.flatMap(([, , plant], number) => {
        const { book, cart, order, record } = sound(number);
        return Object.values({ book, cart, order, record, ...plant(sound(number)) }).filter(
          (item) => item !== null,
        );
      }),
    );
    said = await checkShop(shop);
  });
  afterAll(() => shop.close());

  const lineOf = (number: number): { at: string; words: string } => {
    const [, where, , words = ""] = breaches[number] ?? [];
    const of = sound(number);
    const { pk, sk } = { ...of[where ?? "book"], ...breaches[number]?.[2](of)[where ?? "book"] };
    return { at: `${pk} ${sk}: `, words: typeof words === "string" ? words : words(of) };
  };

  test.each(breaches.map(([name], number) => ({ name, number })))(
    "says of $name where it is and what is wrong",
    ({ number }) => {
      const { at, words } = lineOf(number);

      expect(said.out.filter((line) => line.startsWith(at)).join("\n")).toContain(`${at}${words}`);
    },
  );

  test("says nothing of what is sound, counts, and fails", () => {
    const places = breaches.map((_, number) => lineOf(number).at);

    expect(said.out.slice(0, -1).filter((line) => !places.some((at) => line.startsWith(at)))).toEqual([]);
    expect(said.out.at(-1)).toMatch(new RegExp(`, ${said.out.length - 1} breaches$`));
    expect(said.code).toBe(1);
  });
});

describe("npm run check-table, by default,", () => {
  const data = mkdtempSync(join(tmpdir(), "bookshop-check-table-"));
  afterAll(() => rmSync(data, { recursive: true }));

  test("reads what the local system keeps, while that runs and when it does not", async () => {
    const clean = {
      code: 0,
      out: [expect.stringMatching(/^bookshop-local: 140 items .*, 0 breaches$/)],
      err: "",
    };
    const { stop } = await startShop(["--data", data], { DYNAMODB_ENDPOINT: "" });

    const running = await checkTable(["--data", data]).finally(stop);

    expect(running).toEqual(clean);
    expect(await checkTable(["--data", data])).toEqual(clean);
  });

  test.each([
    ["there is no local data", ["--data", join(data, "nowhere")], {}, "There is no local data yet"],
    [
      "there is no such table",
      ["--table", "nothing"],
      { DYNAMODB_ENDPOINT: endpoint },
      "There is no table nothing.",
    ],
    [
      "nobody answers",
      ["--table", "nothing"],
      { DYNAMODB_ENDPOINT: "http://127.0.0.1:9" },
      "The table nothing cannot be read: ",
    ],
    ["it does not know an option", ["--tabel", "nothing"], {}, "Unknown option '--tabel'"],
  ])("says in one line that %s", async (_, args, variables, words) => {
    const { code, out, err } = await checkTable(args, variables);

    expect({ code, out: out.join(), lines: err.trim().split("\n").length }).toEqual({
      code: 1,
      out: "",
      lines: 1,
    });
    expect(err).toContain(words);
  });
});
