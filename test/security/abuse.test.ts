import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { environments } from "../../infra/environments.ts";
import { cursorAt } from "../../shared/cursor.ts";
import { type Account, type OwnShop, ownShop } from "../own-shop.ts";
import {
  hostileHourTable,
  leftBehind,
  longestBodies,
  signedUp,
  turnedAway,
  withoutToken,
} from "./hostile-hour.ts";
import { limits, type Size, storedOrder } from "./limits.ts";
import { atAllRates, indexUnits, ordinaryUnits } from "./ordinary-requests.ts";
import { bytesOfOrder, worstOf } from "./worst-requests.ts";

// What one caller can make the shop do, and its owner pay.

afterEach(() => vi.restoreAllMocks());

describe.each<Size>(["ordinary", "largest"])("the dearest requests, with books of %s size", (size) => {
  test("take no more than their limits, and no less", { timeout: 60_000 }, async ({ task }) => {
    const shop = await ownShop(`worst-${randomUUID()}`);
    // waits are counted, and need not be waited for
    vi.spyOn(Math, "random").mockReturnValue(0);
    const worst = await worstOf(shop, size).finally(() => shop.close());

    const wanted = Object.entries(limits).map(([key, of]) => [key, of[size]]);
    expect(Object.fromEntries(worst)).toEqual(Object.fromEntries(wanted));
    task.meta.shown = [
      `${`The dearest requests, books of ${size} size`.padEnd(44)} calls   read  write    KiB`,
      ...[...worst].map(
        ([key, { calls, read, write, kib }]) =>
          key.padEnd(44) + [calls, read, write, kib].map((of) => String(of).padStart(6)).join(" "),
      ),
    ].join("\n");
  });

  test("leave orders of so many bytes", () => {
    const { first, further } = storedOrder[size];
    expect([bytesOfOrder(size, 1), bytesOfOrder(size, 50)]).toEqual([first, first + 49 * further]);
  });

  test("are answered within what Lambda may answer, and make no more than 16 calls", () => {
    for (const of of Object.values(limits)) {
      // 6 MB, in which each quotation mark counts twice
      expect(of[size].kib).toBeLessThan(5 * 1024);
      expect(of[size].calls).toBeLessThanOrEqual(16);
    }
  });
});

describe("what is too long is refused before the table is asked", () => {
  let shop: OwnShop;
  const customer: Account = { sub: randomUUID(), group: "customers" };
  const staff: Account = { sub: randomUUID(), group: "admins" };
  beforeAll(async () => {
    shop = await ownShop(`abuse-${randomUUID()}`);
  });
  afterAll(() => shop.close());

  const price = { amount: 1, currency: "USD" };
  const book = { title: "T", authors: ["A"], price };
  const address = { name: "A", lines: ["1"], city: "C", country: "GB" };
  const order = (change: object) => ({ shippingAddress: { ...address, ...change } });
  const long = (length: number) => "x".repeat(length);
  const farPlace = `${"本".repeat(341)}\tx`;

  test.each<[string, Account, string, unknown?, Record<string, string>?]>([
    ["a page of 51 books", customer, "GET /api/books?limit=51"],
    ["a page of 51 orders", customer, "GET /api/orders?limit=51"],
    ["a page of 51 of staff's books", staff, "GET /api/admin/books?limit=51"],
    ["a page of 51 of anyone's orders", staff, "GET /api/admin/orders?limit=51"],
    ["a cursor of 8,000 characters", customer, `GET /api/orders?cursor=${long(8000)}`],
    [
      "a place among the books of 1,025 bytes",
      customer,
      `GET /api/books?cursor=${cursorAt("books ", farPlace)}`,
    ],
    ["a book's id of 65 characters", customer, "POST /api/cart/add", { bookId: long(65) }],
    ["100 copies", customer, "POST /api/cart/add", { bookId: "b", quantity: 100 }],
    ["100 copies by PUT", customer, "PUT /api/cart/items/b", { quantity: 100 }],
    ["a cart's id of 65 characters", customer, "POST /api/orders", { cartId: long(65) }],
    ["a name of 101 characters", customer, "POST /api/orders", order({ name: long(101) })],
    ["an address of 5 lines", customer, "POST /api/orders", order({ lines: Array(5).fill("1") })],
    ["a line of 101 characters", customer, "POST /api/orders", order({ lines: [long(101)] })],
    ["a city of 101 characters", customer, "POST /api/orders", order({ city: long(101) })],
    ["a region of 101 characters", customer, "POST /api/orders", order({ region: long(101) })],
    ["a postal code of 101 characters", customer, "POST /api/orders", order({ postalCode: long(101) })],
    ["a title of 301 characters", staff, "POST /api/admin/books", { ...book, title: long(301) }],
    ["an author of 101 characters", staff, "POST /api/admin/books", { ...book, authors: [long(101)] }],
    ["51 authors", staff, "POST /api/admin/books", { ...book, authors: Array(51).fill("A") }],
    ["an ISBN of 19 characters", staff, "POST /api/admin/books", { ...book, isbn: `97${"8".repeat(17)}` }],
    ["a stock of more than 10^9", staff, "PATCH /api/admin/books/b", { stock: 1_000_000_001 }],
    [
      "a price of more than 10^9",
      staff,
      "PATCH /api/admin/books/b",
      { price: { ...price, amount: 1e9 + 1 } },
    ],
    [
      "a key of 256 characters",
      customer,
      "POST /api/cart/add",
      { bookId: "b" },
      { "idempotency-key": long(256) },
    ],
    ["a key of 9,000 characters", customer, "POST /api/orders", {}, { "idempotency-key": long(9000) }],
    ["an If-Match that is no tag", customer, "POST /api/orders", {}, { "if-match": long(9000) }],
  ])("%s", async (_, who, request, body, headers) => {
    const [method = "", path = ""] = request.split(" ");
    const { status, calls } = await asked(who, method, path, body, headers);
    expect([status, calls]).toEqual([400, 0]);
  });

  test.each<[request: string, Account, unknown?]>([
    ["GET /api/books/ID", customer],
    ["PUT /api/cart/items/ID", customer, { quantity: 1 }],
    ["DELETE /api/cart/items/ID", customer],
    ["GET /api/orders/ID", customer],
    ["POST /api/orders/ID/cancel", customer],
    ["GET /api/admin/books/ID", staff],
    ["PATCH /api/admin/books/ID", staff, { active: true }],
    ["GET /api/admin/orders/ID", staff],
    ["PATCH /api/admin/orders/ID", staff, { status: "paid" }],
  ])("an id of 65 characters in a path: %s", async (request, who, body) => {
    const [method = "", path = ""] = request.replace("ID", long(65)).split(" ");
    const { status, calls } = await asked(who, method, path, body);
    expect([status, calls]).toEqual([404, 0]);
  });

  test("but for a title to look for, which is cut off to what a key may have", async () => {
    const sent: string[] = [];
    const title = encodeURIComponent("😀".repeat(700));
    const answer = await shop.meeting(
      ({ input }) => {
        for (const value of Object.values(input.ExpressionAttributeValues))
          sent.push((value as { S: string }).S);
        return "none" as const;
      },
      () => asked(customer, "GET", `/api/books?title=${title}`),
    );

    expect(answer).toEqual({ status: 200, calls: 1, read: 0.5 });
    expect(sent).toHaveLength(3);
    for (const value of sent) expect(Buffer.byteLength(value)).toBeLessThanOrEqual(1024);
  });

  async function asked(
    who: Account,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const { status } = await shop.send(who, method, path, body, headers);
    const { calls = 0, read = 0 } = JSON.parse(String(log.mock.lastCall?.[0]));
    return { status, calls, read };
  }
});

