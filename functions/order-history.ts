import { customer } from "../shared/endpoint.ts";
import { ok, parseLimit, serve } from "../shared/http.ts";
import { orderView } from "../shared/order.ts";
import { findOrder, orderHistory } from "../shared/shop.ts";
import type { RouteKeysOf } from "./routes.ts";

export const handler = serve<RouteKeysOf<"order-history">>({
  "GET /api/orders": customer({ query: ["limit", "cursor"] }, async (request) => {
    const { orders, nextCursor } = await orderHistory(
      request,
      request.query.get("cursor"),
      parseLimit(request.query),
    );
    return ok({ items: orders.map(orderView), nextCursor });
  }),
  "GET /api/orders/{orderId}": customer({}, async (request) =>
    ok(orderView(await findOrder(request, request.path.orderId ?? ""))),
  ),
});
