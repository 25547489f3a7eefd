import { randomUUID } from "node:crypto";
import { timeOf } from "../../shared/ids.ts";
import type { Order } from "../../shared/order.ts";
import { Refusal } from "../../shared/refusal.ts";
import { openTable } from "../../shared/table/client.ts";
import { listByStatus, readOrders, type StoredOrder } from "../../shared/table/orders.ts";
import { moveOrder } from "../../shared/transition.ts";

/** What an order's history says in the place of a member of staff. */
const who = "expire";
const ordersAPage = 100;

export type Expired = {
  order: Order;
  /** "moved on": somebody paid for it or cancelled it first. "busy": others kept changing its books' stock. */
  outcome: "cancelled" | "moved on" | "busy" | "would be cancelled";
};

/**
 * Cancels every pending order that was placed before `placedBefore` (milliseconds since 1970) and took copies off a tracked
 * stock, oldest first, as staff would: one transaction for each order, which fails where it is no longer pending. Reads the
 * pending orders of that age, and no others. `dryRun` only says which.
 */
export async function* expireOrders({
  placedBefore,
  dryRun,
}: {
  placedBefore: number;
  dryRun: boolean;
}): AsyncGenerator<Expired> {
  for (let after: string | undefined; ; ) {
    const table = openTable();
    const page = await listByStatus(table, "pending", { after, oldestFirst: true, limit: ordersAPage });
    const old = page.filter(({ orderId }) => timeOf(orderId) < placedBefore);
    for (const order of await readOrders(table, old)) {
      // the index may be behind
      if (order.status !== "pending" || !order.lines.some(({ stockTaken }) => stockTaken)) continue;
      yield dryRun ? { order, outcome: "would be cancelled" } : await expire(order);
    }
    if (old.length < ordersAPage) return;
    after = old.at(-1)?.orderId;
  }
}

async function expire(order: StoredOrder): Promise<Expired> {
  const mover = { table: openTable(), requestId: randomUUID(), by: "staff", who } as const;
  try {
    return { order: await moveOrder(mover, order, "cancelled", ["pending"]), outcome: "cancelled" };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { order, outcome: error.code === "invalid-transition" ? "moved on" : "busy" };
  }
}
