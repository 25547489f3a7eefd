import { beforeAll, describe, expect, test } from "vitest";
import { aBook, aCustomer } from "./given.ts";
import { anInstance, type Instance, ordering } from "./instances.ts";

const minute = 60_000;
const hour = 60 * minute;

describe("an Idempotency-Key, long after", () => {
  let now: Instance;
  let bookId: string;
  beforeAll(async () => {
    now = await anInstance(ordering);
    ({ bookId } = await aBook());
  });

  test.each([
    ["11 minutes", 11 * minute],
    ["23 hours", 23 * hour],
  ])("gives the first answer after %s, in another process", async (_, later) => {
    const { token } = await aCustomer();
    const key = { "idempotency-key": "order-1" };
    await now.send(token, "POST", "/api/cart/add", { bookId });
    const first = await now.send(token, "POST", "/api/orders", undefined, key);
    const then = await anInstance(ordering, {}, later);
    await then.send(token, "POST", "/api/cart/add", { bookId, quantity: 2 });

    const again = await then.send(token, "POST", "/api/orders", undefined, key);

    expect(again).toMatchObject({ status: 201, text: first.text });
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect((await then.send(token, "GET", "/api/cart")).body.itemCount).toBe(2);
    expect(await then.send(token, "POST", "/api/orders", { shippingAddress: anAddress }, key)).toMatchObject({
      status: 422,
      body: { code: "idempotency-key-reused" },
    });
  });

  test("is forgotten after 25 hours, though its record is still in the table", async () => {
    const { token } = await aCustomer();
    const key = { "idempotency-key": "add-1" };
    await now.send(token, "POST", "/api/cart/add", { bookId, quantity: 2 }, key);
    const tomorrow = await anInstance(ordering, {}, 25 * hour);

    const other = await tomorrow.send(token, "POST", "/api/cart/add", { bookId, quantity: 3 }, key);
    const again = await tomorrow.send(token, "POST", "/api/cart/add", { bookId, quantity: 3 }, key);

    expect(other).toMatchObject({ status: 200, body: { itemCount: 5 } });
    expect(other.headers.get("idempotency-replayed")).toBeNull();
    expect(again).toMatchObject({ status: 200, body: { itemCount: 5 } });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  test("means nothing in another customer's hands", async () => {
    const [ada, bob] = [await aCustomer(), await aCustomer()];
    const key = { "idempotency-key": "the-same" };
    await now.send(ada.token, "POST", "/api/cart/add", { bookId, quantity: 2 }, key);

    const answer = await now.send(bob.token, "POST", "/api/cart/add", { bookId, quantity: 7 }, key);

    expect(answer).toMatchObject({ status: 200, body: { itemCount: 7 } });
    expect(answer.headers.get("idempotency-replayed")).toBeNull();
  });
});

const anAddress = { name: "Ada", lines: ["1 Main Street"], city: "London", country: "GB" };
