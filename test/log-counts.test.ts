import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { accessCounts, requestCounts } from "../infra/operations-stack.ts";
import { openTable } from "../shared/table/client.ts";
import { cartKey } from "../shared/table/keys.ts";
import { type Fault, type StoreProxy, storeProxy } from "./faults/store-proxy.ts";
import { aBook, aCustomer, type Person } from "./given.ts";
import { anInstance, type Instance, ordering } from "./instances.ts";

// The patterns by which CloudWatch counts, asked of the lines that functions really write.

let proxy: StoreProxy;
let decide: () => Fault = () => "none";
let instance: Instance;
let customer: Person;
let line: Record<string, unknown>;

beforeAll(async () => {
  proxy = await storeProxy(inject("variables").AWS_ENDPOINT_URL_DYNAMODB ?? "", { decide: () => decide() });
  instance = await anInstance(ordering, { AWS_ENDPOINT_URL_DYNAMODB: proxy.url });
  // nobody but the test of it meets a new environment
  customer = await aCustomer();
  await send("GET", "/api/cart");
  await send("POST", "/api/orders");
  await send("GET", "/api/orders");
});
afterAll(() => proxy.close());

beforeEach(async () => {
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    line = JSON.parse(String(text));
    return true;
  });
  customer = await aCustomer();
  await send("POST", "/api/cart/add", { bookId: (await aBook()).bookId });
  await send("POST", "/api/orders", {}, { "idempotency-key": "a-key" });
});
afterEach(() => {
  decide = () => "none";
  vi.restoreAllMocks();
});

const send = (method: string, path: string, body?: unknown, headers = {}, by = instance) =>
  by.send(customer.token, method, path, body, headers);

/** Does the line fit the pattern, as CloudWatch Logs reads it: conditions on members, all of which must hold? */
function fits(pattern: string, members: Record<string, unknown>): boolean {
  return pattern
    .slice(1, -1)
    .split("&&")
    .every((condition) => {
      const [, member = "", operator = "", wanted = ""] =
        /^ *\(?\$\.(\w+) (=|<|>|>=|IS) ("[^"]+"|\d+|TRUE)\)? *$/.exec(condition) ?? [];
      const value = members[member];
      if (operator === "IS") return value === true;
      const limit = JSON.parse(wanted);
      if (typeof value !== typeof limit) return false;
      if (operator === "=") return value === limit;
      return operator === "<"
        ? Number(value) < limit
        : Number(value) > limit || (operator === ">=" && value === limit);
    });
}

const counted = () =>
  Object.entries(requestCounts)
    .filter(([, pattern]) => fits(pattern, line))
    .map(([name]) => name);

describe("a request is counted as what it is:", () => {
  test("an order, once", async () => {
    expect(counted()).toEqual(["OrdersPlaced"]);

    await send("POST", "/api/orders", {}, { "idempotency-key": "a-key" });

    expect(line).toMatchObject({ route: "POST /api/orders", status: 201 });
    expect(counted()).toEqual([]);
  });

  test("a look, as nothing", async () => {
    await send("GET", "/api/orders");

    expect(counted()).toEqual([]);
  });

  test.each([
    ["an empty cart", 409, {}],
    ["a wrong body", 400, { color: "red" }],
  ])("%s, as refused", async (_, status, body) => {
    await send("POST", "/api/orders", body);

    expect(line).toMatchObject({ status });
    expect(counted()).toEqual(["Refused"]);
  });

  test("a store that always conflicts, as unavailable by conflicts", async () => {
    decide = () => "conflict";

    await send("GET", "/api/cart");

    expect(counted()).toEqual(["Unavailable", "ConflictsExhausted"]);
  });

  test("a store that is not there, as unavailable alone", async () => {
    decide = () => "drop-request";

    await send("GET", "/api/cart");

    expect(counted()).toEqual(["Unavailable"]);
  });

  test("an item that nobody can read, as a fault", async () => {
    const stranger = { ...cartKey(customer.sub), version: "not a number" };
    await openTable().write([{ Put: { Item: stranger } }]);

    await expect(send("GET", "/api/cart")).rejects.toThrow("met a bug");

    expect(counted()).toEqual(["Faults"]);
  });

  test("the first of an environment, as a cold start", async () => {
    const fresh = await anInstance(ordering);

    await send("GET", "/api/orders", undefined, {}, fresh);

    expect(counted()).toEqual(["ColdStarts"]);
  });
});

test("of the access log, a caller who was turned away, and nobody else", () => {
  // API Gateway fills each member of the format in as text
  for (const [status, throttled] of [
    ["429", true],
    ["403", false],
    ["200", false],
  ] as const)
    expect(fits(accessCounts.Throttled, { status })).toBe(throttled);
});
