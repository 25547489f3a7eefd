export type Asked = { method: string; path: string; body?: unknown; key?: string };

/** The ways in which an order is priced: plain, with an Idempotency-Key on every POST, of books that track their stock. */
export const variants = {
  "without keys": { keyed: false, stock: null },
  "with keys": { keyed: true, stock: null },
  "tracked stock": { keyed: false, stock: 1_000_000 },
} as const;
export type Variant = keyof typeof variants;

/** An order of three books as a browser comes to it: 3 adds, 2 looks at the cart, the order, a look at the history. */
export function journeyOf(bookIds: readonly string[], keyed: boolean): Asked[] {
  const post = (path: string, body?: unknown): Asked => ({
    method: "POST",
    path,
    body,
    ...(keyed && { key: crypto.randomUUID() }),
  });
  const add = (book: number) => post("/api/cart/add", { bookId: bookIds[book] });
  const look: Asked = { method: "GET", path: "/api/cart" };
  return [add(0), add(1), look, add(2), look, post("/api/orders"), { method: "GET", path: "/api/orders" }];
}
