import * as z from "zod/mini";
import { type Cart, mostCopies, mostTitles, neverUsedCart } from "../cart.ts";
import { now } from "../chance.ts";
import { newCartId } from "../ids.ts";
import { Refusal } from "../refusal.ts";
import type { Action, Item, Update } from "./client.ts";
import { cartKey } from "./keys.ts";

// a token of the account may be out for as long as this, whatever the pool says
const markerSeconds = 24 * 60 * 60;

const CartItem = z.object({
  cartId: z._default(z.nullable(z.string()), null),
  version: z.number(),
  lines: z.pipe(
    z.record(z.string(), z.number()),
    z.transform((lines: Record<string, number>) => new Map(Object.entries(lines))),
  ),
  lastOrderId: z._default(z.nullable(z.string()), null),
  giveWay: z._default(z.nullable(z.string()), null),
  createdAt: z._default(z.nullable(z.string()), null),
  updatedAt: z._default(z.nullable(z.string()), null),
  erasedAt: z.optional(z.string()),
});

export function parseCart(item: Item | undefined): Cart {
  if (!item) return neverUsedCart;
  const { erasedAt, ...cart } = CartItem.parse(item);
  return { ...cart, erased: erasedAt !== undefined };
}

/** The cart, for a change to it. @throws Refusal `forbidden` where its customer has been erased */
export function changeableCart(item: Item | undefined): Cart {
  const cart = parseCart(item);
  if (cart.erased) throw accountErased();
  return cart;
}

export const accountErased = () => new Refusal("forbidden", "This account has been erased.");

const names = { "#lines": "lines", "#version": "version" };
const withLine = (bookId: string) => ({ ...names, "#book": bookId });
const thisCart = "cartId = :cartId";
const knownOrRoom = "(attribute_exists(#lines.#book) OR size(#lines) < :mostTitles)";
const changed = "#version = #version + :one, updatedAt = :at";
// who has waited for an order and goes on all the same takes its request away, so that the next one need not wait
const removing = ({ giveWay }: Cart, ...names: string[]) => {
  const gone = [...names, ...(giveWay === null ? [] : ["giveWay"])];
  return gone.length > 0 ? ` REMOVE ${gone.join(", ")}` : "";
};

const update = (customerId: string, how: Omit<Update, "Key">): Action => ({
  Update: {
    Key: cartKey(customerId),
    ...how,
  },
});

/** A change to the cart as it was read, and what that cart becomes by it. */
export type CartChange = { action: Action; after: Cart };

const changing = (cart: Cart, lines: Cart["lines"], at: string, action: Action): CartChange => ({
  action,
  after: { ...cart, version: cart.version + 1, lines, giveWay: null, updatedAt: at },
});

const withCopies = ({ lines }: Cart, bookId: string, copies: number) => new Map([...lines, [bookId, copies]]);

/** The change, if nothing else has happened to the cart since it was read: then it is known what the cart becomes. */
export function exactly({ action, after }: CartChange): Action {
  // a first cart is put only where there is none
  if (!("Update" in action)) return action;
  const { ConditionExpression, ExpressionAttributeValues } = action.Update;
  return {
    Update: {
      ...action.Update,
      ConditionExpression: `${ConditionExpression} AND #version = :version`,
      ExpressionAttributeValues: { ...ExpressionAttributeValues, ":version": after.version - 1 },
    },
  };
}

/** Adds copies to the cart as it was read, starting a new one where none is open. */
export const addCopies = (
  customerId: string,
  cart: Cart,
  bookId: string,
  copies: number,
  at: string,
): CartChange =>
  cart.cartId === null
    ? startCart(customerId, cart, bookId, copies, at)
    : changing(
        cart,
        withCopies(cart, bookId, (cart.lines.get(bookId) ?? 0) + copies),
        at,
        update(customerId, {
          UpdateExpression: `SET #lines.#book = if_not_exists(#lines.#book, :zero) + :copies, ${changed}${removing(cart)}`,
          ConditionExpression: `${thisCart} AND ${knownOrRoom} AND (attribute_not_exists(#lines.#book) OR #lines.#book <= :room)`,
          ExpressionAttributeNames: withLine(bookId),
          ExpressionAttributeValues: {
            ":cartId": cart.cartId,
            ":copies": copies,
            ":room": mostCopies - copies,
            ":mostTitles": mostTitles,
            ":zero": 0,
            ":one": 1,
            ":at": at,
          },
        }),
      );

/** Sets how many copies of a book are in the cart; of a withdrawn one only where it is in it already. */
export const setCopies = (
  customerId: string,
  cart: Cart,
  book: { bookId: string; active: boolean },
  copies: number,
  at: string,
): CartChange =>
  cart.cartId === null
    ? startCart(customerId, cart, book.bookId, copies, at)
    : changing(
        cart,
        withCopies(cart, book.bookId, copies),
        at,
        update(customerId, {
          UpdateExpression: `SET #lines.#book = :copies, ${changed}${removing(cart)}`,
          ConditionExpression: `${thisCart} AND ${book.active ? knownOrRoom : "attribute_exists(#lines.#book)"}`,
          ExpressionAttributeNames: withLine(book.bookId),
          ExpressionAttributeValues: {
            ":cartId": cart.cartId,
            ":copies": copies,
            ...(book.active && { ":mostTitles": mostTitles }),
            ":one": 1,
            ":at": at,
          },
        }),
      );

