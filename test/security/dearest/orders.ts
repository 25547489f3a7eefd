import { mostTitles } from "../../../shared/cart.ts";
import { cartItem, pendingItem } from "../largest-things.ts";
import { type Attempts, contended, quiet } from "./attempts.ts";

export async function attemptOrders(attempts: Attempts): Promise<void> {
  const { shop, ask, change, shopper, buyer, titles, withdrawn, shippingAddress, unknown, keyed } = attempts;
  const order = "POST /api/orders";
  const ordering = { body: { shippingAddress }, headers: keyed };
  await change(order, "/api/orders", () => shopper(mostTitles), ordering);
  ask(order, await shopper(mostTitles), "/api/orders", {
    ...ordering,
    headers: { ...keyed, "if-match": '"1.-"' },
  });
  // as many as fit into what API Gateway takes of headers, beside a token
  const shortLines = Array.from({ length: 900 }, (_, at) => `.${at.toString(36)}:1:1:1`);
  const seen = { ...keyed, "if-match": `"1.-${shortLines.join("")}"` };
  ask(order, await shopper(mostTitles), "/api/orders", { ...ordering, headers: seen });
  // the cart is another one whenever it is looked at, and there is always something in it that is not for sale
  const restless = await shopper(mostTitles, [withdrawn, ...titles]);
  let version = 1;
  ask(order, restless, "/api/orders", {
    ...ordering,
    meeting: async ({ operation, input }) => {
      if (operation === "BatchGetItem" && JSON.stringify(input).includes('"CART"')) {
        const lines = Object.fromEntries(
          [withdrawn, ...titles].slice(0, mostTitles).map(({ bookId }) => [bookId, 9]),
        );
        await shop.put([cartItem(restless, lines, ++version)]);
      }
      return "none";
    },
  });
  const orderer = await shopper(mostTitles);
  for (const _ of ["done", "done before"]) ask(order, orderer, "/api/orders", ordering);

  const { who: regular, orderIds } = await buyer(mostTitles + 1);
  ask("GET /api/orders", regular, "/api/orders?limit=50");
  ask("GET /api/orders/{orderId}", regular, `/api/orders/${orderIds[0]}`);
  ask("GET /api/orders/{orderId}", regular, `/api/orders/${unknown}`);
  ask("GET /api/me/export", regular, "/api/me/export");
  await shop.put([cartItem(regular, Object.fromEntries(titles.map(({ bookId }) => [bookId, 9])), 1)]);
  const cancel = "POST /api/orders/{orderId}/cancel";
  for (const meeting of [quiet, contended]) {
    const { who, orderIds } = await buyer(1, pendingItem);
    ask(cancel, who, `/api/orders/${orderIds[0]}/cancel`, { meeting });
  }
}
