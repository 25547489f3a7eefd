import { pendingItem } from "../largest-things.ts";
import { type Attempts, contended, quiet } from "./attempts.ts";

export async function attemptStaffs({
  ask,
  buyer,
  staff,
  first,
  another,
  unlisted,
  unknown,
}: Attempts): Promise<void> {
  for (const meeting of [quiet, contended]) {
    const { orderIds } = await buyer(1, pendingItem);
    const body = { status: "cancelled" };
    ask("PATCH /api/admin/orders/{orderId}", staff, `/api/admin/orders/${orderIds[0]}`, { body, meeting });
  }
  const { orderIds } = await buyer(1);
  ask("GET /api/admin/orders/{orderId}", staff, `/api/admin/orders/${orderIds[0]}`);
  ask("GET /api/admin/orders", staff, "/api/admin/orders?limit=50");
  ask("GET /api/admin/orders", staff, "/api/admin/orders?limit=50&status=delivered&order=oldest");

  for (const id of [first.bookId, unknown])
    ask("GET /api/admin/books/{bookId}", staff, `/api/admin/books/${id}`);
  ask("GET /api/admin/books", staff, "/api/admin/books?limit=50");
  ask("GET /api/admin/books", staff, "/api/admin/books?limit=50&active=false&title=nothing");
  const { bookId, revision, price, ...fields } = unlisted;
  const body = { ...fields, price: { amount: price, currency: "USD" } };
  const key = (name: string) => ({ "idempotency-key": name });
  for (const [name, meeting] of [
    ["new", quiet],
    ["new", quiet],
    ["newer", contended],
  ] as const) {
    const how = { body, headers: key(name), meeting };
    ask("POST /api/admin/books", staff, "/api/admin/books", how);
  }
  for (const [name, meeting] of [
    ["change", quiet],
    ["change", quiet],
    ["another", contended],
  ] as const) {
    const how = { body: { ...body, active: false }, headers: key(name), meeting };
    ask("PATCH /api/admin/books/{bookId}", staff, `/api/admin/books/${another.bookId}`, how);
  }
}
