import { randomUUID } from "node:crypto";
import { vi } from "vitest";
import type { Account, OwnShop } from "../own-shop.ts";
import type { Reply } from "../shop.ts";
import { type Attempt, attemptsOn } from "./dearest/attempts.ts";
import { attemptCarts } from "./dearest/carts.ts";
import { attemptCatalogue } from "./dearest/catalogue.ts";
import { attemptErasures } from "./dearest/erasures.ts";
import { attemptOrders } from "./dearest/orders.ts";
import { attemptStaffs } from "./dearest/staff.ts";
import { bookOf, pendingItem, widest } from "./largest-things.ts";
import type { RouteName, Size, Taken } from "./limits.ts";

// The dearest requests that a hostile caller can think of, in several ways where it is not plain which of them is dearest.

const mostCalls = 16;

/** Sends them all; by route, the most of everything that one of its requests took. */
export async function worstOf(shop: OwnShop, size: Size): Promise<Map<RouteName, Taken>> {
  const most = new Map<RouteName, Taken>();
  for (const attempt of await attempts(shop, size)) {
    const taken = await takenBy(shop, attempt);
    const before = most.get(attempt.in) ?? taken;
    for (const what of Object.keys(taken) as (keyof Taken)[])
      before[what] = Math.max(before[what], taken[what]);
    most.set(attempt.in, before);
  }
  return most;
}

/** Bytes of an order of so many lines, as it is written. */
export const bytesOfOrder = (size: Size, lines: number): number => {
  const books = Array.from({ length: lines }, (_, at) => bookOf(size, at));
  const customer: Account = { sub: randomUUID(), group: "customers" };
  return Buffer.byteLength(JSON.stringify(pendingItem(customer, null, books, widest(size))));
};

async function takenBy(shop: OwnShop, { send, meeting, refused }: Attempt): Promise<Taken> {
  let asked = 0;
  let waits = 0;
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const answer = await shop.meeting(async (call) => {
    const fault = ++asked < mostCalls ? await meeting(call) : "none";
    if (fault === "conflict") waits++;
    return fault;
  }, send);
  const { calls = 0, read = 0, write = 0 } = JSON.parse(String(log.mock.lastCall?.[0]));
  log.mockRestore();
  if (calls !== asked) throw new Error(`The log says ${calls} calls, and there were ${asked}`);
  const written = write * (1 + refused + waits);
  return { calls, read, write: written, waits, kib: Math.ceil(bytesOf(answer) / 1024) };
}

function bytesOf({ text, headers }: Reply): number {
  const body = Buffer.byteLength(text, headers.has("content-encoding") ? "base64" : "utf8");
  return [...headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, body);
}

async function attempts(shop: OwnShop, size: Size): Promise<Attempt[]> {
  const noted = await attemptsOn(shop, size);
  attemptCatalogue(noted);
  await attemptCarts(noted);
  await attemptOrders(noted);
  await attemptStaffs(noted);
  // last, since an order without its address is a smaller one to read
  await attemptErasures(noted);
  return noted.all;
}
