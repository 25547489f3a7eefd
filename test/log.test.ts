import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { aBook, aCustomer, type Person } from "./given.ts";
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

let instance: Instance;
let ada: Person;
let lines: string[];

beforeAll(async () => {
  instance = await anInstance(ordering);
  ada = await aCustomer();
  await instance.send(ada.token, "POST", "/api/cart/add", { bookId: (await aBook()).bookId });
});
afterEach(() => vi.restoreAllMocks());

async function send(path: string, body: unknown, headers: Record<string, string> = {}) {
  lines = [];
  for (const level of ["log", "error", "warn", "info"] as const)
    vi.spyOn(console, level).mockImplementation((...said) => void lines.push(said.map(String).join(" ")));
  return instance.send(ada.token, "POST", path, body, headers);
}

test("an order with an address and a key leaves one line, with nothing of them in it", async () => {
  const { status } = await send("/api/orders", { shippingAddress: address }, { "idempotency-key": canary });

  expect(status).toBe(201);
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ route: "POST /api/orders", sub: ada.sub, status: 201 });
  for (const secret of [canary, ada.token, ada.email]) expect(lines.join()).not.toContain(secret);
});

test.each([
  ["a body that is refused", { shippingAddress: { ...address, [canary]: canary } }, {}],
  ["a header that is refused", {}, { "if-match": canary }],
  ["a key that is refused", {}, { "idempotency-key": `${canary} with a space` }],
])("%s leaves one line, with nothing of it in it", async (_, body, headers) => {
  const { status, text } = await send("/api/orders", body, headers);

  expect(status).toBe(400);
  expect(lines).toHaveLength(1);
  for (const where of [lines.join(), text]) expect(where).not.toContain(canary);
});
