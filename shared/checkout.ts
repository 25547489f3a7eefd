import { type Book, isAvailable } from "./book.ts";
import { type Cart, cartView } from "./cart.ts";
import { cartTag, changesSince, type Expected } from "./cart-tag.ts";
import { unavailable } from "./catalogue.ts";
import { fraction, sleep, timestamp } from "./chance.ts";
import { config } from "./config.ts";
import { newOrderId } from "./ids.ts";
import { type Address, asPlaced, type Order } from "./order.ts";
import { invalidRequest, Refusal, temporarilyUnavailable } from "./refusal.ts";
import type { Request } from "./shop.ts";
import { parseBook, readBooks, takeStock } from "./table/books.ts";
import { askForWay, changeableCart, closeCart } from "./table/carts.ts";
import { type KeyRecord, parseKeyRecord, putKeyRecord, recordKey } from "./table/key-records.ts";
import { cartKey } from "./table/keys.ts";
import { parseOrder, putOrder, readOrder } from "./table/orders.ts";

const othersGoByMs = 100;

type Asked = { cartId?: string | undefined; shippingAddress?: Address | undefined };
type Placed = { order: Order; replayed: boolean };
type Books = Map<string, Book>;

/**
 * Turns the customer's open cart into an order: exactly its lines, and one order whatever races, retries or crashes.
 * The write that makes the order empties that very cart, takes what stock is tracked and remembers the key, all or nothing.
 * `seen` is what the customer saw of the cart, from an If-Match.
 */
export async function placeOrder(
  request: Request,
  asked: Asked,
  seen: Expected | undefined,
): Promise<Placed> {
  const { table, customerId, requestId, key } = request;
  const named = namedCart(asked.cartId, seen);
  const books: Books = new Map();
  let { cart, known } = await readCart(request);
  if (known) return replay(request, known);
  if (!config.ordering)
    throw new Refusal("ordering-paused", "No orders are taken just now.", {}, { "retry-after": "300" });

  /** The cart that all of the books were read after. */
  let lookedAt = cart;
  let askedForWay = false;
  for (;;) {
    const order = await orderFrom(request, cart, books, { ...asked, named, seen });
    if (order instanceof Refusal) {
      // One thing was read after another: only what was read between two looks at the same cart is the truth.
      const again = await readCart(request);
      if (again.known) return replay(request, again.known);
      if (again.cart.version === cart.version && lookedAt === cart) throw order;
      books.clear();
      lookedAt = cart = again.cart;
      continue;
    }
    const tracked = order.lines.filter((line) => line.stockTaken);
    const refused = await table.write(
      [
        closeCart(customerId, cart, order.orderId, timestamp()),
        putOrder(order, requestId),
        ...tracked.map((line) => takeStock(books.get(line.bookId) as Book, line.quantity)),
        ...(key ? [putKeyRecord(customerId, key, requestId, order.cartId)] : []),
      ],
      // once the cart has moved on, an earlier try has either made this order or never will
      ([closing]) => closing?.failed === true,
    );
    if (refused === "written") return { order, replayed: false };

    const [closing, putting, ...others] = refused;
    const standing = parseOrder(putting?.found);
    // the answer to an earlier try was lost: this is the order that it made
    if (standing?.requestId === requestId) return { order: standing, replayed: false };
    const twin = key && others[tracked.length]?.failed && parseKeyRecord(others[tracked.length]?.found, key);
    if (twin) return replay(request, twin);
    if (closing?.failed) {
      cart = changeableCart(closing.found);
      if (cart.cartId === order.cartId) {
        // the others are asked once, and those who are under way already are let by
        if (!askedForWay) await table.write([askForWay(customerId, cart, requestId)], () => true);
        askedForWay = true;
        await sleep(othersGoByMs * (1 + fraction()));
      }
    }
    for (const [index, line] of tracked.entries()) {
      if (!others[index]?.failed) continue;
      const book = parseBook(others[index].found);
      if (book) books.set(line.bookId, book);
      else books.delete(line.bookId);
    }
  }
}

