import { expect } from "vitest";
import type { Account, OwnShop } from "../own-shop.ts";
import type { Reply } from "../shop.ts";

export const people = {
  ada: { sub: "0a0a0a0a-0000-4000-8000-000000000001", group: "customers" },
  bob: { sub: "0b0b0b0b-0000-4000-8000-000000000002", group: "customers" },
  carol: { sub: "0c0c0c0c-0000-4000-8000-000000000003", group: "customers" },
  dora: { sub: "0d0d0d0d-0000-4000-8000-000000000004", group: "customers" },
  boss: { sub: "0e0e0e0e-0000-4000-8000-000000000005", group: "admins" },
} as const satisfies Record<string, Account>;

export type Asked = {
  who: keyof typeof people;
  method: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
};

/** An answer, and the request that may be repeated at any time: a look, or a request whose key has been used. */
export type Answered = Asked & { answer: { status: number; headers: Record<string, string>; text: string } };

const told = ["etag", "location", "idempotency-replayed"];

export const answerOf = ({ status, headers, text }: Reply): Answered["answer"] => ({
  status,
  headers: Object.fromEntries(
    told.flatMap((name) => [[name, headers.get(name)]].filter(([, value]) => value)),
  ),
  text,
});

export const ask = (shop: OwnShop, { who, method, path, body, headers }: Asked) =>
  shop.send(people[who], method, path, body, headers);

/** Leaves every kind of item in every form that there is, and gives back what a repeat of each question must answer. */
export async function journey(shop: OwnShop): Promise<Answered[]> {
  const does = async (who: Asked["who"], method: string, path: string, body?: unknown, key?: string) => {
    const headers = key === undefined ? {} : { "idempotency-key": key };
    const reply = await ask(shop, { who, method, path, body, headers });
    expect(reply.status, `${method} ${path} ${reply.text}`).toBeLessThan(300);
    return reply.body;
  };
  const form = (title: string, more: object = {}) => ({
    title,
    authors: ["Jane Doe", "Émile Ajar"],
    price: { amount: 1250, currency: "USD" },
    ...more,
  });
  const counted = form("Émile, ou De l’éducation", { isbn: "978-2-07-036861-1", stock: 50 });
  const { bookId } = await does("boss", "POST", "/api/admin/books", counted, "create");
  const plain = (await does("boss", "POST", "/api/admin/books", form("Plain"))).bookId;
  await does("boss", "POST", "/api/admin/books", form("Withdrawn", { active: false }));
  const repriced = { price: { amount: 990, currency: "USD" } };
  await does("boss", "PATCH", `/api/admin/books/${plain}`, repriced, "reprice");

  const orders: string[] = [];
  const order = async (who: Asked["who"], body?: unknown, key?: string): Promise<string> => {
    await does(who, "POST", "/api/cart/add", { bookId, quantity: 2 });
    await does(who, "POST", "/api/cart/add", { bookId: plain });
    const { orderId } = await does(who, "POST", "/api/orders", body, key);
    return orderId;
  };
  const move = (orderId: string | undefined, status: string) =>
    does("boss", "PATCH", `/api/admin/orders/${orderId}`, { status });
  const shippingAddress = {
    name: "Ada",
    lines: ["1 High Street", "Back door"],
    city: "Ely",
    region: "Cambs",
    postalCode: "CB7",
    country: "GB",
  };
  orders.push(await order("ada", { shippingAddress }, "order"));
  for (let more = 0; more < 4; more++) orders.push(await order("ada"));
  await does("ada", "POST", `/api/orders/${orders[1]}/cancel`);
  for (const [at, steps] of [
    [],
    [],
    ["paid"],
    ["paid", "shipped"],
    ["paid", "shipped", "delivered"],
  ].entries())
    for (const status of steps) await move(orders[at], status);
  await does("ada", "POST", "/api/cart/add", { bookId, quantity: 3 }, "add");
  await does("ada", "POST", "/api/cart/add", { bookId: plain });
  await order("bob");
  await does("dora", "POST", "/api/cart/add", { bookId });
  await does("dora", "DELETE", "/api/cart");
  await asksForWay(shop, bookId);

  const answers: Answered[] = [];
  const look = async (who: Asked["who"], path: string, repeated?: Partial<Asked>) => {
    const asked = { who, method: "GET", path, ...repeated };
    const reply = await ask(shop, asked);
    expect(reply.status, `${path} ${reply.text}`).toBeLessThan(300);
    answers.push({ ...asked, answer: answerOf(reply) });
    return reply.body;
  };
  const repeat = (who: Asked["who"], method: string, path: string, body: unknown, key: string) =>
    look(who, path, { method, body, headers: { "idempotency-key": key } });
  for (const who of ["ada", "bob", "carol", "dora"] as const) await look(who, "/api/cart");
  for (const orderId of orders) await look("ada", `/api/orders/${orderId}`);
  await look("boss", `/api/admin/orders/${orders[0]}`);
  for (const id of [bookId, plain]) await look("boss", `/api/admin/books/${id}`);
  for (const [who, list] of [
    ["ada", "/api/orders?limit=2"],
    ["boss", "/api/admin/orders?limit=2"],
    ["boss", "/api/admin/orders?status=pending&order=oldest&limit=1"],
    ["ada", "/api/books?limit=1"],
    ["boss", "/api/admin/books?limit=1"],
  ] as const) {
    const { nextCursor } = await look(who, list);
    await look(who, `${list}&cursor=${nextCursor}`);
  }
  for (const status of ["paid", "shipped", "delivered", "cancelled"])
    await look("boss", `/api/admin/orders?status=${status}`);
  await look("boss", "/api/admin/books?active=false");
  await repeat("boss", "POST", "/api/admin/books", counted, "create");
  await repeat("boss", "PATCH", `/api/admin/books/${plain}`, repriced, "reprice");
  await repeat("ada", "POST", "/api/orders", { shippingAddress }, "order");
  await repeat("ada", "POST", "/api/cart/add", { bookId, quantity: 3 }, "add");
  return answers;
}

/** An order that is overtaken, asks for its way, and then is never let through: its request stays in the cart. */
async function asksForWay(shop: OwnShop, bookId: string): Promise<void> {
  const add = () => ask(shop, { who: "carol", method: "POST", path: "/api/cart/add", body: { bookId } });
  await add();
  let overtaken: "not yet" | "now" | "once" = "not yet";
  const { status } = await shop.meeting(
    async ({ input }) => {
      if (!JSON.stringify(input).includes("lastOrderId = :orderId") || overtaken === "now") return "none";
      if (overtaken === "once") return "conflict";
      overtaken = "now";
      await add();
      overtaken = "once";
      return "none";
    },
    () => ask(shop, { who: "carol", method: "POST", path: "/api/orders" }),
  );
  expect(status).toBe(503);
}
