import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { marked } from "./faults/mark.ts";
import {
  type Fault,
  type StoreCall,
  type StoreProxy,
  storeProxy,
  writeFaults,
} from "./faults/store-proxy.ts";
import { aBook, aCustomer, type Person, theStaff } from "./given.ts";
import { anInstance, type Instance, ordering } from "./instances.ts";
import type { Reply } from "./shop.ts";

// Not sampled: each fault at each store call of each operation, then the same request again by a fresh instance.

const faults = [...writeFaults, "crash before", "crash after"] as const;

type Shop = { customer: Person; orderId: string; cartId: string; tracked: string };
type Operation = {
  name: string;
  keyed: boolean;
  /** What is there before. */
  given(): Promise<Shop>;
  request(shop: Shop): { method: string; path: string; body?: unknown };
  /** Both answers and the table, when all is over. */
  verify(shop: Shop, first: Reply | null, again: Reply): Promise<void>;
};

let healthy: Instance;
let proxy: StoreProxy;
let decide: (call: StoreCall) => Fault = () => "none";
/** Requests whose process has crashed: nothing that they would still do reaches anybody. */
const dead = new Set<string>();
let book: { bookId: string };

beforeAll(async () => {
  book = await aBook();
  proxy = await storeProxy(inject("variables").AWS_ENDPOINT_URL_DYNAMODB ?? "", {
    decide: (call) => (dead.has(call.mark ?? "") ? "drop-request" : decide(call)),
  });
  healthy = await anInstance(ordering);
});
afterAll(() => proxy.close());

const shortTimes = { STORE_CONNECT_MS: "200", STORE_REQUEST_MS: "100", STORE_TOTAL_MS: "5000" };
const isRemembered = ({ input }: StoreCall) =>
  input.TransactItems?.some(({ Put }: { Put?: { Item: { sk: { S: string } } } }) =>
    /^(ORDER|KEY)#/.test(Put?.Item.sk.S ?? ""),
  );

async function aShop(withCart: boolean, ordered = false): Promise<Shop> {
  const customer = await aCustomer();
  const { bookId: tracked } = await aBook({ stock: 5 });
  const { token } = customer;
  let cartId = "";
  let orderId = "";
  if (withCart || ordered) {
    await healthy.send(token, "POST", "/api/cart/add", { bookId: tracked, quantity: 2 });
    cartId = (await healthy.send(token, "POST", "/api/cart/add", { bookId: book.bookId })).body.cartId;
  }
  if (ordered) orderId = (await healthy.send(token, "POST", "/api/orders")).body.orderId;
  return { customer, orderId, cartId, tracked };
}

const left = async (shop: Shop) =>
  (await (await theStaff()).get(`/api/admin/books/${shop.tracked}`)).body.stock;
const orders = async ({ customer }: Shop) =>
  (await healthy.send(customer.token, "GET", "/api/orders")).body.items;
const cart = async ({ customer }: Shop) => (await healthy.send(customer.token, "GET", "/api/cart")).body;

