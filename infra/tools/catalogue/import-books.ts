import { type Book, NewBook } from "../../../shared/book.ts";
import { sleep } from "../../../shared/chance.ts";
import { money } from "../../../shared/money.ts";
import { Refusal } from "../../../shared/refusal.ts";
import { changeBook, parseBook, putBook, readBooks } from "../../../shared/table/books.ts";
import { type Action, openTable, type Table } from "../../../shared/table/client.ts";
import { type BookRow, firstIssue, type Said } from "./book-row.ts";

/** What is to become of the books of a file. */
export type Rules = {
  /** For a new book whose row has no price, in minor units. */
  defaultPrice: number | undefined;
  /** Whether a book that is there gets the stock, or the `active`, of its row. */
  changes: { stock: boolean; active: boolean };
  /** Write nothing, and count what would be written. */
  dryRun: boolean;
  /** The most books to write in a second; null for as many as can be. */
  booksASecond: number | null;
};

export type Counts = { added: number; changed: number; unchanged: number };
/** A row, and where it stands in its file. */
export type PlacedRow = BookRow & { line: number; lastLine: number };
type Planned = { row: PlacedRow; action: Action; what: "added" | "changed" };

/** The most rows of one call of `import`. */
export const mostRowsAtOnce = 100;
// all or nothing: few enough that a customer who orders one of them does not hold up many
const mostBooksInAWrite = 25;
const waitsMs = [1000, 2000, 4000, 8000, 16_000];

/**
 * Brings rows into the catalogue: one read of up to 100 books, then what differs from them, each book under the condition
 * that it still is as it was read. So it may be cut off at any point, repeated, or run beside the shop.
 */
export function bookImport(rules: Rules, leaveOut: (row: PlacedRow, why: string) => void) {
  const counts: Counts = { added: 0, changed: 0, unchanged: 0 };
  const units = { read: 0, write: 0 };

  /** Up to 100 rows of different books. @throws Error in one line where the table does not answer */
  async function take(rows: readonly PlacedRow[]): Promise<void> {
    const began = Date.now();
    const known = await patiently((table) =>
      readBooks(
        table,
        rows.map(({ bookId }) => bookId),
      ),
    );
    const planned = rows.flatMap((row) => plan(row, known.get(row.bookId)));
    const writes: Promise<void>[] = [];
    for (let from = 0; from < planned.length; from += mostBooksInAWrite)
      writes.push(write(planned.slice(from, from + mostBooksInAWrite)));
    await Promise.all(writes);
    if (rules.booksASecond !== null)
      await sleep(Math.max(0, (1000 * planned.length) / rules.booksASecond - (Date.now() - began)));
  }

  function plan(row: PlacedRow, book: Book | undefined): Planned[] {
    if (book) {
      const changes = differences(row.says, book, rules.changes);
      if (changes) return [{ row, action: changeBook(row.bookId, changes, book.revision), what: "changed" }];
      counts.unchanged++;
      return [];
    }
    const { price = rules.defaultPrice, ...says } = row.says;
    const lacking = (["title", "authors", "price"] as const).find(
      (field) => ({ ...says, price })[field] === undefined,
    );
    const form = NewBook.safeParse({ ...says, price: price !== undefined && money(price) });
    if (!form.success) {
      leaveOut(row, lacking ? `is a new book, and has no ${lacking}` : firstIssue(form.error));
      return [];
    }
    const fresh = { bookId: row.bookId, ...form.data, price: form.data.price.amount, revision: 1 };
    return [{ row, action: putBook(fresh), what: "added" }];
  }

  async function write(planned: readonly Planned[]): Promise<void> {
    for (let left = [...planned]; left.length > 0; ) {
      const actions = left.map(({ action }) => action);
      // a write whose answer was lost meets its own work, and finds nothing left to change
      const refused = rules.dryRun ? "written" : await patiently((table) => table.write(actions, () => true));
      if (refused === "written") {
        for (const { what } of left) counts[what]++;
        return;
      }
      left = left.flatMap((one, at) => {
        const why = refused[at];
        return why?.failed ? plan(one.row, parseBook(why.found)) : [one];
      });
    }
  }

  /** Asks again, for half a minute, where the table is busy. */
  async function patiently<T>(ask: (table: Table) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const table = openTable();
      try {
        return await ask(table);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const wait = waitsMs[attempt];
        if (wait === undefined)
          throw new Error(
            "The table does not answer. Import the file again later: what is done is found done.",
          );
        await sleep(wait);
      } finally {
        units.read += table.used.read;
        units.write += table.used.write;
      }
    }
  }

  return { take, counts, units };
}

/** What a row changes of a book that is there; null where nothing. */
function differences({ stock, active, ...says }: Said, book: Book, changes: Rules["changes"]): Said | null {
  const said: Said = {
    ...says,
    ...(changes.stock && stock !== undefined && { stock }),
    ...(changes.active && active !== undefined && { active }),
  };
  const different = Object.entries(said).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(book[field as keyof Said]),
  );
  return different.length > 0 ? Object.fromEntries(different) : null;
}
