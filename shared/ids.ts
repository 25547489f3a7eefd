import * as z from "zod/mini";
import { now, randomOctets } from "./chance.ts";

// Crockford's base 32: no letter that is read as a digit, and in the order in which DynamoDB sorts.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const timeLength = 10;

/** Any id of ours as a client may send it. */
export const Id = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, "Must be an id"));

const randomText = (length: number) =>
  Array.from(randomOctets(length), (octet) => alphabet[octet % 32]).join("");

function timeText(ms: number): string {
  let text = "";
  for (let rest = ms; text.length < timeLength; rest = Math.floor(rest / 32))
    text = alphabet[rest % 32] + text;
  return text;
}

/** The time that a cart's or an order's id begins with, in milliseconds since 1970. */
export const timeOf = (id: string): number =>
  [...id.slice(0, timeLength)].reduce((ms, letter) => ms * 32 + alphabet.indexOf(letter), 0);

export const newBookId = (): string => randomText(16);

/** An id that sorts after all that this customer has ordered, whatever the clocks say. */
export const newCartId = (lastOrderId: string | null): string =>
  timeText(Math.max(now(), lastOrderId === null ? 0 : timeOf(lastOrderId) + 1)) + randomText(16);

/**
 * The time of placing, which never lies before the cart's; the cart's own id; and the customer's, packed. So orders sort
 * by time, and the order's key can be read off its id, by staff too, who know nothing else of it.
 */
export const newOrderId = (cartId: string, customerId: string): string =>
  timeText(Math.max(now(), timeOf(cartId))) + cartId + packed(customerId);

/** The customer and the cart that an order's id names, or null where the id is none of ours. */
export function partsOf(orderId: string): { customerId: string; cartId: string } | null {
  const [, cartId, customer] =
    /^[0-9A-HJKMNP-TV-Z]{10}([0-9A-HJKMNP-TV-Z]{26})([0-9A-HJKMNP-TV-Z]{26})$/.exec(orderId) ?? [];
  return cartId && customer ? { cartId, customerId: unpacked(customer) } : null;
}

export const isCartId = (text: string): boolean => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(text);

/** A UUID's 128 bits in 26 letters. */
function packed(uuid: string): string {
  let text = "";
  for (let rest = BigInt(`0x${uuid.replaceAll("-", "")}`); text.length < 26; rest >>= 5n)
    text = alphabet[Number(rest & 31n)] + text;
  return text;
}

function unpacked(text: string): string {
  const bits = [...text].reduce((rest, letter) => (rest << 5n) | BigInt(alphabet.indexOf(letter)), 0n);
  return bits
    .toString(16)
    .padStart(32, "0")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
