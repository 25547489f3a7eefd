import { orderView } from "../../shared/order.ts";
import { openTable } from "../../shared/table/client.ts";
import { listOrders } from "../../shared/table/orders.ts";

/** A customer's latest 20 orders, newest first, a line for each; and whether there are more. */
export async function latestOrders(customerId: string): Promise<{ lines: string[]; more: boolean }> {
  const { orders, last } = await listOrders(openTable(), customerId, { after: undefined, limit: 20 });
  return {
    lines: orders
      .map(orderView)
      .map(({ orderId, placedAt, status, itemCount }) =>
        [orderId, placedAt, status.padEnd(9), `${itemCount} copies`].join("  "),
      ),
    more: last !== null,
  };
}
