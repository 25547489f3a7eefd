import * as z from "zod";
import { now, randomOctets } from "./chance.ts";

// Crockford's base 32: no letter that is read as a digit, and in the order in which DynamoDB sorts.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const timeLength = 10;
const cartIdLength = timeLength + 16;

/** Any id of ours as a client may send it. */
export const Id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "Must be an id");

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

/** The time of placing, which never lies before the cart's, and then the cart's own id. */
export const newOrderId = (cartId: string): string => timeText(Math.max(now(), timeOf(cartId))) + cartId;

/** The cart that became this order, or null where the id is none of ours. */
export const cartIdOf = (orderId: string): string | null =>
  /^[0-9A-HJKMNP-TV-Z]{36}$/.test(orderId) ? orderId.slice(-cartIdLength) : null;
