import { admin } from "../shared/endpoint.ts";
import { ok, parseChoice, parseLimit, serve } from "../shared/http.ts";
import { MoveOrder, staffOrderView, statuses } from "../shared/order.ts";
import { findAnyOrder, listOrders, moveAnyOrder } from "../shared/staff.ts";
import type { RouteKeysOf } from "./routes.ts";

export const handler = serve<RouteKeysOf<"staff-orders">>({
  "GET /api/admin/orders": admin({ query: ["status", "order", "limit", "cursor"] }, async (request) => {
    const { query } = request;
    const { orders, nextCursor } = await listOrders(request, {
      status: parseChoice(query, "status", statuses),
      oldestFirst: parseChoice(query, "order", ["newest", "oldest"]) === "oldest",
      cursor: query.get("cursor"),
      limit: parseLimit(query),
    });
    return ok({ items: orders.map(staffOrderView), nextCursor });
  }),
  "GET /api/admin/orders/{orderId}": admin({}, async (request) =>
    ok(staffOrderView(await findAnyOrder(request, request.path.orderId ?? ""))),
  ),
  "PATCH /api/admin/orders/{orderId}": admin({ body: MoveOrder }, async (request) =>
    ok(staffOrderView(await moveAnyOrder(request, request.path.orderId ?? "", request.body.status))),
  ),
});
