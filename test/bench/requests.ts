import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { routed } from "../../infra/local/event.ts";

type Sent = { token: string; method: string; path: string; body?: unknown };

/** What each function is usually asked, made ready for one invocation after another. */
export type Usual = { functionName: string; next(): Promise<APIGatewayProxyEventV2> };

/** Three adds, a look, an order and the history of one customer, and what staff look at, on the local system at `url`. */
export async function usualRequests(url: string): Promise<Usual[]> {
  const reader = await tokenOf(url, "reader@example.com");
  const staff = await tokenOf(url, "staff@example.com", "admins");
  const { items } = (await ask(url, { token: reader, method: "GET", path: "/api/books?limit=3" })) as {
    items: { bookId: string }[];
  };
  const ids = items.map(({ bookId }) => bookId);
  const [bookId] = ids;
  const get = (path: string, token = reader) => ({ token, method: "GET", path });
  const post = (path: string, body?: unknown) => ({ token: reader, method: "POST", path, body });
  const fill = async () => {
    for (const one of ids) await ask(url, post("/api/cart/add", { bookId: one }));
  };
  const order = async () => {
    await fill();
    return (await ask(url, post("/api/orders"))) as { orderId: string };
  };
  await order();
  await fill();

  const usual = (functionName: string, sent: Sent, prepare?: () => Promise<unknown>): Usual => ({
    functionName,
    next: async () => {
      await prepare?.();
      return eventOf(sent);
    },
  });
  return [
    usual("browse-books", get("/api/books")),
    usual("add-to-cart", post("/api/cart/add", { bookId }), () =>
      ask(url, { ...get(`/api/cart/items/${bookId}`), method: "PUT", body: { quantity: 1 } }),
    ),
    usual("view-cart", get("/api/cart")),
    usual("change-cart", {
      token: reader,
      method: "PUT",
      path: `/api/cart/items/${bookId}`,
      body: { quantity: 2 },
    }),
    usual("place-order", post("/api/orders"), fill),
    usual("order-history", get("/api/orders")),
    {
      functionName: "cancel-order",
      next: async () => eventOf(post(`/api/orders/${(await order()).orderId}/cancel`)),
    },
    usual("staff-books", get("/api/admin/books", staff)),
    usual("staff-orders", get("/api/admin/orders?status=pending", staff)),
  ];
}

/** A customer's add that its schema refuses: whoever asks is checked, and the table is not needed. */
export async function refusedAdd(url: string): Promise<APIGatewayProxyEventV2> {
  const token = await tokenOf(url, "reader@example.com");
  return eventOf({
    token,
    method: "POST",
    path: "/api/cart/add",
    body: { bookId: "moby-dick", quantity: 0 },
  });
}

function eventOf({ token, method, path, body }: Sent): APIGatewayProxyEventV2 {
  const text = body === undefined ? "" : JSON.stringify(body);
  const headers = {
    authorization: [`Bearer ${token}`],
    ...(text !== "" && { "content-type": ["application/json"] }),
  };
  const request = routed({ method, target: path, headers, body: Buffer.from(text) });
  if (!request) throw new Error(`${path} is no path`);
  return request.event;
}

/** One request that must succeed, and its answer. */
export async function ask(url: string, { token, method, path, body }: Sent): Promise<unknown> {
  const answer = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** An access token of the local user pool, as `npm run token` gets it. */
export async function tokenOf(url: string, email: string, group?: string): Promise<string> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "x-amz-target": "LocalUserPool.IssueTokens", "content-type": "application/x-amz-json-1.1" },
    body: JSON.stringify({ Username: email, ...(group && { Group: group }) }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}