test.each([
  ["GET", "/api/books", undefined],
  ["GET", "/api/cart", undefined],
  ["POST", "/api/cart/add", { bookId: "b" }],
  ["POST", "/api/orders", {}],
])("a table that takes no more units: 503, and to try again, %s %s", async (method, path, body) => {
  const shop = await ownShop(`full-${randomUUID()}`);
  vi.spyOn(Math, "random").mockReturnValue(0);
  let calls = 0;
  const turnedAway = () => {
    calls++;
    return "throttle" as const;
  };
  const who: Account = { sub: randomUUID(), group: "customers" };
  const answer = await shop.meeting(turnedAway, () => shop.send(who, method, path, body));
  const left = await shop.items();
  await shop.close();

  expect(answer).toMatchObject({ status: 503, body: { code: "temporarily-unavailable" } });
  expect(answer.headers.get("retry-after")).toBe("1");
  expect([calls, left]).toEqual([16, []]);
});

test("the most units of every environment leave room for what people ask for, at all rates together", async ({
  task,
}) => {
  const shop = await ownShop(`peak-${randomUUID()}`);
  const units = await ordinaryUnits(shop).finally(() => shop.close());

  const peak = atAllRates(units);
  const ofIndex = atAllRates(indexUnits(units));
  for (const { mostUnits } of Object.values(environments))
    for (const unit of ["read", "write"] as const) {
      expect(peak[unit]).toBeLessThan(mostUnits.table[unit]);
      expect(ofIndex[unit]).toBeLessThan(mostUnits.index[unit]);
    }
  task.meta.shown =
    `At all rates together, ordinary requests take ${peak.read} read and ${peak.write} write units a second, ` +
    `those of the index included, which are ${ofIndex.read} and ${ofIndex.write}.`;
});

test("docs/security.md says what a hostile hour costs", ({ task }) => {
  const page = readFileSync("docs/security.md", "utf8");
  const section = page.split("\n## What one hostile caller can make us pay\n")[1]?.split("\n## ")[0] ?? "";
  task.meta.shown = hostileHourTable();

  expect(section).toContain(hostileHourTable());
  const words = section.replaceAll("\n", " ");
  const dollars = (amount: number) => `$${amount.toFixed(2)}`;
  const [ordinary, largest] = [leftBehind("ordinary"), leftBehind("largest")];
  const bodies = longestBodies();
  const megabytes = ({ bytes }: typeof ordinary) => Math.round(bytes / 1024 / 1024).toLocaleString("en");
  for (const said of [
    `costs ${dollars(withoutToken())} an hour`,
    `costs ${dollars(turnedAway())} an hour`,
    `${dollars(bodies.dollars)} an hour more, for ${Math.round(bodies.gigabytes)} GB a second`,
    `${megabytes(ordinary)} MB, or ${megabytes(largest)} MB with the largest books`,
    `${dollars(ordinary.dollars)} or ${dollars(largest.dollars)} for each month`,
    `$${signedUp().toLocaleString("en")} for an hour`,
  ])
    expect(words).toContain(said);
});
