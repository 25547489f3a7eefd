import * as z from "zod/mini";
import type * as answers from "./answers.ts";
import { type Book, isAvailable } from "./book.ts";
import { Id } from "./ids.ts";
import { money } from "./money.ts";
import { sortable } from "./text.ts";

export const mostTitles = 50;
export const mostCopies = 99;

const Quantity = z.int().check(z.gte(1), z.lte(mostCopies));

export const AddToCart = z.strictObject({ bookId: Id, quantity: z._default(Quantity, 1) });
export const SetQuantity = z.strictObject({ quantity: Quantity });

/**
 * What a customer has in the cart. `cartId` is null from the first sign-in, and from an order, until the next add.
 * Titles and prices are not part of it: they are the catalogue's, looked up whenever the cart is shown or ordered.
 */
export type Cart = {
  cartId: string | null;
  /** Goes up by one with every change, and never starts again. */
  version: number;
  /** How many copies of each book, by its id. */
  lines: ReadonlyMap<string, number>;
  lastOrderId: string | null;
  /** An order that others kept overtaking asks them to let it by: no lock, nobody waits for it twice. */
  giveWay: string | null;
  createdAt: string | null;
  updatedAt: string | null;
  /** Its customer has had everything erased: nothing about it changes any more. */
  erased: boolean;
};

export const neverUsedCart: Cart = {
  cartId: null,
  version: 0,
  lines: new Map(),
  lastOrderId: null,
  giveWay: null,
  createdAt: null,
  updatedAt: null,
  erased: false,
};

export type CartView = z.infer<typeof answers.Cart>;

/** The cart as its customer sees it: lines by title, at the catalogue's prices. */
export function cartView(cart: Cart, books: ReadonlyMap<string, Book>): CartView {
  const lines = [...cart.lines]
    .map(([bookId, quantity]) => cartLine(bookId, quantity, books.get(bookId)))
    .sort(
      (one, other) =>
        compare(sortable(one.title), sortable(other.title)) || compare(one.bookId, other.bookId),
    );
  return {
    cartId: cart.cartId,
    version: cart.version,
    lines,
    itemCount: lines.reduce((count, line) => count + line.quantity, 0),
    total: money(lines.reduce((total, line) => total + line.lineTotal.amount, 0)),
    createdAt: cart.cartId && cart.createdAt,
    updatedAt: cart.cartId && cart.updatedAt,
  };
}

function cartLine(bookId: string, quantity: number, book: Book | undefined): CartView["lines"][number] {
  const unitPrice = book?.price ?? 0;
  return {
    bookId,
    title: book?.title ?? "No longer in the catalogue",
    quantity,
    unitPrice: money(unitPrice),
    lineTotal: money(unitPrice * quantity),
    available: book !== undefined && isAvailable(book, quantity),
  };
}

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);
