import { writeFileSync } from "node:fs";
import type { Book } from "../../../shared/book.ts";
import { listBooks, readBooks } from "../../../shared/table/books.ts";
import { openTable } from "../../../shared/table/client.ts";
import { bookCells, fields } from "./book-row.ts";
import { csvLine } from "./csv.ts";

const booksAPage = 99;
const pagesAMessage = 10;

/** Writes the whole catalogue into a file that `importFile` reads. */
export async function exportBooks(file: string): Promise<void> {
  const lines = [csvLine(fields)];
  let pages = 0;
  for await (const books of shelves()) {
    lines.push(...books.map((book) => csvLine(bookCells(book))));
    if (++pages % pagesAMessage === 0) process.stderr.write(`${lines.length - 1} books read ...\n`);
  }
  writeFileSync(file, lines.join(""));
  console.log(`${file}: ${lines.length - 1} books`);
}

/** Books for sale by title, then withdrawn ones: page by page, so one that changes shelves meanwhile can be missed. */
async function* shelves(): AsyncGenerator<Book[]> {
  const seen = new Set<string>();
  for (const active of [true, false])
    for (let after: string | undefined, more = true; more; ) {
      const { books, last } = await listBooks(openTable(), { active, prefix: "", after, limit: booksAPage });
      const bookIds = books.map(({ bookId }) => bookId).filter((bookId) => !seen.has(bookId));
      for (const bookId of bookIds) seen.add(bookId);
      // the index knows no stock
      const whole = await readBooks(openTable(), bookIds);
      yield bookIds.flatMap((bookId) => whole.get(bookId) ?? []);
      after = last ?? undefined;
      more = last !== null;
    }
}
