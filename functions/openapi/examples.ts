import type { FunctionName, RouteKeysOf } from "../routes.ts";

/** A request and its answer, as the sample catalogue gives it. */
export type Example = {
  path?: Record<string, string>;
  query?: Record<string, string | number>;
  headers?: Record<string, string>;
  body?: unknown;
  answer?: unknown;
};

const cartId = "01KKNTASEJ6Q2RZ9TBWX4MHKDA";
const orderId = "01KKNTQ2CN01KKNTASEJ6Q2RZ9TBWX4MHKDA5KY74X4QJ79849RRBX43MF99DP";
const bookId = "7Q2JX0W9B4TNRF5H";
const customerId = "b3f1c9d2-5e47-4a08-9c61-7d20e8f4a5b6";
const staffId = "0c8e5a71-94d3-4f6b-8a1e-2b7f60d9c354";
const added = "2026-03-14T09:20:11.218Z";
const placed = "2026-03-14T09:26:53.589Z";
const later = "2026-03-14T10:02:30.140Z";

const dollars = (amount: number) => ({ amount, currency: "USD" });

const listedMobyDick = {
  bookId: "moby-dick",
  title: "Moby-Dick; or, The Whale",
  authors: ["Herman Melville"],
  isbn: null,
  price: dollars(1299),
  active: true,
};
const line = {
  bookId: "moby-dick",
  title: "Moby-Dick; or, The Whale",
  quantity: 2,
  unitPrice: dollars(1299),
  lineTotal: dollars(2598),
};
const cart = {
  cartId,
  version: 1,
  lines: [{ ...line, available: true }],
  itemCount: 2,
  total: dollars(2598),
  createdAt: added,
  updatedAt: added,
};
const shippingAddress = {
  name: "Ada Lovelace",
  lines: ["12 St James's Square"],
  city: "London",
  country: "GB",
};
const order = {
  orderId,
  cartId,
  status: "pending",
  lines: [line],
  itemCount: 2,
  total: dollars(2598),
  shippingAddress,
  placedAt: placed,
  history: [{ status: "pending", at: placed, by: "customer" }],
};
const staffOrder = {
  ...order,
  customerId,
  history: [{ status: "pending", at: placed, by: "customer", who: customerId }],
};
const form = {
  title: "The Voyage Out",
  authors: ["Virginia Woolf"],
  isbn: "978-0141185637",
  price: dollars(1150),
  stock: 12,
};
const book = { bookId, ...form, active: true };

export const examples: Record<RouteKeysOf<FunctionName>, Example> = {
  "GET /openapi.json": {},
  "GET /docs": {},
  "GET /docs/{file}": { path: { file: "page.js" } },
  "GET /api/books": {
    query: { title: "moby", limit: 20 },
    answer: { items: [listedMobyDick], nextCursor: null },
  },
  "GET /api/books/{bookId}": { path: { bookId: "moby-dick" }, answer: { ...listedMobyDick, stock: null } },
  "POST /api/cart/add": {
    headers: { "Idempotency-Key": "add-5d0b1c" },
    body: { bookId: "moby-dick", quantity: 2 },
    answer: cart,
  },
  "GET /api/cart": { answer: cart },
  "PUT /api/cart/items/{bookId}": {
    path: { bookId: "moby-dick" },
    body: { quantity: 3 },
    answer: {
      ...cart,
      version: 2,
      lines: [{ ...line, quantity: 3, lineTotal: dollars(3897), available: true }],
      itemCount: 3,
      total: dollars(3897),
      updatedAt: later,
    },
  },
  "DELETE /api/cart/items/{bookId}": {
    path: { bookId: "moby-dick" },
    answer: { ...cart, version: 2, lines: [], itemCount: 0, total: dollars(0), updatedAt: later },
  },
  "DELETE /api/cart": {
    answer: { ...cart, version: 2, lines: [], itemCount: 0, total: dollars(0), updatedAt: later },
  },
  "POST /api/orders": {
    headers: { "Idempotency-Key": "order-81f3a7", "If-Match": `"1.${cartId}.moby-dick:2:1299:1"` },
    body: { shippingAddress },
    answer: order,
  },
  "GET /api/orders": { query: { limit: 20 }, answer: { items: [order], nextCursor: null } },
  "GET /api/orders/{orderId}": { path: { orderId }, answer: order },
  "POST /api/orders/{orderId}/cancel": {
    path: { orderId },
    answer: {
      ...order,
      status: "cancelled",
      history: [...order.history, { status: "cancelled", at: later, by: "customer" }],
    },
  },
  "GET /api/me/export": {
    answer: {
      account: {
        sub: customerId,
        email: "reader@example.com",
        groups: ["customers"],
        createdAt: "2026-03-01T08:00:00.000Z",
      },
      cart: {
        cartId: null,
        version: 2,
        lines: [],
        itemCount: 0,
        total: dollars(0),
        createdAt: null,
        updatedAt: null,
      },
      orders: { items: [order], nextCursor: null },
    },
  },
  "DELETE /api/me": {},
  "POST /api/admin/books": { headers: { "Idempotency-Key": "book-3c9e20" }, body: form, answer: book },
  "GET /api/admin/books": {
    query: { title: "moby", active: "true" },
    answer: { items: [{ ...listedMobyDick, stock: null }], nextCursor: null },
  },
  "GET /api/admin/books/{bookId}": { path: { bookId }, answer: book },
  "PATCH /api/admin/books/{bookId}": {
    path: { bookId },
    headers: { "Idempotency-Key": "stock-6a4471", "If-Match": '"1"' },
    body: { price: dollars(990), stockChange: 10 },
    answer: { ...book, price: dollars(990), stock: 22 },
  },
  "GET /api/admin/orders": {
    query: { status: "pending", order: "newest", limit: 1 },
    answer: { items: [staffOrder], nextCursor: null },
  },
  "GET /api/admin/orders/{orderId}": { path: { orderId }, answer: staffOrder },
  "PATCH /api/admin/orders/{orderId}": {
    path: { orderId },
    body: { status: "paid" },
    answer: {
      ...staffOrder,
      status: "paid",
      history: [...staffOrder.history, { status: "paid", at: later, by: "staff", who: staffId }],
    },
  },
};
