import { type Book, mostStock, NewBook } from "../../shared/book.ts";
import { type Cart, mostCopies, mostTitles } from "../../shared/cart.ts";
import { isCartId, partsOf } from "../../shared/ids.ts";
import { money } from "../../shared/money.ts";
import { type Order, orderView, staffMayMove } from "../../shared/order.ts";
import { parseBook } from "../../shared/table/books.ts";
import { parseCart } from "../../shared/table/carts.ts";
import type { Item } from "../../shared/table/client.ts";
import { type KeyedRequest, parseKeyRecord } from "../../shared/table/key-records.ts";
import { bookKey, type Key, kindOf, ownerOf, shelfKey, statusGroup } from "../../shared/table/keys.ts";
import { parseOrder } from "../../shared/table/orders.ts";

/** Far more than the requests take by which somebody is erased. */
const erasingMs = 60 * 60 * 1000;

type Counts = Record<NonNullable<ReturnType<typeof kindOf>>, number>;

/**
 * Holds the promises against a whole table: item by item as it is read, in any order, and at the end against each other.
 * Every breach is a line that begins with the item's key. Remembers some 300 bytes for each cart and order.
 */
export class TableBreaches {
  readonly counts: Counts = { book: 0, cart: 0, order: 0, "key record": 0 };
  readonly #books = new Set<string>();
  readonly #carts = new Map<string, Pick<Cart, "cartId" | "version" | "lastOrderId" | "erased">>();
  /** By customer: the order of each cart, as far as it could be read. */
  readonly #orders = new Map<string, Map<string, string | undefined>>();
  readonly #addressed = new Set<string>();
  readonly #made: { key: Key; made: string }[] = [];

  /** What is wrong with this item alone. */
  take(item: Item): string[] {
    const key: Key = { pk: String(item.pk), sk: String(item.sk) };
    const kind = kindOf(key);
    if (kind === undefined) return [line(key, "is nothing that the shop writes")];
    this.counts[kind]++;
    const wrong = item.schema === 1 ? [] : [`is of schema ${item.schema}, and not of 1`];
    // that it is there counts for the others, whatever it holds
    if (kind === "book") this.#books.add(key.pk);
    if (kind === "order") this.#ordersOf(key).set(ownerOf(key).cartId, undefined);
    try {
      wrong.push(...this.#judge(kind, key, item));
    } catch (error) {
      wrong.push(`cannot be read: ${(error as Error).message.replaceAll(/\s+/g, " ")}`);
    }
    return wrong.map((what) => line(key, what));
  }

  #judge(kind: keyof Counts, key: Key, item: Item): string[] {
    const { customerId } = ownerOf(key);
    switch (kind) {
      case "book": {
        const book = parseBook(item) as Book;
        return [...wrongShelf(book, item), ...wrongBook(book)];
      }
      case "cart": {
        const cart = parseCart(item);
        const { cartId, version, lastOrderId, erased } = cart;
        this.#carts.set(customerId, { cartId, version, lastOrderId, erased });
        return [...wrongCart(cart), ...wrongMarker(item)];
      }
      case "order": {
        const order = parseOrder(item) as Order;
        this.#ordersOf(key).set(order.cartId, order.orderId);
        if (order.shippingAddress !== null) this.#addressed.add(customerId);
        return wrongOrder(order, item);
      }
      case "key record": {
        // one whose time is over counts for nothing any more
        const record = parseKeyRecord(item, item as KeyedRequest);
        if (record?.made) this.#made.push({ key, made: record.made });
        return [];
      }
    }
  }

  #ordersOf(key: Key): Map<string, string | undefined> {
    const { customerId } = ownerOf(key);
    const orders = this.#orders.get(customerId) ?? new Map();
    this.#orders.set(customerId, orders);
    return orders;
  }

  /** What does not fit together, once all has been taken. */
  end(): string[] {
    return [
      ...[...this.#carts.keys()].flatMap((customerId) => this.#cartAgainstOrders(customerId)),
      // a customer who was erased leaves orders alone, without address
      ...[...this.#addressed].flatMap((customerId) =>
        this.#carts.has(customerId)
          ? []
          : [line({ pk: `CUSTOMER#${customerId}`, sk: "CART" }, "is not there, though there are addresses")],
      ),
      ...this.#made.flatMap(({ key, made }) => this.#recordAgainstMade(key, made)),
    ];
  }

  #cartAgainstOrders(customerId: string): string[] {
    const { cartId, version, lastOrderId, erased } = this.#carts.get(customerId) ?? {};
    if (erased) return [];
    const orders = this.#orders.get(customerId) ?? new Map();
    const last = lastOrderId ? partsOf(lastOrderId)?.cartId : undefined;
    const wrong: string[] = [];
    if (cartId && orders.has(cartId)) wrong.push(`is open, and an order was placed from it: ORDER#${cartId}`);
    if (lastOrderId && !(last && orders.has(last)))
      wrong.push(`names as its last order one that does not exist: ${lastOrderId}`);
    for (const [ordered] of orders)
      if (ordered > (last ?? "") && ordered !== cartId)
        wrong.push(`knows nothing of an order after its last: ORDER#${ordered}`);
    // each order took an add and the emptying
    const least = 2 * orders.size + (cartId ? 1 : 0);
    if (Number(version) < least) wrong.push(`is at version ${version}, with ${orders.size} orders behind it`);
    return wrong.map((what) => line({ pk: `CUSTOMER#${customerId}`, sk: "CART" }, what));
  }

  #recordAgainstMade(key: Key, made: string): string[] {
    if (this.#orders.get(ownerOf(key).customerId)?.has(made) || this.#books.has(bookKey(made).pk)) return [];
    const what = isCartId(made) ? `ORDER#${made}` : bookKey(made).pk;
    return [line(key, `says that it made what does not exist: ${what}`)];
  }
}

