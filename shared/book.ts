import * as z from "zod/mini";
import type * as answers from "./answers.ts";
import { money, Price } from "./money.ts";
import { Text } from "./text.ts";

export const mostStock = 1_000_000_000;

const fields = {
  title: Text(300),
  authors: z.array(Text(100)).check(z.minLength(1), z.maxLength(50)),
  price: Price,
  isbn: z.nullable(z.string().check(z.regex(/^\d[\d-]{8,15}[\dXx]$/, "Must be an ISBN"))),
  stock: z.nullable(z.int().check(z.gte(0), z.lte(mostStock))),
  active: z.boolean(),
};

export const NewBook = z.strictObject({
  ...fields,
  isbn: z._default(fields.isbn, null),
  stock: z._default(fields.stock, null),
  active: z._default(fields.active, true),
});

export const BookChange = z
  .partial(z.strictObject({ ...fields, stockChange: z.int().check(z.gte(-mostStock), z.lte(mostStock)) }))
  .check(
    z.refine(({ stock, stockChange }) => stock === undefined || stockChange === undefined, {
      path: ["stockChange"],
      message: "Cannot stand beside stock",
    }),
    z.meta({ dependentSchemas: { stock: { properties: { stockChange: false } } } }),
  );

/** A book of the catalogue; `price` in minor units, `stock` null where it is not tracked. */
export type Book = {
  bookId: string;
  title: string;
  authors: string[];
  isbn: string | null;
  price: number;
  stock: number | null;
  active: boolean;
  /** Goes up with every change but those of stock. */
  revision: number;
};

/** A book as it stands on the public shelf: all but its stock. */
export type ListedBook = Omit<Book, "stock" | "revision">;

export const bookView = (book: Book): z.infer<typeof answers.Book> => ({
  bookId: book.bookId,
  title: book.title,
  authors: book.authors,
  isbn: book.isbn,
  price: money(book.price),
  stock: book.stock,
  active: book.active,
});

export const listedBookView = (book: ListedBook): z.infer<typeof answers.ListedBook> => ({
  bookId: book.bookId,
  title: book.title,
  authors: book.authors,
  isbn: book.isbn,
  price: money(book.price),
  active: book.active,
});

/** Names everything about a book but its stock. */
export const bookTag = (book: Book): string => `"${book.revision}"`;

/** Can this many copies be bought now? */
export const isAvailable = (book: Book, quantity: number): boolean =>
  book.active && (book.stock === null || book.stock >= quantity);
