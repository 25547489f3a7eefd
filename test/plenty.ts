import { randomUUID } from "node:crypto";
import { BatchWriteCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Book } from "../shared/book.ts";
import { newCartId, newOrderId } from "../shared/ids.ts";
import type { Item } from "../shared/table/client.ts";
import { putOrder } from "../shared/table/orders.ts";

// Books and orders in plenty, in the shop's own shape and straight into a table.

const mostInOneWrite = 25;

/** The book of this number, below a million: an id of 16 characters, a title of 40, no stock tracked. */
export const bookAt = (at: number): Book => {
  const number = String(at).padStart(6, "0");
  return {
    bookId: `OF-GROWTH-${number}`,
    title: `A title of 40 characters, number ${number}.`,
    authors: ["An Author"],
    isbn: null,
    price: 1299,
    stock: null,
    active: true,
    revision: 1,
  };
};

/** What a customer has ordered, oldest first: three lines each, of these books. `customerId` is a UUID. */
export function pastOrders(customerId: string, count: number, books: readonly Book[]): Item[] {
  let last: string | null = null;
  return Array.from({ length: count }, (_, at) => {
    const cartId = newCartId(last);
    const orderId = newOrderId(cartId, customerId);
    last = orderId;
    const lines = [0, 1, 2].map((line) => {
      const { bookId, title, price } = books[(at + line) % books.length] as Book;
      return { bookId, title, quantity: 1, unitPrice: price, stockTaken: false };
    });
    const action = putOrder(
      {
        orderId,
        customerId,
        cartId,
        status: "pending",
        currency: "USD",
        lines,
        shippingAddress: null,
        steps: [],
      },
      randomUUID(),
    );
    return "Put" in action ? (action.Put.Item as Item) : {};
  });
}

export async function putItems(
  client: DynamoDBDocumentClient,
  tableName: string,
  items: readonly Item[],
): Promise<void> {
  for (let from = 0; from < items.length; from += mostInOneWrite) {
    const requests = items.slice(from, from + mostInOneWrite).map((Item) => ({ PutRequest: { Item } }));
    await client.send(new BatchWriteCommand({ RequestItems: { [tableName]: requests } }));
  }
}
