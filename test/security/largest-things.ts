import { randomUUID } from "node:crypto";
import type { Book } from "../../shared/book.ts";
import { newCartId, newOrderId } from "../../shared/ids.ts";
import type { Address, Step } from "../../shared/order.ts";
import type { Item } from "../../shared/table/client.ts";
import { keyedRequest, putKeyRecord } from "../../shared/table/key-records.ts";
import { cartKey } from "../../shared/table/keys.ts";
import { putOrder } from "../../shared/table/orders.ts";
import type { Account } from "../own-shop.ts";
import type { Size } from "./limits.ts";

// Books, carts, orders and keys as large as they get, as they stand in the table.

const wide = (characters: number) => "😀".repeat(characters);

export const bookOf = (size: Size, at: number): Book => {
  const number = String(at).padStart(6, "0");
  return {
    bookId: `BOOK-${number}`.padEnd(64, "-"),
    title: size === "largest" ? `${wide(294)}${number}` : `A title of 40 characters, number ${number}.`,
    authors: size === "largest" ? Array(50).fill(wide(100)) : ["An Author"],
    isbn: "978-0-00-000000-0",
    price: 1_000_000_000,
    stock: 900_000_000,
    active: true,
    revision: 1,
  };
};

export const widest = (size: Size): Address => {
  const text = size === "largest" ? wide(100) : "A line of 25 characters..";
  return {
    name: text,
    lines: [text, text, text, text],
    city: text,
    region: text,
    postalCode: text,
    country: "GB",
  };
};

const at = "2026-11-25T10:00:00.000Z";

export function cartItem({ sub }: Account, lines: Record<string, number>, version: number): Item {
  const cartId = newCartId(null);
  return { ...cartKey(sub), schema: 1, cartId, version, lines, createdAt: at, updatedAt: at };
}

export function pendingItem(
  { sub }: Account,
  last: string | null,
  books: readonly Book[],
  shippingAddress: Address,
  steps: Step[] = [],
): Item {
  const cartId = newCartId(last);
  const action = putOrder(
    {
      orderId: newOrderId(cartId, sub),
      customerId: sub,
      cartId,
      status: "pending",
      currency: "USD",
      lines: books.map(({ bookId, title, price }) => ({
        bookId,
        title,
        quantity: 99,
        unitPrice: price,
        stockTaken: true,
      })),
      shippingAddress,
      steps,
    },
    randomUUID(),
  );
  return "Put" in action ? { ...(action.Put.Item as Item), steps } : {};
}

/** An order that has been through everything. */
export function orderItem(...[who, last, books, address]: Parameters<typeof pendingItem>): Item {
  const statuses = ["paid", "shipped", "delivered"] as const;
  const steps = statuses.map(
    (status): Step => ({ status, at, by: "staff", who: randomUUID(), requestId: "x".repeat(16) }),
  );
  return { ...pendingItem(who, last, books, address, steps), status: "delivered", ipk: "STATUS#delivered" };
}

export function keyItem({ sub }: Account, key: string): Item {
  const action = putKeyRecord(sub, keyedRequest(key, null), "x".repeat(16), "x".repeat(26));
  return "Put" in action ? (action.Put.Item as Item) : {};
}
