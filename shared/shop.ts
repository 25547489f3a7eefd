import type { Book } from "./book.ts";
import { type Cart, type CartView, cartView, mostCopies, mostTitles } from "./cart.ts";
import { bookNotFound, unavailable } from "./catalogue.ts";
import { fraction, sleep, timestamp } from "./chance.ts";
import { cursorAt, positionOf } from "./cursor.ts";
import type { Notes } from "./http.ts";
import { isCartId, partsOf } from "./ids.ts";
import { customerMayMove, type Order } from "./order.ts";
import { Refusal } from "./refusal.ts";
import { booksById, parseBook, readBooks } from "./table/books.ts";
import {
  addCopies,
  type CartChange,
  changeableCart,
  exactly,
  parseCart,
  removeAllLines,
  removeLine,
  requireAccount,
  setCopies,
} from "./table/carts.ts";
import type { Table } from "./table/client.ts";
import { type KeyedRequest, parseKeyRecord, putKeyRecord, recordKey } from "./table/key-records.ts";
import { bookKey, cartKey } from "./table/keys.ts";
import { listOrders, readOrder, type StoredOrder } from "./table/orders.ts";
import { moveOrder } from "./transition.ts";

const orderGoesByMs = 500;

/** A customer's request, as the operations see it. */
export type Request = {
  customerId: string;
  requestId: string;
  notes: Notes;
  table: Table;
  key: KeyedRequest | undefined;
};

/** `replayed`: the Idempotency-Key had done it before, and nothing was done now. */
export type CartAnswer = { cart: CartView; replayed: boolean };

/** The cart as it stands, at the catalogue's prices of now. */
export async function viewCart({ table, customerId }: Request): Promise<CartView> {
  const [item] = await table.read([cartKey(customerId)]);
  const cart = parseCart(item);
  return cartView(cart, await readBooks(table, [...cart.lines.keys()]));
}

/** Adds copies of a book: the same book twice is one line. */
export const addToCart = (
  request: Request,
  line: { bookId: string; quantity: number },
): Promise<CartAnswer> =>
  unlessDone(
    request,
    () => addLine(request, line),
    async () => ({ cart: await viewCart(request), replayed: true }),
  );

/**
 * What refuses a request with a key may be what that very request has brought about before: key, cart and book were read
 * one after another. So a refusal counts only if the key, read after it, has still done nothing.
 */
export async function unlessDone<T>(
  { table, customerId, key }: Request,
  run: () => Promise<T>,
  again: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!key || !(error instanceof Refusal) || error.status >= 500) throw error;
    const [record] = await table.read([recordKey(customerId, key)]);
    if (!parseKeyRecord(record, key)) throw error;
    return again();
  }
}

async function addLine(
  request: Request,
  { bookId, quantity }: { bookId: string; quantity: number },
): Promise<CartAnswer> {
  const { table, customerId, key } = request;
  const keys = [cartKey(customerId), bookKey(bookId), ...(key ? [recordKey(customerId, key)] : [])];
  const [cartItem, bookItem, record] = await table.read(keys);
  const cart = changeableCart(cartItem);
  if (key && parseKeyRecord(record, key))
    return { cart: await viewChanged(request, cart, undefined), replayed: true };
  const book = existing(parseBook(bookItem));
  if (!book.active) throw unavailable([bookId]);
  return changeCart(request, cart, book, (current) => {
    requireRoom(current, bookId);
    if ((current.lines.get(bookId) ?? 0) + quantity > mostCopies)
      throw new Refusal("quantity-limit", `A cart holds up to ${mostCopies} copies of a title.`);
    return addCopies(customerId, current, bookId, quantity, timestamp());
  });
}

/** Sets how many copies of a book are in the cart, adding the line if it is missing. */
export async function setQuantity(request: Request, bookId: string, quantity: number): Promise<CartView> {
  const { table, customerId } = request;
  const [cartItem, bookItem] = await table.read([cartKey(customerId), bookKey(bookId)]);
  const book = existing(parseBook(bookItem));
  const { cart } = await changeCart(request, changeableCart(cartItem), book, (current) => {
    if (!book.active && !current.lines.has(bookId)) throw unavailable([bookId]);
    requireRoom(current, bookId);
    return setCopies(customerId, current, book, quantity, timestamp());
  });
  return cart;
}

/** Removes a line, or all of them (`bookId` null); the cart itself stays, also when there was nothing to remove. */
export async function removeFromCart(request: Request, bookId: string | null): Promise<CartView> {
  const { table, customerId } = request;
  const [cartItem] = await table.read([cartKey(customerId)]);
  const { cart } = await changeCart(request, changeableCart(cartItem), undefined, (current) => {
    const { cartId, lines } = current;
    if (cartId === null || (bookId === null ? lines.size === 0 : !lines.has(bookId))) return null;
    return bookId === null
      ? removeAllLines(customerId, current, timestamp())
      : removeLine(customerId, current, bookId, timestamp());
  });
  return cart;
}

