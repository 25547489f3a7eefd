import type { Book, ListedBook } from "./book.ts";
import { cursorAt, positionOf } from "./cursor.ts";
import { Id } from "./ids.ts";
import { Refusal } from "./refusal.ts";
import { isPlaceOn, listBooks, readBooks } from "./table/books.ts";
import type { Table } from "./table/client.ts";
import { sortable } from "./text.ts";

/** A page of the books for sale, by title; those whose title begins with `title`, case and accents apart. */
export async function browse(
  table: Table,
  title: string | undefined,
  cursor: string | undefined,
  limit: number,
): Promise<{ books: ListedBook[]; nextCursor: string | null }> {
  const prefix = sortable(title ?? "");
  const list = `books ${prefix}`;
  const after = cursor === undefined ? undefined : positionOf(list, cursor, isPlaceOn(prefix));
  const { books, last } = await listBooks(table, { active: true, prefix, after, limit });
  return { books, nextCursor: last && cursorAt(list, last) };
}

/** One book, withdrawn ones too. @throws Refusal `book-not-found` */
export async function findBook(table: Table, bookId: string): Promise<Book> {
  const book = (await readBooks(table, [bookId])).get(bookId);
  if (!book) throw bookNotFound();
  return book;
}

/** The book that a path names. @throws Refusal `book-not-found` where it cannot be an id. */
export function bookIdIn(path: Record<string, string | undefined>): string {
  const bookId = Id.safeParse(path.bookId);
  if (!bookId.success) throw bookNotFound();
  return bookId.data;
}

export const bookNotFound = () => new Refusal("book-not-found", "There is no such book.");

export const unavailable = (bookIds: string[]) =>
  new Refusal("book-unavailable", "A book is not for sale any more.", {
    lines: bookIds.map((bookId) => ({ bookId })),
  });
