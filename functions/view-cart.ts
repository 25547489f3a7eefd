import { cartTag } from "../shared/cart-tag.ts";
import { customer } from "../shared/endpoint.ts";
import { ok, serve } from "../shared/http.ts";
import { viewCart } from "../shared/shop.ts";
import type { RouteKeysOf } from "./routes.ts";

export const handler = serve<RouteKeysOf<"view-cart">>({
  "GET /api/cart": customer({}, async (request) => {
    const cart = await viewCart(request);
    return ok(cart, { etag: cartTag(cart) });
  }),
});