const line = ({ pk, sk }: Key, what: string) => `${pk} ${sk}: ${what}`;

const isCount = (count: number, least: number, most: number) =>
  Number.isInteger(count) && count >= least && count <= most;

function wrongShelf(book: Book, { ipk, isk }: Item): string[] {
  const on = shelfKey(book);
  return ipk === on.ipk && isk === on.isk
    ? []
    : [`stands in the index as ${ipk} ${isk}, and not as ${on.ipk} ${on.isk}`];
}

function wrongBook({ bookId: _, revision, price, ...book }: Book): string[] {
  const { error } = NewBook.safeParse({ ...book, price: money(price) });
  return [
    ...(book.stock === null || isCount(book.stock, 0, mostStock) ? [] : [`has a stock of ${book.stock}`]),
    ...(error?.issues ?? [])
      .filter(({ path }) => path[0] !== "stock")
      .map(({ path, message }) => `has a wrong ${path[0]?.toString()}: ${message}`),
    ...(isCount(revision, 1, Number.MAX_SAFE_INTEGER) ? [] : [`is at revision ${revision}`]),
  ];
}

function wrongCart({ cartId, version, lines, createdAt }: Cart): string[] {
  const wrong: string[] = [];
  if (!isCount(version, 1, Number.MAX_SAFE_INTEGER)) wrong.push(`is at version ${version}`);
  if (cartId !== null && !isCartId(cartId)) wrong.push(`has an id that is none: ${cartId}`);
  if (cartId === null && lines.size > 0) wrong.push(`is not open, and has ${lines.size} lines`);
  if ((cartId === null) !== (createdAt === null))
    wrong.push("is open without a beginning, or has one unopened");
  if (lines.size > mostTitles) wrong.push(`has ${lines.size} lines`);
  for (const [bookId, copies] of lines)
    if (!isCount(copies, 1, mostCopies)) wrong.push(`has ${copies} copies of ${bookId}`);
  return wrong;
}

/** An erasure that broke off, and that nobody has asked for again. */
const wrongMarker = ({ erasedAt, expiresAt }: Item): string[] =>
  erasedAt === undefined || expiresAt !== undefined || Date.now() - Date.parse(String(erasedAt)) < erasingMs
    ? []
    : [`began to be erased at ${erasedAt}, and is not through: npm run admin -- erase`];

function wrongOrder(order: Order, { ipk }: Item): string[] {
  const { orderId, customerId, cartId, status, lines, steps } = order;
  const wrong: string[] = [];
  const parts = partsOf(orderId);
  if (parts?.customerId !== customerId || parts.cartId !== cartId)
    wrong.push(`has the id of another cart's order: ${orderId}`);
  if (ipk !== statusGroup(status)) wrong.push(`is ${status}, and stands in the index as ${ipk}`);
  let reached: Order["status"] = "pending";
  for (const step of steps) {
    if (!staffMayMove[step.status].includes(reached)) wrong.push(`went from ${reached} to ${step.status}`);
    reached = step.status;
  }
  if (reached !== status) wrong.push(`is ${status}, and its steps lead to ${reached}`);
  if (!isCount(lines.length, 1, mostTitles)) wrong.push(`has ${lines.length} lines`);
  if (new Set(lines.map(({ bookId }) => bookId)).size < lines.length) wrong.push("has one book on two lines");
  for (const { bookId, quantity, unitPrice } of lines)
    if (!isCount(quantity, 1, mostCopies) || !isCount(unitPrice, 0, 1_000_000_000))
      wrong.push(`has ${quantity} copies of ${bookId} at ${unitPrice}`);
  const { total, itemCount } = orderView(order);
  if (!isCount(total.amount, 0, Number.MAX_SAFE_INTEGER) || !isCount(itemCount, 1, mostTitles * mostCopies))
    wrong.push(`comes to ${total.amount} for ${itemCount} copies`);
  return wrong;
}
