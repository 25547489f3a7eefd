import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import books from "../infra/local/sample-books.json" with { type: "json" };
import { type StoreProxy, storeProxy } from "./faults/store-proxy.ts";
import { aCustomer, inTheCart } from "./given.ts";
import { cartAndOrdersOf } from "./partition.ts";

const [book, other] = [books[0]?.bookId ?? "", books[1]?.bookId ?? ""];
const { AWS_ENDPOINT_URL_DYNAMODB: endpoint = "" } = inject("variables");

/** The tokens of all writes since a test began, in order, a retry under its own again. */
let writes: string[] = [];
let loseNextReply = false;
let proxy: StoreProxy;

beforeAll(async () => {
  proxy = await storeProxy(endpoint, {
    decide({ operation, input }) {
      if (operation !== "TransactWriteItems") return "none";
      writes.push(input.ClientRequestToken);
      const lose = loseNextReply;
      loseNextReply = false;
      return lose ? "drop-reply" : "none";
    },
  });
  // before any handler is loaded: on Lambda, too, this is how one learns where the table is
  // biome-ignore lint/style/noProcessEnv: it is theirs to read
  process.env.AWS_ENDPOINT_URL_DYNAMODB = proxy.url;
});
afterAll(() => proxy.close());
beforeEach(() => {
  loseNextReply = false;
});

describe("where the table's answer is lost after it has written", () => {
  test("a first add counts once", async () => {
    const ada = await aCustomer();
    const added = await losingTheReply(() => ada.post("/api/cart/add", { bookId: book, quantity: 2 }));
    expect(added).toMatchObject({ status: 200, body: { itemCount: 2, version: 1 } });
    expect(await cartAndOrdersOf(ada.sub)).toMatchObject({
      cart: { lines: { [book]: 2 }, version: 1 },
      orders: [],
    });
  });

  test("an add to an open cart counts once", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [{ bookId: book }]);
    const added = await losingTheReply(() => ada.post("/api/cart/add", { bookId: book, quantity: 2 }));
    expect(added).toMatchObject({ status: 200, body: { itemCount: 3, version: 2 } });
    expect(await cartAndOrdersOf(ada.sub)).toMatchObject({ cart: { lines: { [book]: 3 }, version: 2 } });
  });

  test("the first add after an order counts once, in a cart of its own", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [{ bookId: book }]);
    const { body: order } = await ada.post("/api/orders");
    const added = await losingTheReply(() => ada.post("/api/cart/add", { bookId: book, quantity: 2 }));
    expect(added).toMatchObject({ status: 200, body: { itemCount: 2, version: 3 } });
    expect(added.body.cartId).not.toBe(order.cartId);
    expect(await cartAndOrdersOf(ada.sub)).toMatchObject({
      cart: { cartId: added.body.cartId, lines: { [book]: 2 }, version: 3 },
      orders: [{ isk: order.orderId }],
    });
  });

  test("a quantity is set", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [{ bookId: book }, { bookId: other }]);
    const changed = await losingTheReply(() => ada.put(`/api/cart/items/${book}`, { quantity: 7 }));
    expect(changed).toMatchObject({ status: 200, body: { itemCount: 8, version: 3 } });
    expect(await cartAndOrdersOf(ada.sub)).toMatchObject({
      cart: { lines: { [book]: 7, [other]: 1 }, version: 3 },
    });
  });

  test("a line is removed", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [{ bookId: book }, { bookId: other }]);
    const changed = await losingTheReply(() => ada.delete(`/api/cart/items/${book}`));
    expect(changed).toMatchObject({ status: 200, body: { itemCount: 1, version: 3 } });
    expect((await cartAndOrdersOf(ada.sub)).cart).toMatchObject({ version: 3 });
    expect((await cartAndOrdersOf(ada.sub)).cart?.lines).toEqual({ [other]: 1 });
  });

  test("the cart is emptied", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [{ bookId: book }, { bookId: other }]);
    const changed = await losingTheReply(() => ada.delete("/api/cart"));
    expect(changed).toMatchObject({ status: 200, body: { itemCount: 0, version: 3 } });
    expect((await cartAndOrdersOf(ada.sub)).cart?.lines).toEqual({});
  });

  test("an order is placed once and answered 201", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [{ bookId: book, quantity: 2 }, { bookId: other }]);
    const placed = await losingTheReply(() => ada.post("/api/orders"));
    expect(placed).toMatchObject({ status: 201, body: { itemCount: 3, status: "pending" } });
    expect(placed.headers.get("idempotency-replayed")).toBeNull();
    expect((await ada.get("/api/orders")).body.items).toEqual([placed.body]);
    expect((await cartAndOrdersOf(ada.sub)).orders).toMatchObject([{ isk: placed.body.orderId }]);
    expect((await ada.get("/api/cart")).body).toMatchObject({ cartId: null, lines: [] });
  });
});

/** Sends a request whose first write is done and never heard of, and then repeated as the same write. */
async function losingTheReply<Answer>(send: () => Promise<Answer>): Promise<Answer> {
  writes = [];
  loseNextReply = true;
  const answer = await send();
  expect(writes).toHaveLength(2);
  expect(writes[0]).toBeTypeOf("string");
  expect(writes[1]).toBe(writes[0]);
  return answer;
}
