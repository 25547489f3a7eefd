import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Book } from "../shared/book.ts";
import { bookItem } from "../shared/table/books.ts";
import { type Account, type OwnShop, ownShop } from "./own-shop.ts";
import { bookAt } from "./plenty.ts";

// What DynamoDB does not hand over at once: pages that end at 1 MB, and keys that it leaves for another time.

const staff: Account = { sub: randomUUID(), group: "admins" };
const wide = (characters: number) => "\u{1F600}".repeat(characters);
const large = Array.from({ length: 60 }, (_, at) => {
  const book = bookAt(at);
  return { ...book, title: book.title + wide(260), authors: Array<string>(50).fill(wide(100)) };
});
let shop: OwnShop;
beforeAll(async () => {
  shop = await ownShop(`leftovers-${randomUUID()}`);
  await shop.put(large.map(bookItem));
});
afterAll(() => shop.close());

test("a book that is retitled while a page is read stands in it once", async () => {
  const [first] = large as [Book];
  const moved = { ...first, title: bookAt(49).title };
  let queries = 0;

  const { status, body } = await shop.meeting(
    async ({ operation }) => {
      if (operation === "Query" && ++queries === 2) await shop.put([bookItem(moved)]);
      return "none" as const;
    },
    () => shop.send(staff, "GET", "/api/admin/books?limit=50"),
  );

  const ids = body.items.map(({ bookId }: { bookId: string }) => bookId);
  expect({ status, queries }).toEqual({ status: 200, queries: 2 });
  expect(ids).toEqual([...new Set(ids)]);
});

test("keys that are left over are asked for again after a wait, and not for ever", async () => {
  const wait = vi.spyOn(globalThis, "setTimeout");
  let reads = 0;
  const reader: Account = { sub: randomUUID(), group: "customers" };

  const { status, body } = await shop.meeting(
    ({ operation }) => {
      if (operation === "BatchGetItem") reads++;
      return "unprocessed" as const;
    },
    () => shop.send(reader, "GET", "/api/cart"),
  );

  const waits = wait.mock.calls.filter(([, ms]) => ms !== undefined && ms > 0 && ms <= 400);
  wait.mockRestore();
  expect({ status, code: body.code }).toEqual({ status: 503, code: "temporarily-unavailable" });
  expect(reads).toBe(16);
  expect(waits.length).toBeGreaterThanOrEqual(reads - 1);
});
