import { timestamp } from "./chance.ts";
import type { Order, Status, Step } from "./order.ts";
import { Refusal } from "./refusal.ts";
import { giveStockBack } from "./table/books.ts";
import { accountErased } from "./table/carts.ts";
import type { Action, Table } from "./table/client.ts";
import { moveOn, parseOrder, type StoredOrder } from "./table/orders.ts";

/** `only`: what the move needs besides the order's status. */
type Mover = { table: Table; requestId: string; by: Step["by"]; who: string; only?: Action[] };

/**
 * Moves an order to another status, as the one operation behind staff's steps and both sides' cancel: each step is
 * conditional on the one before it, and a cancelled order gives back, in the same write, the stock that it took.
 * @throws Refusal `invalid-transition` with the status that the order is in
 */
export async function moveOrder(
  { table, requestId, by, who, only = [] }: Mover,
  order: StoredOrder,
  to: Status,
  from: readonly Status[],
): Promise<Order> {
  let current: Order = order;
  let taken = to === "cancelled" ? order.lines.filter((line) => line.stockTaken) : [];
  for (;;) {
    if (!from.includes(current.status))
      throw new Refusal("invalid-transition", "The order's status does not lead there.", {
        orderStatus: current.status,
      });
    const step: Step = { status: to, at: timestamp(), by, who, requestId };
    const refused = await table.write(
      [moveOn(current, step), ...taken.map((line) => giveStockBack(line.bookId, line.quantity)), ...only],
      ([moving]) => moving?.failed === true,
    );
    if (refused === "written") return { ...current, status: to, steps: [...current.steps, step] };
    const [moving, ...books] = refused;
    if (moving?.failed) {
      const found = parseOrder(moving.found) ?? current;
      // the answer to an earlier try was lost: this is the step that it made
      if (found.steps.some((made) => made.requestId === requestId)) return found;
      current = found;
    }
    if (books.slice(taken.length).some(({ failed }) => failed)) throw accountErased();
    taken = taken.filter((_, index) => !books[index]?.failed);
  }
}
