import { expect } from "vitest";
import { aBook, aCustomer, inTheCart, theStaff } from "../given.ts";
import { itemsOf } from "../partition.ts";
import type { Reply } from "../shop.ts";
import { canary } from "./canary.ts";

// Who sends what is refused, and what a refusal of it is.

export type Answer = Pick<Reply, "status" | "headers" | "text">;
export type Headers = Record<string, string>;

export const json = { "content-type": "application/json" };

/** A customer with the book in her cart, and somebody of the staff. */
export const [ada, staff, book] = await Promise.all([aCustomer(), theStaff(), aBook()]);
await inTheCart(ada, [book]);

/** Sends it twice: the same refusal, to the byte, and nothing has changed. */
export async function refusedTwice(send: () => Promise<Answer>, status: number, code: string, who = ada) {
  const before = await itemsOf(who.sub);
  const [first, second] = [await send(), await send()];
  expect({ status: first.status, ...JSON.parse(first.text) }).toMatchObject({ status, code });
  expect(first.headers.get("content-type")).toBe("application/problem+json");
  expect(first.headers.get("x-request-id")).toMatch(/\S/);
  expect(second.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
  expect(second.text).toBe(first.text);
  expect(first.text).not.toContain(canary);
  expect(first.text).not.toMatch(/\.ts\b|node_modules| at \S+:\d/);
  expect(await itemsOf(who.sub)).toEqual(before);
  return JSON.parse(first.text) as { errors?: { path: string; message: string }[] };
}
