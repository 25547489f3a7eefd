import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { command } from "../local/command-line.ts";
import { type Deployed, deployed } from "./deployed.ts";
import { throwAwayAccounts } from "./throw-away-accounts.ts";

// `npm run smoke -- --env NAME`: places and cancels one order in a deployed environment.

const patienceMs = 10_000;

type Book = { bookId: string; title: string; stock: number | null };
type Order = { orderId: string; status: string };

await command(async () => {
  const { values } = parseArgs({ options: { env: { type: "string" } } });
  const where = await deployed(values.env);
  // biome-ignore lint/style/noProcessEnv: a customer's access token, where operators may not sign one in
  const { BOOKSHOP_TOKEN } = process.env;
  if (!BOOKSHOP_TOKEN && !where.environment.operatorSignIn)
    throw new Error(
      `Put a customer's access token into BOOKSHOP_TOKEN: operators may not sign in to ${values.env}.`,
    );
  const accounts = throwAwayAccounts(where);
  console.log(`${where.environment.name} in ${where.region}, ${where.apiUrl}`);
  try {
    const token =
      BOOKSHOP_TOKEN ||
      (await step("a customer signs in", () =>
        accounts.signIn(`smoke-${randomUUID()}@example.com`, ["customers"]),
      ));
    await orderAndCancel(where, token);
  } finally {
    if (!BOOKSHOP_TOKEN) await step("the account is deleted", accounts.remove);
  }
});

async function orderAndCancel({ apiUrl }: Deployed, token: string): Promise<void> {
  const ask = async <Body>(method: string, path: string, body?: unknown, headers = {}): Promise<Body> => {
    const answer = await fetch(apiUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(patienceMs),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
    return JSON.parse(text);
  };

  await step("the cart is empty", async () => {
    const { itemCount } = await ask<{ itemCount: number }>("GET", "/api/cart");
    if (itemCount > 0) throw new Error("This customer has a cart, which would be ordered: take another one.");
  });
  const book = await step("the catalogue has a book to sell", async () => {
    const { items } = await ask<{ items: Book[] }>("GET", "/api/books?limit=50");
    for (const { bookId } of items) {
      const found = await ask<Book>("GET", `/api/books/${bookId}`);
      if (found.stock !== 0) return found;
    }
    throw new Error(
      items.length === 0 ? "The catalogue has no book." : "No book of the catalogue is in stock.",
    );
  });
  await step(`"${book.title}" goes into the cart`, () =>
    ask("POST", "/api/cart/add", { bookId: book.bookId }, { "idempotency-key": randomUUID() }),
  );
  const { orderId } = await step("it is ordered", () =>
    ask<Order>("POST", "/api/orders", undefined, { "idempotency-key": randomUUID() }),
  );
  await step("the order is in the history", async () => {
    const { items } = await ask<{ items: Order[] }>("GET", "/api/orders");
    if (items[0]?.orderId !== orderId) throw new Error(`${orderId} is not the newest order of the history.`);
  });
  await step("it is cancelled", async () => {
    const { status } = await ask<Order>("POST", `/api/orders/${orderId}/cancel`);
    if (status !== "cancelled") throw new Error(`${orderId} is ${status} after its cancel.`);
  });
}

async function step<Result>(what: string, run: () => Promise<Result>): Promise<Result> {
  const began = Date.now();
  const result = await run();
  console.log(`  ${what.padEnd(60)} ${String(Date.now() - began).padStart(6)} ms`);
  return result;
}
