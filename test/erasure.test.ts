import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from "vitest";
import { bookItem } from "../shared/table/books.ts";
import { issueTokens } from "./given.ts";
import { type Account, type OwnShop, ownShop } from "./own-shop.ts";
import { bookAt, pastOrders } from "./plenty.ts";
import { serve } from "./signing-keys.ts";

// What stays in the table of somebody who was erased, by reading every item.

const shippingAddress = { name: "Ada Lovelace", lines: ["12 Erase Road"], city: "Nowhere", country: "GB" };
const book = bookAt(0);
const tracked = { ...bookAt(1), stock: 9 };
let shop: OwnShop;
beforeAll(async () => {
  shop = await ownShop(`erasure-${randomUUID()}`);
  await shop.put([book, tracked].map(bookItem));
});
afterAll(() => shop.close());

const aReader = (): Account => ({ sub: randomUUID(), group: "customers" });
const erase = (who: Account) => shop.send(who, "DELETE", "/api/me");
const add = (who: Account, key?: string) =>
  shop.send(who, "POST", "/api/cart/add", { bookId: book.bookId }, key ? { "idempotency-key": key } : {});
const order = (who: Account) => shop.send(who, "POST", "/api/orders", { shippingAddress });
const itemsOf = async ({ sub }: Account) =>
  (await shop.items()).filter((item) => JSON.stringify(item).includes(sub));

test("orders alone hold the customer's id, and for a day the marker; nothing holds an address", async () => {
  const ada = aReader();
  await add(ada, "one");
  await order(ada);
  await add(ada, "two");

  expect((await erase(ada)).status).toBe(204);

  const left = await itemsOf(ada);
  expect(left.map(({ sk }) => String(sk).split("#")[0]).sort()).toEqual(["CART", "ORDER"]);
  const marker = left.find(({ sk }) => sk === "CART");
  expect(Object.keys(marker ?? {}).sort()).toEqual(
    ["pk", "sk", "schema", "version", "lines", "erasedAt", "erasedThrough", "expiresAt"].sort(),
  );
  expect(marker?.lines).toEqual({});
  expect(Number(marker?.expiresAt) - Date.now() / 1000).toBeGreaterThan(15 * 60);
  const everything = JSON.stringify(await shop.items());
  for (const word of [...Object.values(shippingAddress).flat().slice(0, 3)])
    expect(everything).not.toContain(word);
});

test("the account is gone from the pool, and its address free", async () => {
  const email = `erased-${randomUUID()}@example.com`;
  const first = await issueTokens(email);
  const [url, send] = [inject("url"), (token: string) => ({ authorization: `Bearer ${token}` })];
  const erased = await fetch(`${url}/api/me`, { method: "DELETE", headers: send(first.access_token) });
  const subOf = (token: string) => JSON.parse(atob(token.split(".")[1] ?? "")).sub;

  expect(erased.status).toBe(204);
  // who signs up again is somebody else
  expect(subOf((await issueTokens(email)).access_token)).not.toBe(subOf(first.access_token));
});

test.each<[string, (who: Account) => Promise<{ status: number }>]>([
  ["an add", (who) => add(who)],
  ["an add with a key", (who) => add(who, "late")],
  ["a quantity", (who) => shop.send(who, "PUT", `/api/cart/items/${book.bookId}`, { quantity: 4 })],
  ["a removal", (who) => shop.send(who, "DELETE", `/api/cart/items/${book.bookId}`)],
  ["an emptying", (who) => shop.send(who, "DELETE", "/api/cart")],
  ["an order", order],
])("%s that has read its cart before the erasure writes nothing after it", async (_, change) => {
  for (const before of [async () => {}, add]) {
    const ada = aReader();
    await before(ada);
    let erased = false;
    const answer = await shop.meeting(
      async ({ operation }) => {
        if (operation === "TransactWriteItems" && !erased) {
          erased = true;
          expect((await erase(ada)).status).toBe(204);
        }
        return "none" as const;
      },
      () => change(ada),
    );

    // where there was nothing to change, nothing was
    if (!erased) continue;
    expect(answer.status).toBe(403);
    expect((await itemsOf(ada)).map(({ sk }) => sk)).toEqual(["CART"]);
  }
});

