import type { Deed } from "./plan.ts";
import type { Random } from "./random.ts";

export type Asked = {
  deed: Deed;
  method: string;
  path: string;
  body: unknown;
  headers: Record<string, string>;
  key: string | undefined;
  /** The customer whose token goes with it; null: staff's. */
  customer: string | null;
};

// biome-ignore lint/suspicious/noExplicitAny: what came back
export type Reply = { status: number; headers: Record<string, string>; text: string; body: any };

/** One tab of a customer's browser, or of staff's: it knows what it has been answered, and nothing else. */
export class Client {
  readonly customer: string;
  readonly #books: string[];
  readonly #random: Random;
  #lastKeyed: Asked | undefined;
  #cartId: string | null = null;
  #tag: string | undefined;
  readonly #orders: string[] = [];
  /** The orders that staff have heard of. */
  readonly #seen: string[];

  constructor(customer: string, books: string[], seen: string[], random: Random) {
    this.customer = customer;
    this.#books = books;
    this.#seen = seen;
    this.#random = random;
  }

  ask(deed: Deed, id: string): Asked {
    const asked = this.#ask(deed, id);
    if (asked.key !== undefined) this.#lastKeyed = asked;
    return asked;
  }

  hear(reply: Reply): void {
    if (reply.body?.lines && "version" in reply.body) {
      this.#cartId = reply.body.cartId;
      this.#tag = reply.headers.etag;
    }
    if (reply.status === 201 && reply.body.orderId) {
      this.#orders.push(reply.body.orderId);
      this.#seen.push(reply.body.orderId);
    }
  }

  #ask(deed: Deed, id: string): Asked {
    const book = "book" in deed ? this.#books[deed.book] : undefined;
    const mine = (method: string, path: string, body?: unknown, headers = {}, keyed = false): Asked => {
      const key = keyed ? `key-of-${id}` : undefined;
      return {
        deed,
        method,
        path,
        body,
        headers: { ...headers, ...(key && { "idempotency-key": key }) },
        key,
        customer: this.customer,
      };
    };
    const staffs = (path: string, body: unknown, keyed = false): Asked => ({
      ...mine("PATCH", path, body, {}, keyed),
      customer: null,
    });
    switch (deed.kind) {
      case "add":
        return mine("POST", "/api/cart/add", { bookId: book, quantity: deed.quantity }, {}, deed.keyed);
      case "put":
        return mine("PUT", `/api/cart/items/${book}`, { quantity: deed.quantity });
      case "remove":
        return mine("DELETE", `/api/cart/items/${book}`);
      case "clear":
        return mine("DELETE", "/api/cart");
      case "view":
        return mine("GET", "/api/cart");
      case "history":
        return mine("GET", "/api/orders?limit=50");
      case "order": {
        const body = deed.names === "cart" && this.#cartId !== null ? { cartId: this.#cartId } : {};
        const headers = deed.names === "tag" && this.#tag !== undefined ? { "if-match": this.#tag } : {};
        return mine("POST", "/api/orders", body, headers, deed.keyed);
      }
      case "cancel": {
        const order = this.#orders.at(-1);
        return order ? mine("POST", `/api/orders/${order}/cancel`) : this.#ask({ kind: "view" }, id);
      }
      case "again":
        return this.#lastKeyed ?? this.#ask({ kind: "view" }, id);
      case "price":
        return staffs(`/api/admin/books/${book}`, { price: { amount: deed.amount, currency: "USD" } });
      case "restock":
        return staffs(`/api/admin/books/${book}`, { stockChange: deed.amount }, true);
      case "shelf":
        return staffs(`/api/admin/books/${book}`, { active: deed.active });
      case "move": {
        if (this.#seen.length === 0) return this.#ask({ kind: "history" }, id);
        return staffs(`/api/admin/orders/${this.#random.one(this.#seen)}`, { status: deed.status });
      }
    }
  }
}
