import type * as z from "zod/mini";
import { deleteAccount, readAccount } from "./account.ts";
import type * as answers from "./answers.ts";
import { timestamp } from "./chance.ts";
import { type Order, orderView } from "./order.ts";
import { orderHistory, type Request, viewCart } from "./shop.ts";
import { eraseCart, erasedThrough, keepErasedThrough, letMarkerGo, parseCart } from "./table/carts.ts";
import { mostActions } from "./table/client.ts";
import { forgetKeys } from "./table/key-records.ts";
import { cartKey } from "./table/keys.ts";
import { forgetAddress, listOrdersAfter } from "./table/orders.ts";

/** All that the shop has of a customer, their orders page by page. After an erasure: what is left. */
export async function exportMe(
  request: Request & { groups: readonly string[] },
  cursor: string | undefined,
): Promise<z.infer<typeof answers.Export>> {
  const { customerId, groups } = request;
  const account = await readAccount(customerId);
  const cart = await viewCart(request);
  const { orders, nextCursor } = await orderHistory(request, cursor, 20);
  return {
    account: {
      sub: customerId,
      email: account?.email ?? null,
      groups: [...groups],
      createdAt: account?.createdAt ?? null,
    },
    cart,
    orders: { items: orders.map(orderView), nextCursor },
  };
}

/**
 * Erases what the shop knows of a customer but the orders themselves: first a marker, from which on no token of theirs
 * changes anything; the account after all else, so that whoever was interrupted can ask again, and then it goes on where it was.
 */
export async function eraseMe({ table, customerId }: Pick<Request, "table" | "customerId">): Promise<void> {
  const [item] = await table.read([cartKey(customerId)]);
  if (!parseCart(item).erased) await table.write([eraseCart(customerId, timestamp())]);
  await forgetKeys(table, customerId);
  let after = erasedThrough(item);
  for (;;) {
    // each write also keeps how far it is
    const limit = mostActions - 1;
    const orders = await listOrdersAfter(table, customerId, { after, limit });
    const last = orders.at(-1);
    if (!last) break;
    const withAddress = orders.filter(({ shippingAddress }: Order) => shippingAddress !== null);
    await table.write([keepErasedThrough(customerId, last.cartId), ...withAddress.map(forgetAddress)]);
    after = last.cartId;
  }
  await deleteAccount(customerId);
  // only now: an account that is still there gets new tokens
  await table.write([letMarkerGo(customerId)]);
}