test("a cancel that has read its order before the erasure changes nothing after it", async () => {
  const ada = aReader();
  await shop.send(ada, "POST", "/api/cart/add", { bookId: tracked.bookId });
  const { orderId } = (await order(ada)).body;
  let erased = false;

  const answer = await shop.meeting(
    async ({ operation }) => {
      if (operation === "TransactWriteItems" && !erased) {
        erased = true;
        await erase(ada);
      }
      return "none" as const;
    },
    () => shop.send(ada, "POST", `/api/orders/${orderId}/cancel`),
  );

  expect(answer).toMatchObject({ status: 403, body: { code: "forbidden" } });
  expect((await shop.send(ada, "GET", `/api/orders/${orderId}`)).body.status).toBe("pending");
});

test("orders as large as they can be lose their addresses in writes below the 4 MB that one may have", async () => {
  const ada = aReader();
  const orders = pastOrders(ada.sub, 70, [{ ...book, title: "😀".repeat(300) }]).map((item) => ({
    ...item,
    lines: Array(50).fill((item.lines as unknown[])[0]),
    shippingAddress,
  }));
  await shop.put(orders);
  const bytes = Buffer.byteLength(JSON.stringify(orders[0]));
  const written: number[] = [];

  const answer = await shop.meeting(
    ({ operation, input }) => {
      if (operation === "TransactWriteItems") written.push(input.TransactItems.length * bytes);
      return "none" as const;
    },
    () => erase(ada),
  );

  expect(answer.status).toBe(204);
  expect(orders.length * bytes).toBeGreaterThan(4 * 1024 * 1024);
  expect(Math.max(...written)).toBeLessThan(4 * 1024 * 1024);
});

test("5,000 orders lose their addresses by asking again, and each time it goes on where it was", {
  timeout: 120_000,
}, async () => {
  const ada = aReader();
  await shop.put(pastOrders(ada.sub, 5000, [book]).map((item) => ({ ...item, shippingAddress })));
  const statuses: number[] = [];
  const markerGoes = async () => {
    const marker = (await shop.items()).find(({ pk, sk }) => pk === `CUSTOMER#${ada.sub}` && sk === "CART");
    return marker?.expiresAt !== undefined;
  };
  while (statuses.at(-1) !== 204 && statuses.length < 20) {
    statuses.push((await erase(ada)).status);
    // while anything is left to erase, nothing of theirs may be written, however long that takes
    expect(await markerGoes()).toBe(statuses.at(-1) === 204);
  }

  expect(statuses.at(-1)).toBe(204);
  expect(new Set(statuses.slice(0, -1))).toEqual(new Set([503]));
  expect(statuses.length).toBeLessThanOrEqual(10);
  let [cursor, orders]: [string | null, number] = ["", 0];
  while (cursor !== null) {
    const { body } = await shop.send(ada, "GET", `/api/orders?limit=50${cursor && `&cursor=${cursor}`}`);
    for (const { shippingAddress } of body.items) expect(shippingAddress).toBeNull();
    orders += body.items.length;
    cursor = body.nextCursor;
  }
  expect(orders).toBe(5000);
});

test("the marker stays where the pool does not let the account go, which can sign in again", async () => {
  let refusal = { status: 500, __type: "InternalErrorException" };
  const pool = await serve((_, outgoing) => {
    const { status, ...problem } = refusal;
    outgoing.writeHead(status).end(JSON.stringify(problem));
  });
  const own = await ownShop(`account-${randomUUID()}`);
  // where the SDK finds it at the first call
  vi.stubEnv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", pool.url);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await own.close();
    pool.close();
  });
  const ada = aReader();
  const markerAfter = async (status: number) => {
    expect((await own.send(ada, "DELETE", "/api/me")).status).toBe(status);
    return (await own.items())[0];
  };

  const kept = await markerAfter(503);
  expect(kept).toHaveProperty("erasedAt");
  expect(kept).not.toHaveProperty("expiresAt");
  refusal = { status: 400, __type: "UserNotFoundException" };
  expect(await markerAfter(204)).toHaveProperty("expiresAt");
});
