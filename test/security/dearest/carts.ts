import type { Book } from "../../../shared/book.ts";
import { mostTitles } from "../../../shared/cart.ts";
import type { Attempts } from "./attempts.ts";

export async function attemptCarts({
  ask,
  change,
  shopper,
  titles,
  first,
  another,
  keyed,
}: Attempts): Promise<void> {
  const add = "POST /api/cart/add";
  const again = { bookId: first.bookId };
  const last = { bookId: (titles.at(-1) as Book).bookId };
  await change(add, "/api/cart/add", () => shopper(mostTitles), { body: again, headers: keyed });
  await change(add, "/api/cart/add", () => shopper(mostTitles - 1), { body: last, headers: keyed });
  const full = { body: { bookId: another.bookId }, headers: keyed };
  ask(add, await shopper(mostTitles), "/api/cart/add", full);
  const adder = await shopper(mostTitles);
  for (const _ of ["done", "done before"]) ask(add, adder, "/api/cart/add", { body: again, headers: keyed });

  ask("GET /api/cart", await shopper(mostTitles), "/api/cart");
  const line = `/api/cart/items/${first.bookId}`;
  const quantity = { body: { quantity: 99 } };
  await change("PUT /api/cart/items/{bookId}", line, () => shopper(mostTitles), quantity);
  await change("DELETE /api/cart/items/{bookId}", line, () => shopper(mostTitles));
  await change("DELETE /api/cart", "/api/cart", () => shopper(mostTitles));
}
