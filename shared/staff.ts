import type * as z from "zod/mini";
import { type Book, type BookChange, bookTag, mostStock, type NewBook } from "./book.ts";
import { bookNotFound } from "./catalogue.ts";
import { cursorAt, positionOf } from "./cursor.ts";
import { newBookId, partsOf } from "./ids.ts";
import { type Order, type Status, staffMayMove, statuses } from "./order.ts";
import { invalidRequest, Refusal } from "./refusal.ts";
import { orderNotFound, type Request, unlessDone } from "./shop.ts";
import {
  type BookChanges,
  changeBook,
  isPlaceOn,
  listBooks,
  parseBook,
  putBook,
  readBooks,
} from "./table/books.ts";
import { changeableCart } from "./table/carts.ts";
import { parseKeyRecord, putKeyRecord, recordKey } from "./table/key-records.ts";
import { bookKey, cartKey } from "./table/keys.ts";
import { listByStatus, readOrder, readOrders, type StoredOrder } from "./table/orders.ts";
import { sortable } from "./text.ts";
import { moveOrder } from "./transition.ts";

// A token outlives its account, so whoever changes something is looked up first, in the cart's place. Not in the same write,
// as customers are: an admin's changes at one time would be in each other's way.

export type BookAnswer = { book: Book; replayed: boolean };

/** A page of one shelf by title, with stock; books that have changed shelves meanwhile are left out. */
export async function listShelf(
  { table, customerId }: Request,
  {
    active,
    title,
    cursor,
    limit,
  }: { active: boolean; title: string; cursor: string | undefined; limit: number },
): Promise<{ books: Book[]; nextCursor: string | null }> {
  const prefix = sortable(title);
  const list = `shelf ${customerId} ${active} ${prefix}`;
  const after = cursor === undefined ? undefined : positionOf(list, cursor, isPlaceOn(prefix));
  const { books, last } = await listBooks(table, { active, prefix, after, limit });
  const whole = await readBooks(
    table,
    books.map(({ bookId }) => bookId),
  );
  return {
    // in the order of the page
    books: [...whole.values()].filter((book) => book.active === active),
    nextCursor: last && cursorAt(list, last),
  };
}

/** Adds a book to the catalogue, under an id of ours. */
export async function createBook(request: Request, form: z.infer<typeof NewBook>): Promise<BookAnswer> {
  const { table, customerId, requestId, key } = request;
  const [cart, record] = await table.read([
    cartKey(customerId),
    ...(key ? [recordKey(customerId, key)] : []),
  ]);
  changeableCart(cart);
  const done = key && parseKeyRecord(record, key);
  if (done) return { book: await bookMade(request, done.made), replayed: true };
  for (;;) {
    const book: Book = { bookId: newBookId(), ...form, price: form.price.amount, revision: 1 };
    const refused = await table.write(
      [putBook(book), ...(key ? [putKeyRecord(customerId, key, requestId, book.bookId)] : [])],
      ([, keyed]) => keyed?.found?.requestId === requestId,
    );
    if (refused === "written") return { book, replayed: false };
    const known = key && refused[1]?.failed ? parseKeyRecord(refused[1].found, key) : undefined;
    if (known) return { book: await bookMade(request, known.made), replayed: known.requestId !== requestId };
  }
}

/** Changes a book; `seen` is the tag of what the caller saw. @throws Refusal `book-changed`, `insufficient-stock` */
export const updateBook = (
  request: Request,
  bookId: string,
  form: z.infer<typeof BookChange>,
  seen: string | undefined,
): Promise<BookAnswer> =>
  unlessDone(
    request,
    () => writeChanges(request, bookId, form, seen),
    async () => ({ book: await bookMade(request, bookId), replayed: true }),
  );

