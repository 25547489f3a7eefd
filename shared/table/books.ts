import * as z from "zod/mini";
import { type Book, type ListedBook, mostStock } from "../book.ts";
import type { Action, Item, Table } from "./client.ts";
import { bookIdOnShelf, bookKey, layout, shelf, shelfKey } from "./keys.ts";

// docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const mostKeyBytes = 1024;

const BookItem = z.object({
  pk: z.string(),
  title: z.string(),
  authors: z.array(z.string()),
  isbn: z._default(z.nullable(z.string()), null),
  price: z.number(),
  stock: z._default(z.nullable(z.number()), null),
  active: z.boolean(),
  revision: z.number(),
});

const ListedItem = z.extend(z.pick(BookItem, { title: true, authors: true, isbn: true, price: true }), {
  isk: z.string(),
});

export const parseBook = (item: Item | undefined): Book | undefined => {
  if (!item) return undefined;
  const { pk, ...book } = BookItem.parse(item);
  return { bookId: pk.slice("BOOK#".length), ...book };
};

/** A book as the table keeps it. */
export const bookItem = ({ bookId, isbn, stock, ...book }: Book): Item => ({
  ...bookKey(bookId),
  ...shelfKey({ bookId, ...book }),
  schema: 1,
  ...book,
  ...(isbn !== null && { isbn }),
  ...(stock !== null && { stock }),
});

/** Books by id; those that do not exist are missing from the answer. */
export async function readBooks(table: Table, bookIds: readonly string[]): Promise<Map<string, Book>> {
  // one that changes places while an index is read may stand in it twice
  const distinct = [...new Set(bookIds)];
  if (distinct.length === 0) return new Map();
  return booksById((await table.read(distinct.map(bookKey))).map(parseBook));
}

export const booksById = (books: readonly (Book | undefined)[]): Map<string, Book> =>
  new Map(books.flatMap((book) => (book ? [[book.bookId, book]] : [])));

/** Sorts after every title that begins so. */
const beyond = (prefix: string) => `${prefix}\u{10FFFF}`;

/** A page of a shelf by title, those whose title begins with `prefix`, which is sortable; `after` is where the page before it ended. */
export async function listBooks(
  table: Table,
  on: { active: boolean; prefix: string; after: string | undefined; limit: number },
): Promise<{ books: ListedBook[]; last: string | null }> {
  const items = await table.query({
    IndexName: layout.index.name,
    KeyConditionExpression:
      on.prefix === "" ? "ipk = :shelf" : "ipk = :shelf AND isk BETWEEN :first AND :last",
    ExpressionAttributeValues: {
      ":shelf": shelf(on.active),
      // as begins_with, which the embedded engine looks for in all of the shelf
      ...(on.prefix !== "" && {
        ":first": on.prefix,
        ":last": beyond(on.prefix),
      }),
    },
    ...(on.after !== undefined && {
      ExclusiveStartKey: { ipk: shelf(on.active), isk: on.after, ...bookKey(bookIdOnShelf(on.after)) },
    }),
    // one more than asked for tells whether another page follows
    Limit: on.limit + 1,
  });
  const page = items.slice(0, on.limit).map((item) => ListedItem.parse(item));
  return {
    books: page.map(({ isk, ...book }) => ({ bookId: bookIdOnShelf(isk), ...book, active: on.active })),
    last: items.length > on.limit ? (page.at(-1)?.isk ?? null) : null,
  };
}

/** Takes copies off a tracked stock, if the book is still as it was read. */
export const takeStock = (book: Book, quantity: number): Action => ({
  Update: {
    Key: bookKey(book.bookId),
    UpdateExpression: "SET #stock = #stock - :quantity",
    ConditionExpression: "#active = :true AND #price = :price AND #stock >= :quantity",
    ExpressionAttributeNames: { "#stock": "stock", "#active": "active", "#price": "price" },
    ExpressionAttributeValues: { ":quantity": quantity, ":true": true, ":price": book.price },
  },
});

/** Gives copies back to a book that still tracks its stock, where they fit beneath the most that it may be. */
export const giveStockBack = (bookId: string, quantity: number): Action => ({
  Update: {
    Key: bookKey(bookId),
    UpdateExpression: "SET #stock = #stock + :quantity",
    ConditionExpression: "#stock <= :room",
    ExpressionAttributeNames: { "#stock": "stock" },
    ExpressionAttributeValues: { ":quantity": quantity, ":room": mostStock - quantity },
  },
});

/** Puts a new book on its shelf; never over another. */
export const putBook = (book: Book): Action => ({
  Put: { Item: bookItem(book), ConditionExpression: "attribute_not_exists(pk)" },
});

export type BookChanges = Partial<Omit<Book, "bookId" | "revision">> & { stockChange?: number };

/** Changes what is named; `revision` is what the caller saw, where they say so. */
export function changeBook(bookId: string, changes: BookChanges, revision: number | undefined): Action {
  const { stockChange, ...given } = changes;
  const fields: Item = {
    ...given,
    ...(given.title !== undefined && { isk: shelfKey({ bookId, title: given.title, active: true }).isk }),
    ...(given.active !== undefined && { ipk: shelf(given.active) }),
  };
  const kept = Object.entries(fields).filter(([, value]) => value !== null);
  const gone = Object.keys(fields).filter((name) => fields[name] === null);
  // stock is no part of what a book's tag names
  const tagged = Object.keys(fields).some((name) => name !== "stock");
  const sets = [...kept.map(([name]) => `#${name} = :${name}`), "#revision = #revision + :step"];
  const conditions = ["attribute_exists(pk)"];
  const names = new Set([...Object.keys(fields), "revision"]);
  const values: Item = Object.fromEntries(kept.map(([name, value]) => [`:${name}`, value]));
  values[":step"] = tagged ? 1 : 0;
  if (stockChange !== undefined) {
    sets.push("#stock = #stock + :change");
    conditions.push("#stock BETWEEN :least AND :most");
    names.add("stock");
    values[":change"] = stockChange;
    values[":least"] = Math.max(0, -stockChange);
    values[":most"] = mostStock - Math.max(0, stockChange);
  }
  if (revision !== undefined) {
    conditions.push("#revision = :revision");
    values[":revision"] = revision;
  }
  return {
    Update: {
      Key: bookKey(bookId),
      UpdateExpression: [
        `SET ${sets.join(", ")}`,
        ...(gone.length > 0 ? [`REMOVE ${gone.map((name) => `#${name}`).join(", ")}`] : []),
      ].join(" "),
      ConditionExpression: conditions.join(" AND "),
      ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: values,
    },
  };
}

/** Can a page of the shelf's titles with this beginning have ended here? */
export const isPlaceOn =
  (prefix: string) =>
  (position: string): boolean =>
    position.startsWith(prefix) &&
    !(prefix && position.startsWith(beyond(prefix))) &&
    Buffer.byteLength(position) <= mostKeyBytes &&
    /^[^\t]*\t[A-Za-z0-9_-]{1,64}$/.test(position);
