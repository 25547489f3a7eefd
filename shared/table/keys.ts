import { sortable } from "../text.ts";

/** The one table: its keys, its one index, and what the index carries besides its keys. Made from this on AWS and here. */
export const layout = {
  partitionKey: "pk",
  sortKey: "sk",
  /** Seconds since 1970 after which DynamoDB may delete an item. */
  expiry: "expiresAt",
  index: {
    name: "by-group",
    partitionKey: "ipk",
    sortKey: "isk",
    carries: ["title", "authors", "isbn", "price"],
  },
} as const;

// Every key is built in this file and nowhere else. A customer's things share a partition that the token names,
// so no id that a client sends can reach another's.

export type Key = { pk: string; sk: string };
export type IndexKey = { ipk: string; isk: string };

const customer = (customerId: string) => `CUSTOMER#${customerId}`;

export const cartKey = (customerId: string): Key => ({ pk: customer(customerId), sk: "CART" });

/** An order's key is its cart's id: the table itself cannot hold two orders of one cart. */
export const orderKey = (customerId: string, cartId: string): Key => ({
  pk: customer(customerId),
  sk: `ORDER#${cartId}`,
});

/** All orders of a customer, for a Query: backwards it is newest first. */
export const ordersOf = (customerId: string) => ({ pk: customer(customerId), prefix: "ORDER#" });

/** What a client's Idempotency-Key did, by the key's hash. */
export const keyRecordKey = (customerId: string, keyHash: string): Key => ({
  pk: customer(customerId),
  sk: `KEY#${keyHash}`,
});

export const keyRecordsOf = (customerId: string) => ({ pk: customer(customerId), prefix: "KEY#" });

export const bookKey = (bookId: string): Key => ({ pk: `BOOK#${bookId}`, sk: "BOOK" });

/** What an item is, by its key; nothing where the shop writes no such key. */
export const kindOf = ({ pk, sk }: Key): "book" | "cart" | "order" | "key record" | undefined => {
  if (pk.startsWith("BOOK#")) return sk === "BOOK" ? "book" : undefined;
  if (!pk.startsWith("CUSTOMER#")) return undefined;
  if (sk === "CART") return "cart";
  if (sk.startsWith("ORDER#")) return "order";
  return sk.startsWith("KEY#") ? "key record" : undefined;
};

/** The customer and cart that an order's key names. */
export const ownerOf = ({ pk, sk }: Key) => ({
  customerId: pk.slice("CUSTOMER#".length),
  cartId: sk.slice("ORDER#".length),
});

/** A status's orders in the index, in order of placing. */
export const statusGroup = (status: string) => `STATUS#${status}`;

/** The public shelf and the withdrawn books in the index, by title. */
export const shelf = (active: boolean) => (active ? "CATALOGUE" : "WITHDRAWN");

// Sorts before every letter a title may go on with, so that `Emma` stands before `Emma Brown`.
const afterTitle = "\t";

export const shelfKey = (book: { bookId: string; title: string; active: boolean }): IndexKey => ({
  ipk: shelf(book.active),
  isk: `${sortable(book.title.trimEnd())}${afterTitle}${book.bookId}`,
});

export const bookIdOnShelf = (isk: string): string => isk.slice(isk.lastIndexOf(afterTitle) + 1);
