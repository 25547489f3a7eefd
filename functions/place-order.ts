import { parseIfMatch } from "../shared/cart-tag.ts";
import { orderLocation, placeOrder } from "../shared/checkout.ts";
import { customer } from "../shared/endpoint.ts";
import { created, replayed, serve } from "../shared/http.ts";
import { orderView, PlaceOrder } from "../shared/order.ts";
import type { RouteKeysOf } from "./routes.ts";

export const handler = serve<RouteKeysOf<"place-order">>({
  "POST /api/orders": customer({ body: PlaceOrder, takesKey: true }, async (request) => {
    const placed = await placeOrder(request, request.body, parseIfMatch(request.ifMatch));
    request.notes.order = placed.order.orderId;
    return created(orderView(placed.order), orderLocation(placed.order.orderId), replayed(placed));
  }),
});
