import { randomUUID } from "node:crypto";
import type { Book } from "../../../shared/book.ts";
import { mostTitles } from "../../../shared/cart.ts";
import { bookItem } from "../../../shared/table/books.ts";
import type { Fault, StoreCall } from "../../faults/store-proxy.ts";
import type { Account, OwnShop } from "../../own-shop.ts";
import type { Reply } from "../../shop.ts";
import { bookOf, cartItem, orderItem, widest } from "../largest-things.ts";
import type { RouteName, Size } from "../limits.ts";

const manyBooks = 101;

/** Requests by route, each with what it finds in the table, or meets there. */
export type Attempt = {
  in: RouteName;
  send: () => Promise<Reply>;
  meeting: (call: StoreCall) => Promise<Fault>;
  /** Writes that the table refused for what stood there. */
  refused: number;
};

type How = { body?: unknown; headers?: Record<string, string> };

export type Attempts = Awaited<ReturnType<typeof attemptsOn>>;

/** What there is to ask for in a shop of books of this size, and the attempts as they are noted down. */
export async function attemptsOn(shop: OwnShop, size: Size) {
  const books = Array.from({ length: manyBooks }, (_, at) => bookOf(size, at));
  const titles = books.slice(0, mostTitles);
  const [first, another] = [books[0], books[mostTitles]] as [Book, Book];
  const unlisted = bookOf(size, manyBooks + 1);
  const withdrawn = { ...bookOf(size, manyBooks), active: false };
  const shippingAddress = widest(size);
  const staff: Account = { sub: randomUUID(), group: "admins" };
  const unknown = "x".repeat(64);
  await shop.put([...books, withdrawn].map(bookItem));

  /** A customer with so many titles in the cart. */
  const shopper = async (count: number, among: readonly Book[] = titles): Promise<Account> => {
    const who: Account = { sub: randomUUID(), group: "customers" };
    const lines = Object.fromEntries(among.slice(0, count).map(({ bookId }) => [bookId, 9]));
    await shop.put([cartItem(who, lines, 1)]);
    return who;
  };
  const buyer = async (count: number, ordered = orderItem): Promise<{ who: Account; orderIds: string[] }> => {
    const who: Account = { sub: randomUUID(), group: "customers" };
    let last: string | null = null;
    const items = Array.from({ length: count }, () => {
      const item = ordered(who, last, titles, shippingAddress);
      last = String(item.isk);
      return item;
    });
    await shop.put(items);
    return { who, orderIds: items.map(({ isk }) => String(isk)) };
  };
  const keyed = { "idempotency-key": "k".repeat(255) };
  const all: Attempt[] = [];
  const ask = (route: RouteName, who: Account, path: string, how: How & Partial<Attempt> = {}) => {
    const { body, headers, meeting = quiet, refused = 0 } = how;
    const method = route === "$default" ? "PATCH" : (route.split(" ")[0] as string);
    all.push({ in: route, send: () => shop.send(who, method, path, body, headers), meeting, refused });
  };
  /** The same once more where each write meets another's, and once where the cart has moved on before the first. */
  const change = async (route: RouteName, path: string, prepare: () => Promise<Account>, how: How = {}) => {
    ask(route, await prepare(), path, how);
    ask(route, await prepare(), path, { ...how, meeting: contended });
    const who = await prepare();
    let moved = 0;
    const meeting = async ({ operation }: StoreCall): Promise<Fault> => {
      if (operation === "TransactWriteItems" && moved++ === 0) {
        const lines = Object.fromEntries(titles.map(({ bookId }) => [bookId, 9]));
        await shop.put([cartItem(who, lines, 2)]);
      }
      return "none";
    };
    ask(route, who, path, { ...how, meeting, refused: 1 });
  };

  return {
    shop,
    size,
    all,
    ask,
    change,
    shopper,
    buyer,
    staff,
    titles,
    first,
    another,
    withdrawn,
    unlisted,
    shippingAddress,
    unknown,
    keyed,
  };
}

export const quiet = async (): Promise<Fault> => "none";
export const contended = async ({ operation }: StoreCall): Promise<Fault> =>
  operation === "TransactWriteItems" ? "conflict" : "none";
/** Lets by what is small, so that what is large is tried in all of the calls that are left. */
export const contendedInPlenty = async (call: StoreCall): Promise<Fault> =>
  call.input.TransactItems?.length > 2 ? contended(call) : "none";
