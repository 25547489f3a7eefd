import { customer } from "../shared/endpoint.ts";
import { ok, serve } from "../shared/http.ts";
import { orderView } from "../shared/order.ts";
import { cancelOrder } from "../shared/shop.ts";
import type { RouteKeysOf } from "./routes.ts";

export const handler = serve<RouteKeysOf<"cancel-order">>({
  "POST /api/orders/{orderId}/cancel": customer({}, async (request) =>
    ok(orderView(await cancelOrder(request, request.path.orderId ?? ""))),
  ),
});
