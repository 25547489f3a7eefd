import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, inject, test, vi } from "vitest";
import { type ShopClient, shopClient } from "../client/client.ts";
import { Session } from "../client/session.ts";
import { aBook, issueTokens } from "../given.ts";
import { call } from "../shop.ts";

/** As the tests of the other files send their requests. */
async function send(request: Request): Promise<Response> {
  const { method, url } = request;
  const { pathname, search } = new URL(url);
  const { status, headers, text } = await call({
    method,
    path: pathname + search,
    headers: Object.fromEntries(request.headers),
    body: (await request.text()) || undefined,
  });
  return new Response(text, { status, headers });
}

const sent: string[] = [];
const way = {
  baseUrl: "http://shop.example",
  fetch: (request: Request) => {
    sent.push(request.headers.get("authorization") ?? "");
    return send(request);
  },
};

let tokenUrl: string;
beforeAll(async () => {
  const { body } = await call({ method: "GET", path: "/openapi.json" });
  ({ tokenUrl } = body.components.securitySchemes.signIn.flows.authorizationCode);
});

const aSession = async () => new Session(tokenUrl, await issueTokens(`reader-${randomUUID()}@example.com`));

// An operator's sign-in gives no refresh token where the shop is deployed.
describe.skipIf(inject("deployed"))("a client that is generated from the description", () => {
  let anyone: ShopClient;
  let reader: ShopClient;
  let session: Session;

  beforeAll(async () => {
    session = await aSession();
    [anyone, reader] = [shopClient(null, way), shopClient(session, way)];
  });

  test("takes a reader from a book to an order, and to its cancel", async () => {
    const { bookId, title } = await aBook({ price: 700 });

    const seen = await anyone.GET("/api/books/{bookId}", { params: { path: { bookId } } });
    expect(seen.data?.title).toBe(title);
    const added = await reader.POST("/api/cart/add", { body: { bookId, quantity: 2 } });
    expect(added.data?.total).toEqual({ amount: 1400, currency: "USD" });
    const order = () =>
      reader.POST("/api/orders", {
        params: {
          header: {
            "Idempotency-Key": `order-of-${added.data?.cartId}`,
            "If-Match": added.response.headers.get("etag") ?? "",
          },
        },
        body: {},
      });
    const placed = await order();
    expect(placed.data?.lines.map((line) => line.bookId)).toEqual([bookId]);
    expect((await order()).data).toEqual(placed.data);
    const orderId = placed.data?.orderId ?? "";
    const history = await reader.GET("/api/orders", { params: { query: { limit: 1 } } });
    expect(history.data).toEqual({ items: [placed.data], nextCursor: null });
    const cancelled = await reader.POST("/api/orders/{orderId}/cancel", { params: { path: { orderId } } });
    expect(cancelled.data?.status).toBe("cancelled");
  });

  test("tells one refusal from another by its code", async () => {
    const { error } = await reader.POST("/api/orders", { body: {} });

    if (!error || !("code" in error) || error.code !== "cart-empty") return expect.unreachable();
    // only this refusal has it, and the compiler knows
    expect(error.latestOrderId).toMatch(/^[A-Z0-9]+$/);
  });

  test("renews its token ahead of its end, once for all who wait, and is the same reader", async () => {
    const first = await session.accessToken();
    expect(await session.accessToken()).toBe(first);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + (15 * 60 - 30) * 1000 });
    sent.length = 0;
    const before = await Promise.all([session.accessToken(), session.accessToken()]);
    vi.useRealTimers();

    expect(before[0]).not.toBe(first);
    expect(new Set(before).size).toBe(1);
    const { data } = await reader.GET("/api/orders");
    expect(sent).toEqual([`Bearer ${before[0]}`]);
    expect(data?.items).toHaveLength(1);
  });
});