/** The cart, and what the key did if it was used. */
async function readCart({
  table,
  customerId,
  key,
}: Request): Promise<{ cart: Cart; known: KeyRecord | undefined }> {
  const [cart, record] = await table.read([
    cartKey(customerId),
    ...(key ? [recordKey(customerId, key)] : []),
  ]);
  return { cart: changeableCart(cart), known: key && parseKeyRecord(record, key) };
}

/** The order that the key made, as it was first answered. */
async function replay({ table, customerId }: Request, { made }: KeyRecord): Promise<Placed> {
  const order = made === null ? undefined : await readOrder(table, customerId, made);
  if (!order) throw temporarilyUnavailable();
  return { order: asPlaced(order), replayed: true };
}

/** The cart that the caller means, by its id or by the tag of what was seen; null: whichever is open. */
function namedCart(cartId: string | undefined, seen: Expected | undefined): string | null {
  const tagged = seen && seen !== "any" ? seen.cartId : null;
  if (cartId !== undefined && tagged !== null && cartId !== tagged)
    throw invalidRequest([{ path: "If-Match", message: "Must be of the cart that cartId names" }]);
  return cartId ?? tagged;
}

/** The order that the cart would become now, or why it cannot. `books` is filled with what was looked up. */
async function orderFrom(
  request: Request,
  cart: Cart,
  books: Books,
  asked: { named: string | null; seen: Expected | undefined; shippingAddress?: Address | undefined },
): Promise<Order | Refusal> {
  const { table, customerId } = request;
  if (asked.named !== null && asked.named !== cart.cartId) return orderedOrUnknown(request, asked.named);
  if (cart.cartId === null || cart.lines.size === 0)
    return new Refusal("cart-empty", "There is nothing in the cart to order.", {
      latestOrderId: cart.lastOrderId,
    });

  const unread = [...cart.lines.keys()].filter((bookId) => !books.has(bookId));
  for (const [bookId, book] of await readBooks(table, unread)) books.set(bookId, book);
  const refusal = notAsSeen(cart, books, asked.seen) ?? notForSale(cart, books) ?? notInStock(cart, books);
  if (refusal) return refusal;

  return {
    orderId: newOrderId(cart.cartId, customerId),
    customerId,
    cartId: cart.cartId,
    status: "pending",
    currency: config.currency,
    lines: cartView(cart, books).lines.map(({ bookId, title, quantity, unitPrice }) => ({
      bookId,
      title,
      quantity,
      unitPrice: unitPrice.amount,
      stockTaken: books.get(bookId)?.stock !== null,
    })),
    shippingAddress: asked.shippingAddress ?? null,
    steps: [],
  };
}

async function orderedOrUnknown({ table, customerId, notes }: Request, cartId: string): Promise<Refusal> {
  const order = await readOrder(table, customerId, cartId);
  if (!order) return new Refusal("cart-not-found", "There is no such cart.");
  const { orderId } = order;
  notes.order = orderId;
  const location = orderLocation(orderId);
  return new Refusal("order-already-exists", "This cart has become an order.", { orderId }, { location });
}

export const orderLocation = (orderId: string): string => `/api/orders/${orderId}`;

function notAsSeen(cart: Cart, books: Books, seen: Expected | undefined): Refusal | undefined {
  if (seen === undefined || seen === "any") return undefined;
  const view = cartView(cart, books);
  const changes = seen && changesSince(seen.lines, view);
  if (changes?.length === 0) return undefined;
  const members = { ...(changes && { changes }), cart: view };
  return new Refusal("cart-changed", "The cart is not as it was seen.", members, { etag: cartTag(view) });
}

function notForSale(cart: Cart, books: Books): Refusal | undefined {
  const gone = [...cart.lines.keys()].filter((bookId) => !books.get(bookId)?.active);
  return gone.length > 0 ? unavailable(gone) : undefined;
}

function notInStock(cart: Cart, books: Books): Refusal | undefined {
  const short = [...cart.lines].flatMap(([bookId, requested]) => {
    const book = books.get(bookId);
    return book && !isAvailable(book, requested) ? [{ bookId, requested, left: book.stock }] : [];
  });
  if (short.length === 0) return undefined;
  return new Refusal("insufficient-stock", "There are not that many left.", { lines: short });
}