async function writeChanges(
  request: Request,
  bookId: string,
  form: z.infer<typeof BookChange>,
  seen: string | undefined,
): Promise<BookAnswer> {
  const { table, customerId, requestId, key } = request;
  const [cart, item, keyRecord] = await table.read([
    cartKey(customerId),
    bookKey(bookId),
    ...(key ? [recordKey(customerId, key)] : []),
  ]);
  changeableCart(cart);
  if (key && parseKeyRecord(keyRecord, key)) return { book: await bookMade(request, bookId), replayed: true };
  const changes = { ...form, ...(form.price && { price: form.price.amount }) } as BookChanges;
  let book = parseBook(item);
  for (;;) {
    if (!book) throw bookNotFound();
    requireUnchanged(book, seen);
    requireStockFor(book, changes.stockChange);
    const refused = await table.write(
      [
        changeBook(bookId, changes, seen === undefined ? undefined : book.revision),
        ...(key ? [putKeyRecord(customerId, key, requestId, bookId)] : []),
      ],
      ([, keyed]) => keyed?.found?.requestId === requestId,
    );
    if (refused === "written") return { book: await bookMade(request, bookId), replayed: false };
    const known = key && refused[1]?.failed ? parseKeyRecord(refused[1].found, key) : undefined;
    if (known) return { book: await bookMade(request, bookId), replayed: known.requestId !== requestId };
    if (refused[0]?.failed) book = parseBook(refused[0].found);
  }
}

/** A page of all customers' orders in order of placing, of one status or of all; it may be short. */
export async function listOrders(
  { table, customerId }: Request,
  asked: { status: Status | undefined; oldestFirst: boolean; cursor: string | undefined; limit: number },
): Promise<{ orders: Order[]; nextCursor: string | null }> {
  const { status, oldestFirst, limit } = asked;
  const list = `all orders ${customerId} ${status ?? "*"} ${oldestFirst}`;
  const after =
    asked.cursor === undefined
      ? undefined
      : positionOf(list, asked.cursor, (place) => partsOf(place) !== null);
  const groups = await Promise.all(
    (status ? [status] : statuses).map((one) =>
      listByStatus(table, one, { after, oldestFirst, limit: limit + 1 }),
    ),
  );
  // one that moves on between two of the reads can stand in both
  const found = new Map(groups.flat().map((key) => [key.orderId, key]));
  const sorted = [...found.values()].sort((one, other) =>
    one.orderId < other.orderId === oldestFirst ? -1 : 1,
  );
  const page = sorted.slice(0, limit);
  const orders = new Map((await readOrders(table, page)).map((order) => [order.orderId, order]));
  return {
    orders: page
      .flatMap(({ orderId }) => orders.get(orderId) ?? [])
      .filter((order) => status === undefined || order.status === status),
    nextCursor: sorted.length > limit ? cursorAt(list, page.at(-1)?.orderId ?? "") : null,
  };
}

/** Anyone's order. @throws Refusal `order-not-found` */
export async function findAnyOrder({ table, notes }: Request, orderId: string): Promise<StoredOrder> {
  const parts = partsOf(orderId);
  const order = parts ? await readOrder(table, parts.customerId, parts.cartId) : undefined;
  if (order?.orderId !== orderId) throw orderNotFound();
  notes.order = orderId;
  return order;
}

/** Moves anyone's order on. @throws Refusal `order-not-found`, `invalid-transition` */
export async function moveAnyOrder(request: Request, orderId: string, to: Status): Promise<Order> {
  const order = await findAnyOrder(request, orderId);
  const [cart] = await request.table.read([cartKey(request.customerId)]);
  changeableCart(cart);
  return moveOrder({ ...request, by: "staff", who: request.customerId }, order, to, staffMayMove[to]);
}

async function bookMade({ table }: Request, bookId: string | null): Promise<Book> {
  const book = bookId === null ? undefined : (await readBooks(table, [bookId])).get(bookId);
  if (!book) throw bookNotFound();
  return book;
}

function requireUnchanged(book: Book, seen: string | undefined): void {
  if (seen === undefined || seen === "*" || seen === bookTag(book)) return;
  throw new Refusal("book-changed", "The book is not as it was seen.", {}, { etag: bookTag(book) });
}

function requireStockFor(book: Book, change: number | undefined): void {
  if (change === undefined) return;
  if (book.stock !== null && book.stock + change > mostStock)
    throw invalidRequest([
      { path: "/stockChange", message: "Must not lead beyond the most that a stock may be" },
    ]);
  if (book.stock === null || book.stock + change < 0)
    throw new Refusal("insufficient-stock", "There are not that many left.", { left: book.stock });
}
