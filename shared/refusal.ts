/** Every refusal's code, its status and its title, as in RFC 9457. */
export const refusals = {
  "invalid-request": [400, "The request is not valid"],
  "invalid-cursor": [400, "The cursor is not valid"],
  "invalid-idempotency-key": [400, "The idempotency key is not valid"],
  unauthenticated: [401, "Not signed in"],
  forbidden: [403, "Not allowed"],
  "book-not-found": [404, "No such book"],
  "order-not-found": [404, "No such order"],
  "cart-not-found": [404, "No such cart"],
  "route-not-found": [404, "No such route"],
  "method-not-allowed": [405, "Method not allowed"],
  "cart-empty": [409, "The cart is empty"],
  "order-already-exists": [409, "The cart has been ordered"],
  "insufficient-stock": [409, "Not enough in stock"],
  "book-unavailable": [409, "Book not available"],
  "cart-full": [409, "The cart is full"],
  "quantity-limit": [409, "Too many copies"],
  "invalid-transition": [409, "The order cannot go there from its status"],
  "cart-changed": [412, "The cart has changed"],
  "book-changed": [412, "The book has changed"],
  "payload-too-large": [413, "The body is too large"],
  "unsupported-media-type": [415, "The body is not JSON"],
  "idempotency-key-reused": [422, "The idempotency key belongs to another request"],
  "temporarily-unavailable": [503, "Temporarily unavailable"],
  "ordering-paused": [503, "Ordering is paused"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type Code = keyof typeof refusals;

/** The one error that a caller may see; anything else that is thrown is a bug and answered 500. */
export class Refusal extends Error {
  readonly code: Code;
  readonly members: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(
    code: Code,
    detail: string,
    members: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ) {
    super(detail);
    this.code = code;
    this.members = members;
    this.headers = headers;
  }

  get status(): number {
    return refusals[this.code][0];
  }

  /** The problem document, RFC 9457. */
  get problem(): Record<string, unknown> {
    const [status, title] = refusals[this.code];
    return {
      type: `urn:bookshop:${this.code}`,
      title,
      status,
      detail: this.message,
      code: this.code,
      ...this.members,
    };
  }
}

/** The outcome is not known, or could not be reached in time: asking again is safe and leads to the truth. */
export const temporarilyUnavailable = () =>
  new Refusal("temporarily-unavailable", "The shop is busy. Please try again.", {}, { "retry-after": "1" });

/** What is wrong with a request, in the words of the contract: `/quantity`, `?limit`, a header's name. */
export const invalidRequest = (errors: { path: string; message: string }[]) =>
  new Refusal("invalid-request", "See errors for what to mend.", { errors });
