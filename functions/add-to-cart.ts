import { AddToCart } from "../shared/cart.ts";
import { cartTag } from "../shared/cart-tag.ts";
import { customer } from "../shared/endpoint.ts";
import { ok, replayed, serve } from "../shared/http.ts";
import { addToCart } from "../shared/shop.ts";
import type { RouteKeysOf } from "./routes.ts";

export const handler = serve<RouteKeysOf<"add-to-cart">>({
  "POST /api/cart/add": customer({ body: AddToCart, takesKey: true }, async (request) => {
    const answer = await addToCart(request, request.body);
    return ok(answer.cart, { etag: cartTag(answer.cart), ...replayed(answer) });
  }),
});
