import type * as z from "zod/mini";
import type * as answers from "./answers.ts";
import type { CartView } from "./cart.ts";
import { parseTag } from "./tag.ts";

/** What a customer saw of one line: copies, unit price in minor units, whether it could be had. */
type Seen = { quantity: number; unitPrice: number; available: boolean };

/** What an `If-Match` asks for: any cart, or just the cart that was seen, or one that was never shown (null). */
export type Expected = "any" | { cartId: string | null; lines: ReadonlyMap<string, Seen> } | null;

export type Change = z.infer<typeof answers.CartChange>;

const none = "-";
// `1` is the format: a tag of another one is nobody's.
const tagPattern = /^1\.([0-9A-Z]{26}|-)((?:\.[A-Za-z0-9_-]{1,64}:\d{1,2}:\d{1,10}:[01])*)$/;

/** The cart's ETag: all that the customer saw, so that nothing need be kept to tell what has changed since. */
export const cartTag = (cart: CartView): string =>
  `"${["1", cart.cartId ?? none, ...cart.lines.map((line) => [line.bookId, line.quantity, line.unitPrice.amount, line.available ? 1 : 0].join(":"))].join(".")}"`;

/** Reads an `If-Match` of one strong or weak tag, or `*`. */
export function parseIfMatch(header: string | undefined): Expected | undefined {
  const tag = parseTag(header);
  if (tag === undefined) return undefined;
  if (tag === "*") return "any";
  const ours = tagPattern.exec(tag.slice(1, -1));
  if (!ours) return null;
  const [, cartId = none, lines = ""] = ours;
  return {
    cartId: cartId === none ? null : cartId,
    lines: new Map(
      lines
        .split(".")
        .slice(1)
        .map((line) => {
          const [bookId = "", quantity, unitPrice, available] = line.split(":");
          return [
            bookId,
            { quantity: Number(quantity), unitPrice: Number(unitPrice), available: available === "1" },
          ];
        }),
    ),
  };
}

/** What is no longer as it was seen, by book; nothing where all still is. */
export function changesSince(seen: ReadonlyMap<string, Seen>, cart: CartView): Change[] {
  const changes: Change[] = [];
  for (const line of cart.lines) {
    const old = seen.get(line.bookId);
    if (!old) {
      changes.push({ bookId: line.bookId, quantity: { old: 0, new: line.quantity } });
      continue;
    }
    const change: Change = { bookId: line.bookId };
    if (old.quantity !== line.quantity) change.quantity = { old: old.quantity, new: line.quantity };
    if (old.unitPrice !== line.unitPrice.amount)
      change.unitPrice = { old: { ...line.unitPrice, amount: old.unitPrice }, new: line.unitPrice };
    if (old.available !== line.available) change.available = { old: old.available, new: line.available };
    if (Object.keys(change).length > 1) changes.push(change);
  }
  const left = new Set(cart.lines.map((line) => line.bookId));
  for (const [bookId, { quantity }] of seen)
    if (!left.has(bookId)) changes.push({ bookId, quantity: { old: quantity, new: 0 } });
  return changes;
}