/** A page of this customer's orders, newest first. */
export async function orderHistory(
  { table, customerId }: Request,
  cursor: string | undefined,
  limit: number,
): Promise<{ orders: Order[]; nextCursor: string | null }> {
  const list = `orders ${customerId}`;
  const after = cursor === undefined ? undefined : positionOf(list, cursor, isCartId);
  const { orders, last } = await listOrders(table, customerId, { after, limit });
  return { orders, nextCursor: last && cursorAt(list, last) };
}

/** One order of this customer. @throws Refusal `order-not-found`, another's and one that never was alike. */
export async function findOrder(
  { table, customerId, notes }: Request,
  orderId: string,
): Promise<StoredOrder> {
  const parts = partsOf(orderId);
  const order = parts ? await readOrder(table, customerId, parts.cartId) : undefined;
  if (order?.orderId !== orderId) throw orderNotFound();
  notes.order = orderId;
  return order;
}

export const orderNotFound = () => new Refusal("order-not-found", "There is no such order.");

/** Cancels an order of this customer's while it is pending. @throws Refusal `order-not-found`, `invalid-transition` */
export async function cancelOrder(request: Request, orderId: string): Promise<Order> {
  const order = await findOrder(request, orderId);
  return moveOrder(
    { ...request, by: "customer", who: request.customerId, only: [requireAccount(request.customerId)] },
    order,
    "cancelled",
    customerMayMove.cancelled,
  );
}

/**
 * Writes one change to the cart, however often it moves on meanwhile. `change` is asked anew for each state that the cart
 * is found in: it answers with the write, with null where there is nothing to change, or throws what forbids it. `book` is
 * what it adds.
 */
async function changeCart(
  request: Request,
  before: Cart,
  book: Book | undefined,
  change: (cart: Cart) => CartChange | null,
): Promise<CartAnswer> {
  const { table, customerId, requestId, key } = request;
  const record = key ? [putKeyRecord(customerId, key, requestId)] : [];
  const known = booksById([book]);
  let cart = before.giveWay === null ? before : await letOrderBy(request);
  for (let first = true; ; first = false) {
    const changed = change(cart);
    if (!changed) break;
    // mostly nobody else is at the cart, and then its other books can be read while it is written
    const { action, after } = changed;
    const [writing, reading] = await Promise.allSettled([
      table.write(
        [first ? exactly(changed) : action, ...record],
        ([, keyed]) => keyed?.found?.requestId === requestId,
      ),
      first
        ? readBooks(
            table,
            [...after.lines.keys()].filter((id) => !known.has(id)),
          )
        : known,
    ]);
    if (writing.status === "rejected") throw writing.reason;
    if (writing.value === "written") {
      if (!first) break;
      if (reading.status === "rejected") throw reading.reason;
      return { cart: cartView(after, new Map([...known, ...reading.value])), replayed: false };
    }
    const [current, keyed] = writing.value;
    const done = key && keyed?.failed ? parseKeyRecord(keyed.found, key) : undefined;
    // the record is this very request's where the answer to an earlier try was lost
    if (done) return { cart: await viewChanged(request, cart, book), replayed: done.requestId !== requestId };
    if (current?.failed) cart = changeableCart(current.found);
  }
  return { cart: await viewChanged(request, cart, book), replayed: false };
}

/** The cart after an order has had its chance: it may have gone by, or have died, and then nobody waits for it again. */
async function letOrderBy({ table, customerId }: Request): Promise<Cart> {
  await sleep(orderGoesByMs * (1 + fraction()));
  const [item] = await table.read([cartKey(customerId)]);
  return changeableCart(item);
}

/** The cart after a change, with its books in the same read where they are those it had before, and the changed one. */
async function viewChanged(
  { table, customerId }: Request,
  before: Cart,
  book: Book | undefined,
): Promise<CartView> {
  const likely = [...new Set([...before.lines.keys(), ...(book ? [book.bookId] : [])])];
  const [item, ...bookItems] = await table.read([cartKey(customerId), ...likely.map(bookKey)]);
  const cart = parseCart(item);
  const books = booksById(bookItems.map(parseBook));
  const others = await readBooks(
    table,
    [...cart.lines.keys()].filter((id) => !likely.includes(id)),
  );
  return cartView(cart, new Map([...books, ...others]));
}

function requireRoom(cart: Cart, bookId: string): void {
  if (!cart.lines.has(bookId) && cart.lines.size >= mostTitles)
    throw new Refusal("cart-full", `A cart holds up to ${mostTitles} titles.`);
}

function existing(book: Book | undefined): Book {
  if (!book) throw bookNotFound();
  return book;
}