export const removeLine = (customerId: string, cart: Cart, bookId: string, at: string): CartChange =>
  changing(
    cart,
    new Map([...cart.lines].filter(([id]) => id !== bookId)),
    at,
    update(customerId, {
      UpdateExpression: `SET ${changed}${removing(cart, "#lines.#book")}`,
      ConditionExpression: `${thisCart} AND attribute_exists(#lines.#book)`,
      ExpressionAttributeNames: withLine(bookId),
      ExpressionAttributeValues: { ":cartId": cart.cartId, ":one": 1, ":at": at },
    }),
  );

export const removeAllLines = (customerId: string, cart: Cart, at: string): CartChange =>
  changing(
    cart,
    new Map(),
    at,
    update(customerId, {
      UpdateExpression: `SET #lines = :none, ${changed}${removing(cart)}`,
      ConditionExpression: `${thisCart} AND size(#lines) > :zero`,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: { ":cartId": cart.cartId, ":none": {}, ":zero": 0, ":one": 1, ":at": at },
    }),
  );

/** Empties the cart because it became an order, if it is still exactly as it was read. */
export const closeCart = (customerId: string, cart: Cart, orderId: string, at: string): Action =>
  update(customerId, {
    // way may have been asked for since the cart was read, by this very order too
    UpdateExpression: `SET #lines = :none, lastOrderId = :orderId, ${changed} REMOVE cartId, createdAt, giveWay`,
    // a version never comes back, so it names this cart and all that is in it
    ConditionExpression: "#version = :version",
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: {
      ":version": cart.version,
      ":none": {},
      ":orderId": orderId,
      ":one": 1,
      ":at": at,
    },
  });

/**
 * Leaves a marker without content in the cart's place: whatever changes a cart or orders it expects something that the
 * marker has not. It stays for as long as erasing is not through.
 */
export const eraseCart = (customerId: string, at: string): Action =>
  update(customerId, {
    UpdateExpression:
      "SET erasedAt = :at, #schema = :schema, #lines = :none, #version = if_not_exists(#version, :zero) + :one " +
      "REMOVE cartId, lastOrderId, createdAt, updatedAt, giveWay",
    ExpressionAttributeNames: { ...names, "#schema": "schema" },
    ExpressionAttributeValues: {
      ":at": at,
      ":schema": 1,
      ":none": {},
      ":zero": 0,
      ":one": 1,
    },
  });

/** Up to which of the customer's orders erasing is through, by their carts' ids; undefined where it has not begun. */
export const erasedThrough = (item: Item | undefined): string | undefined =>
  z.object({ erasedThrough: z.optional(z.string()) }).parse(item ?? {}).erasedThrough;

export const keepErasedThrough = (customerId: string, cartId: string): Action =>
  update(customerId, {
    UpdateExpression: "SET erasedThrough = :cartId",
    ExpressionAttributeValues: { ":cartId": cartId },
  });

/** Nothing is left to erase: the marker goes by itself when no token of the account can be out any more. */
export const letMarkerGo = (customerId: string): Action =>
  update(customerId, {
    UpdateExpression: "SET expiresAt = :end",
    ExpressionAttributeValues: { ":end": Math.floor(now() / 1000) + markerSeconds },
  });

/** Lets a write of the customer's pass only as long as they have not been erased. */
export const requireAccount = (customerId: string): Action => ({
  ConditionCheck: { Key: cartKey(customerId), ConditionExpression: "attribute_not_exists(erasedAt)" },
});

/** Asks those who change the cart to let an order by. */
export const askForWay = (customerId: string, cart: Cart, requestId: string): Action =>
  update(customerId, {
    UpdateExpression: "SET giveWay = :requestId",
    ConditionExpression: thisCart,
    ExpressionAttributeValues: { ":cartId": cart.cartId, ":requestId": requestId },
  });

/** A new cart with its first line; the whole item only where the customer never had one. */
function startCart(customerId: string, cart: Cart, bookId: string, copies: number, at: string): CartChange {
  const cartId = newCartId(cart.lastOrderId);
  const starting = (action: Action) =>
    changing({ ...cart, cartId, createdAt: at }, withCopies(cart, bookId, copies), at, action);
  if (cart.version === 0)
    return starting({
      Put: {
        Item: {
          ...cartKey(customerId),
          schema: 1,
          cartId,
          version: 1,
          lines: { [bookId]: copies },
          createdAt: at,
          updatedAt: at,
        },
        ConditionExpression: "attribute_not_exists(pk)",
      },
    });
  return starting(
    update(customerId, {
      UpdateExpression: `SET cartId = :cartId, createdAt = :at, #lines.#book = :copies, ${changed}`,
      ConditionExpression: "attribute_not_exists(cartId) AND lastOrderId < :cartId",
      ExpressionAttributeNames: withLine(bookId),
      ExpressionAttributeValues: { ":cartId": cartId, ":copies": copies, ":one": 1, ":at": at },
    }),
  );
}
