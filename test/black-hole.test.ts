import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { functions, routes } from "../functions/routes.ts";
import { storeTimes } from "../infra/environments.ts";
import { type Fault, type StoreProxy, storeProxy } from "./faults/store-proxy.ts";
import { aBook, aCustomer, anAdmin, type Person } from "./given.ts";
import { anInstance, type Instance } from "./instances.ts";

// 20 times shorter than what functions have, so 8 s are 400 ms here
const shorter = 20;
const boundMs = 8000 / shorter;

let proxy: StoreProxy;
let instance: Instance;
let decide: () => Fault = () => "none";
let customer: Person;
let admin: Person;

beforeAll(async () => {
  proxy = await storeProxy(inject("variables").AWS_ENDPOINT_URL_DYNAMODB ?? "", { decide: () => decide() });
  const times = Object.entries(storeTimes).map(([name, ms]) => [name, String(Number(ms) / shorter)]);
  instance = await anInstance(Object.keys(functions), {
    ...Object.fromEntries(times),
    AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
  });
  [customer, admin] = [await aCustomer(), await anAdmin()];
  // the keys that tokens are verified with are not the store's to lose
  await instance.send(customer.token, "GET", "/api/cart");
  await instance.send(admin.token, "GET", "/api/admin/books");
});
afterAll(() => proxy.close());

describe("a store that never answers", () => {
  const asking = routes.filter((route) => functions[route.function].table.length > 0);
  test.each(asking.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "%s says so in time, and works again when the store does",
    async (_, { method, path, who }) => {
      const token = who === "admin" ? admin.token : customer.token;
      // from the first call on, and from the third where there is one
      for (const from of [0, 2]) {
        const { target, body } = await askable(method, path);
        let calls = 0;
        decide = () => (calls++ < from ? "none" : "hang");
        const started = performance.now();
        const answer = await instance.send(token, method, target, body);
        const ms = performance.now() - started;
        decide = () => "none";
        if (calls <= from) continue;

        expect(answer).toMatchObject({ status: 503, body: { code: "temporarily-unavailable" } });
        expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
        expect(ms).toBeLessThan(boundMs);
        expect(calls).toBeLessThanOrEqual(16);
        expect(
          (await instance.send(token, "GET", who === "admin" ? "/api/admin/books" : "/api/cart")).status,
        ).toBe(200);
      }
    },
  );
});

/** A request that the route would serve. */
async function askable(method: string, path: string): Promise<{ target: string; body?: unknown }> {
  const { bookId } = await aBook();
  const { token } = customer;
  let orderId = "";
  if (path.includes("orders")) {
    await instance.send(token, "POST", "/api/cart/add", { bookId });
    if (path.includes("{orderId}"))
      orderId = (await instance.send(token, "POST", "/api/orders")).body.orderId;
  }
  const target = path.replace("{bookId}", bookId).replace("{orderId}", orderId);
  const price = { amount: 100, currency: "USD" };
  const bodies: Record<string, unknown> = {
    "POST /api/cart/add": { bookId },
    "PUT /api/cart/items/{bookId}": { quantity: 2 },
    "POST /api/admin/books": { title: "A book", authors: ["An Author"], price },
    "PATCH /api/admin/books/{bookId}": { price },
    "PATCH /api/admin/orders/{orderId}": { status: "paid" },
  };
  const body = bodies[`${method} ${path}`];
  return { target, ...(body !== undefined && { body }) };
}
