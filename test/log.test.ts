import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { type Fault, type StoreProxy, storeProxy } from "./faults/store-proxy.ts";
import { aBook, aCustomer, anAdmin, type Person } from "./given.ts";
import { anInstance, type Instance, ordering } from "./instances.ts";

// Planted where a request carries something of the customer's: none of it may reach the log.
const canary = "canary-7f3a";
const address = {
  name: canary,
  lines: [canary],
  city: canary,
  region: canary,
  postalCode: canary,
  country: "GB",
};

let proxy: StoreProxy;
let decide: () => Fault = () => "none";
let instance: Instance;
let ada: Person;
let admin: Person;
let lines: string[];

const anotherInstance = () =>
  anInstance([...ordering, "staff-orders"], { AWS_ENDPOINT_URL_DYNAMODB: proxy.url });

beforeAll(async () => {
  proxy = await storeProxy(inject("variables").AWS_ENDPOINT_URL_DYNAMODB ?? "", { decide: () => decide() });
  instance = await anotherInstance();
  [ada, admin] = [await aCustomer(), await anAdmin()];
});
afterAll(() => proxy.close());

beforeEach(() => {
  lines = [];
  vi.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(String(line)) > 0);
  for (const level of ["log", "error", "warn", "info"] as const)
    vi.spyOn(console, level).mockImplementation((...said) => void lines.push(said.map(String).join(" ")));
});
afterEach(() => {
  decide = () => "none";
  vi.restoreAllMocks();
});

/** Sends a request, and gives its one line besides its answer. */
async function send(
  who: Person,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  by = instance,
) {
  lines = [];
  const answer = await by.send(who.token, method, path, body, headers);
  expect(lines).toHaveLength(1);
  const [text = ""] = lines;
  return { ...answer, line: JSON.parse(text), logged: text };
}
const fill = async (who: Person) =>
  send(who, "POST", "/api/cart/add", { bookId: (await aBook()).bookId }).then(({ body }) => body.cartId);

test("an order with an address and a key leaves one line, with nothing of them in it", async () => {
  await fill(ada);
  const headers = { "idempotency-key": canary };
  const fresh = await anotherInstance();

  const placed = await send(ada, "POST", "/api/orders", { shippingAddress: address }, headers, fresh);

  expect(placed.status).toBe(201);
  expect(placed.logged).toMatch(/^[^\n]+\n$/);
  expect(placed.line).toEqual({
    requestId: placed.headers.get("x-request-id"),
    route: "POST /api/orders",
    sub: ada.sub,
    status: 201,
    ms: expect.any(Number),
    order: placed.body.orderId,
    calls: 3,
    conflicts: 0,
    read: 3,
    write: 7,
    cold: true,
  });
  for (const secret of [canary, ada.token, ada.email]) expect(placed.logged).not.toContain(secret);
});

test.each([
  ["a body that is refused", { shippingAddress: { ...address, [canary]: canary } }, {}],
  ["a header that is refused", {}, { "if-match": canary }],
  ["a key that is refused", {}, { "idempotency-key": `${canary} with a space` }],
])("%s leaves one line, with nothing of it in it", async (_, body, headers) => {
  const { status, text, logged, line } = await send(ada, "POST", "/api/orders", body, headers);

  expect(status).toBe(400);
  expect(line).toMatchObject({ sub: ada.sub, status: 400, code: expect.stringMatching(/^invalid-/) });
  for (const where of [logged, text]) expect(where).not.toContain(canary);
});

test("the first request of an environment, and no other, says that it was", async () => {
  const fresh = await anotherInstance();

  const [first, second] = [
    await send(ada, "GET", "/api/cart", undefined, {}, fresh),
    await send(ada, "GET", "/api/cart", undefined, {}, fresh),
  ];

  expect(first.line.cold).toBe(true);
  expect(second.line).not.toHaveProperty("cold");
});

type Request = [method: string, path: string, body?: unknown, headers?: Record<string, string>];

describe("an order's id finds", () => {
  let customer: Person;
  let cartId: string;
  let orderId: string;
  beforeEach(async () => {
    customer = await aCustomer();
    cartId = await fill(customer);
    orderId = (await send(customer, "POST", "/api/orders", undefined, { "idempotency-key": "a-key" })).body
      .orderId;
  });

  test.each<[string, number, () => Request]>([
    ["its replay", 201, () => ["POST", "/api/orders", undefined, { "idempotency-key": "a-key" }]],
    ["a second try", 409, () => ["POST", "/api/orders", { cartId }]],
    ["a look at it", 200, () => ["GET", `/api/orders/${orderId}`]],
    ["its cancel", 200, () => ["POST", `/api/orders/${orderId}/cancel`]],
  ])("%s", async (_, status, request) => {
    const answer = await send(customer, ...request());

    expect([answer.status, answer.line.order]).toEqual([status, orderId]);
  });

  test.each<[string, number, () => Request]>([
    ["a look of staff", 200, () => ["GET", `/api/admin/orders/${orderId}`]],
    ["its move", 200, () => ["PATCH", `/api/admin/orders/${orderId}`, { status: "paid" }]],
    ["a refused move", 409, () => ["PATCH", `/api/admin/orders/${orderId}`, { status: "shipped" }]],
  ])("%s", async (_, status, request) => {
    const answer = await send(admin, ...request());

    expect([answer.status, answer.line.order]).toEqual([status, orderId]);
  });

  test("nobody who asked for another's, or for none that there is", async () => {
    for (const path of [orderId, orderId.toLowerCase(), canary])
      for (const [method, end] of [
        ["GET", ""],
        ["POST", "/cancel"],
      ] as const) {
        const answer = await send(ada, method, `/api/orders/${path}${end}`);

        expect(answer.status).toBe(404);
        expect(answer.line).not.toHaveProperty("order");
        expect(answer.logged).not.toContain(canary);
      }
  });
});

test("conflicts and throttles that were met are counted, and a lost answer is none", async () => {
  const customer = await aCustomer();
  const { bookId } = await aBook();
  const faults: Fault[] = ["throttle", "none", "conflict", "conflict", "drop-reply"];
  decide = () => faults.shift() ?? "none";

  const { status, line } = await send(customer, "POST", "/api/cart/add", { bookId });

  expect(status).toBe(200);
  expect(line).toMatchObject({ conflicts: 3, calls: 6 });
});

test("the longest line that there can be has at most 350 bytes", async () => {
  const customer = await aCustomer();
  await fill(customer);
  const { orderId } = (await send(customer, "POST", "/api/orders")).body;
  const fresh = await anotherInstance();
  let calls = 0;
  decide = () => (calls++ === 0 ? "none" : "conflict");

  const path = `/api/orders/${orderId}/cancel`;
  const { status, line, logged } = await send(customer, "POST", path, undefined, {}, fresh);

  expect(status).toBe(503);
  expect(line).toMatchObject({ order: orderId, conflicts: 15, calls: 16, cold: true });
  expect(Buffer.byteLength(logged)).toBeLessThanOrEqual(350);
});
