import { type CartView, SetQuantity } from "../shared/cart.ts";
import { cartTag } from "../shared/cart-tag.ts";
import { bookIdIn } from "../shared/catalogue.ts";
import { customer } from "../shared/endpoint.ts";
import { ok, serve } from "../shared/http.ts";
import { removeFromCart, setQuantity } from "../shared/shop.ts";
import type { RouteKeysOf } from "./routes.ts";

const cartAnswer = (cart: CartView) => ok(cart, { etag: cartTag(cart) });

export const handler = serve<RouteKeysOf<"change-cart">>({
  "PUT /api/cart/items/{bookId}": customer({ body: SetQuantity }, async (request) =>
    cartAnswer(await setQuantity(request, bookIdIn(request.path), request.body.quantity)),
  ),
  "DELETE /api/cart/items/{bookId}": customer({}, async (request) =>
    cartAnswer(await removeFromCart(request, bookIdIn(request.path))),
  ),
  "DELETE /api/cart": customer({}, async (request) => cartAnswer(await removeFromCart(request, null))),
});
