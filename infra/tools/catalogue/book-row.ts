import { type Book, BookChange } from "../../../shared/book.ts";
import { Id } from "../../../shared/ids.ts";
import { money } from "../../../shared/money.ts";
import { type ReadIsbn, readIsbn } from "./isbn.ts";
import { minorUnits, priceText } from "./price-text.ts";

/** What a file can say of a book, in the order in which an export says it. */
export const fields = ["bookId", "title", "authors", "isbn", "price", "stock", "active"] as const;
export type Field = (typeof fields)[number];

/** What a row says of a book; `isbn` is how its ISBN was read, where there is a column of them. */
export type BookRow = { bookId: string; says: Said; isbn: ReadIsbn | undefined };
export type Said = Partial<Omit<Book, "bookId" | "revision">>;

/** A row that can be no book, and why, in a few words. */
export class WrongRow extends Error {}

/** How to read the rows of a file. */
export type Reading = {
  /** Where each field stands, counted from 0. */
  columns: ReadonlyMap<Field, number>;
  /** Goes before each id. */
  idPrefix: string;
  /** What stands between two authors; undefined for `;`, or where a cell has none, a comma and a space. */
  authorSeparator: string | undefined;
  /** The file is not all UTF-8: a row that has a replacement character was not. */
  garbled: boolean;
};

/**
 * Reads a row by the shop's own rules for a book. An empty price says nothing, and neither does a column that is not there.
 * @throws WrongRow where a cell breaks a rule
 */
export function readBookRow(cells: readonly string[], reading: Reading): BookRow {
  const cellOf = (field: Field): string | undefined => {
    const column = reading.columns.get(field);
    return column === undefined ? undefined : (cells[column] ?? "");
  };
  if (reading.garbled && cells.some((cell) => cell.includes("\uFFFD"))) throw new WrongRow("is not UTF-8");
  const bookId = Id.safeParse(reading.idPrefix + (cellOf("bookId") ?? "").trim());
  if (!bookId.success) throw new WrongRow("bookId must be 1 to 64 characters of A-Z a-z 0-9 _ -");
  // a cart is a map by book id, and what reads it makes a plain object of it
  if (bookId.data in {}) throw new WrongRow("bookId must not be a name that every object in JavaScript has");
  const [title, authors, isbnCell] = [cellOf("title"), cellOf("authors"), cellOf("isbn")?.trim()];
  const [price, stock, active] = [cellOf("price"), cellOf("stock"), cellOf("active")].map((cell) =>
    cell?.trim(),
  );
  const isbn = isbnCell === undefined ? undefined : readIsbn(isbnCell);
  const says: Said = {
    ...(title !== undefined && { title: fromCell(title) }),
    ...(authors !== undefined && { authors: authorsIn(fromCell(authors), reading.authorSeparator) }),
    ...(isbn && { isbn: isbn.isbn }),
    ...(price && { price: priceIn(price) }),
    ...(stock !== undefined && { stock: stockIn(stock) }),
    ...(active !== undefined && { active: activeIn(active) }),
  };
  const { error } = BookChange.safeParse({
    ...says,
    ...(says.price !== undefined && { price: money(says.price) }),
  });
  if (error) throw new WrongRow(firstIssue(error));
  return { bookId: bookId.data, says, isbn };
}

/** The cells of a book, which `readBookRow` reads back to the same book. */
export function bookCells(book: Book): string[] {
  const cells: Record<Field, string> = {
    bookId: book.bookId,
    title: toCell(book.title),
    authors: toCell(authorsText(book.authors)),
    isbn: book.isbn ?? "",
    price: priceText(book.price),
    stock: String(book.stock ?? ""),
    active: String(book.active),
  };
  return fields.map((field) => cells[field]);
}

/** What a book breaks first, in a few words. */
export function firstIssue(error: { issues: readonly { path: PropertyKey[]; message: string }[] }): string {
  const [issue] = error.issues;
  return `${String(issue?.path[0])}: ${issue?.message}`;
}

// a spreadsheet takes such a text for a formula, unless an apostrophe stands before it
const toCell = (text: string) => (/^'*[=+\-@]/.test(text) ? `'${text}` : text);
const fromCell = (cell: string) => cell.replace(/^'(?='*[=+\-@])/, "");

/** Names between separators; or a JSON list, for names that have a separator in them. */
function authorsIn(cell: string, separator: string | undefined): string[] {
  const list = cell.startsWith("[") ? jsonList(cell) : undefined;
  if (list) return list;
  const names = cell.split(separator ?? (cell.includes(";") ? ";" : ", "));
  return names.map((name) => name.trim()).filter((name) => name !== "");
}

function authorsText(authors: readonly string[]): string {
  const plain = authors.join("; ");
  const list = JSON.stringify(authors);
  return JSON.stringify(authorsIn(plain, undefined)) === list ? plain : list;
}

function jsonList(cell: string): string[] | undefined {
  try {
    const list: unknown = JSON.parse(cell);
    return Array.isArray(list) && list.every((name) => typeof name === "string") ? list : undefined;
  } catch {
    return undefined;
  }
}

function priceIn(cell: string): number {
  const amount = minorUnits(cell);
  if (amount === null) throw new WrongRow(`price: Must be an amount such as ${priceText(1299)}`);
  return amount;
}

function stockIn(cell: string): number | null {
  if (cell === "") return null;
  if (!/^\d+$/.test(cell))
    throw new WrongRow("stock: Must be a whole number, or empty where it is not tracked");
  return Number(cell);
}

function activeIn(cell: string): boolean {
  const word = cell.toLowerCase();
  if (word !== "true" && word !== "false") throw new WrongRow("active: Must be true or false");
  return word === "true";
}