const operations: Operation[] = [
  ...[true, false].map((keyed) => ({
    name: `place-order ${keyed ? "with a key" : "naming the cart"}`,
    keyed,
    given: () => aShop(true),
    request: ({ cartId }: Shop) => ({ method: "POST", path: "/api/orders", body: keyed ? {} : { cartId } }),
    verify: async (shop: Shop, first: Reply | null, again: Reply) => {
      const [order, ...others] = await orders(shop);
      expect(others).toEqual([]);
      expect(order.lines.map(({ quantity }: { quantity: number }) => quantity).sort()).toEqual([1, 2]);
      expect(await left(shop)).toBe(3);
      expect(await cart(shop)).toMatchObject({ cartId: null, lines: [] });
      if (first) expect(first).toMatchObject({ status: 201, body: order });
      // with a key the order itself; without one, it is named
      if (keyed || again.status === 201) expect(again).toMatchObject({ status: 201, body: order });
      else
        expect(again).toMatchObject({
          status: 409,
          body: { code: "order-already-exists", orderId: order.orderId },
        });
      if (first && keyed) {
        expect(again.text).toBe(first.text);
        expect(again.headers.get("idempotency-replayed")).toBe("true");
      }
    },
  })),
  ...[true, false].flatMap((keyed) =>
    ["first ever", "to an open cart"].map((which) => ({
      name: `add-to-cart ${which}${keyed ? " with a key" : ""}`,
      keyed,
      given: () => aShop(which !== "first ever"),
      request: ({ tracked }: Shop) => ({
        method: "POST",
        path: "/api/cart/add",
        body: { bookId: tracked, quantity: 3 },
      }),
      verify: async (shop: Shop, first: Reply | null, again: Reply) => {
        const before = which === "first ever" ? 0 : 2;
        const quantity = (await cart(shop)).lines.find(
          ({ bookId }: { bookId: string }) => bookId === shop.tracked,
        )?.quantity;
        if (first) expect(first.status).toBe(200);
        expect(again.status).toBe(200);
        // a key makes both requests one; without it each counts, and a crashed one may or may not have
        const times = keyed ? [1] : first ? [2] : [1, 2];
        expect(times.map((count) => before + 3 * count)).toContain(quantity);
        expect(
          again.body.lines.find(({ bookId }: { bookId: string }) => bookId === shop.tracked).quantity,
        ).toBe(quantity);
      },
    })),
  ),
  {
    name: "cancel",
    keyed: false,
    given: () => aShop(true, true),
    request: ({ orderId }) => ({ method: "POST", path: `/api/orders/${orderId}/cancel` }),
    verify: async (shop, first, again) => {
      const [order] = await orders(shop);
      expect(order).toMatchObject({
        status: "cancelled",
        history: [{ status: "pending" }, { status: "cancelled" }],
      });
      expect(await left(shop)).toBe(5);
      if (first) expect(first).toMatchObject({ status: 200, body: order });
      if (again.status !== 200)
        expect(again).toMatchObject({
          status: 409,
          body: { code: "invalid-transition", orderStatus: "cancelled" },
        });
    },
  },
];

describe.each(operations)("$name, whatever happens to its store calls", (operation) => {
  test("happens once, and a retry gets the truth", { timeout: 60_000 }, async () => {
    decide = () => "none";
    const through = await anInstance(ordering, { ...shortTimes, AWS_ENDPOINT_URL_DYNAMODB: proxy.url });
    const calls: StoreCall[] = [];
    const key = (shop: Shop) =>
      operation.keyed ? { "idempotency-key": `key-${shop.customer.sub}` } : undefined;
    const ask = (instance: Instance, shop: Shop) => {
      const { method, path, body } = operation.request(shop);
      return instance.send(shop.customer.token, method, path, body, key(shop));
    };
    decide = (call) => {
      calls.push(call);
      return "none";
    };
    await ask(through, await operation.given());
    expect(calls.length).toBeGreaterThan(1);

    let cases = 0;
    for (const [index, call] of calls.entries())
      for (const fault of faults) {
        // the token of a change without a record is what makes it happen once: nobody retries it ten minutes later
        if (fault === "strip-token" && !isRemembered(call)) continue;
        const shop = await operation.given();
        const first = fault.startsWith("crash")
          ? await crashed(fault === "crash after", index, shop)
          : await hit(fault as Fault, index, shop);
        const again = await ask(healthy, shop);
        await operation.verify(shop, first, again).catch((error: Error) => {
          error.message = `${fault} at call ${index} (${call.operation}): ${error.message}`;
          throw error;
        });
        cases++;
      }
    console.info(`${operation.name}: ${calls.length} store calls, ${cases} cases`);
    expect(cases).toBeGreaterThanOrEqual(calls.length * 13);

    /** One fault, and the request goes on. */
    async function hit(fault: Fault, index: number, shop: Shop): Promise<Reply> {
      let at = 0;
      decide = () => (at++ === index ? fault : "none");
      return ask(through, shop);
    }

    /** The process dies before or after the store has seen the call. */
    async function crashed(after: boolean, index: number, shop: Shop): Promise<null> {
      let at = 0;
      await new Promise<void>((resolve) => {
        decide = ({ mark = "" }) => {
          if (at++ < index) return "none";
          dead.add(mark);
          resolve();
          return after ? "drop-reply" : "drop-request";
        };
        marked(shop.customer.sub, () => ask(through, shop)).catch(() => {});
      });
      // what it had sent is through before anyone asks again
      await new Promise((resolve) => setTimeout(resolve, 50));
      return null;
    }
  });
});
