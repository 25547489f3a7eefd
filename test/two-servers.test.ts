import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import books from "../infra/local/sample-books.json" with { type: "json" };
import { aCustomer, type Person } from "./given.ts";
import { cartAndOrdersOf } from "./partition.ts";
import { held } from "./shop.ts";
import { type FunctionServer, startFunctionServer } from "./start-function-server.ts";

const customers = 5;
const atOnce = 50;

describe("two servers that share nothing but the table", { timeout: 120_000 }, () => {
  const variables = inject("variables");
  let servers: FunctionServer[] = [];

  beforeAll(async () => {
    servers = await Promise.all([startFunctionServer(variables), startFunctionServer(variables)]);
  }, 60_000);
  afterAll(async () => {
    for (const { stop } of servers) await stop();
  });

  test(`make one order of a cart that ${atOnce} requests order at the same time`, async () => {
    for (let customer = 0; customer < customers; customer++) {
      const ada = await aCustomer();
      await send(ada, 0, "/api/cart/add", { bookId: bookAt(0), quantity: 2 });
      await send(ada, 1, "/api/cart/add", { bookId: bookAt(1) });

      const answers = await atTheSameTime((at) => send(ada, at, "/api/orders"));

      const placed = answers.filter(({ status }) => status === 201);
      expect(placed).toHaveLength(1);
      const { orderId, cartId } = placed[0]?.body ?? {};
      for (const { status, body } of answers.filter((answer) => answer !== placed[0]))
        expect({ status, ...body }).toMatchObject({
          status: 409,
          code: "cart-empty",
          latestOrderId: orderId,
        });
      const { orders, cart } = await cartAndOrdersOf(ada.sub);
      expect(orders).toMatchObject([{ sk: `ORDER#${cartId}`, isk: orderId, lines: [{}, {}] }]);
      expect(cart).toMatchObject({ lines: {}, lastOrderId: orderId });
    }
  });

  test(`lose none of ${atOnce} copies that are added at the same time`, async () => {
    for (let customer = 0; customer < customers; customer++) {
      const ada = await aCustomer();
      const answers = await atTheSameTime((at) => send(ada, at, "/api/cart/add", { bookId: bookAt(0) }));

      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect((await cartAndOrdersOf(ada.sub)).cart).toMatchObject({
        lines: { [bookAt(0)]: atOnce },
        version: atOnce,
      });
    }
  });

  test(`lose none of ${atOnce} different books that are added at the same time`, async () => {
    for (let customer = 0; customer < customers; customer++) {
      const ada = await aCustomer();
      const answers = await atTheSameTime((at) => send(ada, at, "/api/cart/add", { bookId: bookAt(at) }));

      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      const { cart } = await cartAndOrdersOf(ada.sub);
      const all = Array.from({ length: atOnce }, (_, at) => [bookAt(at), 1]);
      expect(cart).toMatchObject({ lines: Object.fromEntries(all), version: atOnce });
    }
  });

  test("know what a key did at the other one", async () => {
    const ada = await aCustomer();
    await send(ada, 0, "/api/cart/add", { bookId: bookAt(0) });

    const answers = await atTheSameTime((at) => send(ada, at, "/api/orders", undefined, "one-key"));

    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(201);
    expect((await cartAndOrdersOf(ada.sub)).orders).toHaveLength(1);
  });

  /** Half of the requests to each server. */
  async function send({ token }: Person, at: number, path: string, body?: unknown, key?: string) {
    const answer = await fetch(`${servers[at % servers.length]?.url}${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        ...(key !== undefined && { "idempotency-key": key }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const { status, headers } = answer;
    return held({ method: "POST", target: path }, { status, headers, text: await answer.text() });
  }
});

const bookAt = (at: number): string => books[at]?.bookId ?? "";

const atTheSameTime = <Answer>(send: (at: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: atOnce }, (_, at) => send(at)));
