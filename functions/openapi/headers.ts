export type HeaderName = keyof typeof headers;

/** The headers of answers. */
export const headers = {
  "X-Request-Id": {
    description: "Names this request in the shop's log.",
    schema: { type: "string", minLength: 1 },
  },
  "Cache-Control": {
    description: "Who may keep the answer, and for how long.",
    schema: { const: "private, no-store" },
  },
  "Strict-Transport-Security": {
    description: "From now on over HTTPS alone; without HTTPS it says nothing.",
    schema: { const: "max-age=31536000" },
  },
  "X-Content-Type-Options": { description: "The type is as it says.", schema: { const: "nosniff" } },
  "Content-Encoding": { description: "How it is compressed.", schema: { const: "gzip" } },
  "Content-Security-Policy": {
    description: "What the page may load: nothing of other origins.",
    schema: { type: "string", pattern: "^default-src 'none'" },
  },
  "Referrer-Policy": {
    description: "Nobody hears from the page where a person came from.",
    schema: { const: "no-referrer" },
  },
  ETag: {
    description: "Names what was seen, for an If-Match.",
    schema: { type: "string", pattern: '^"[\\x21\\x23-\\x7E]+"$' },
  },
  Location: { description: "Where it is.", schema: { type: "string", pattern: "^/" } },
  "Idempotency-Replayed": {
    description: "The Idempotency-Key had done it before, and nothing was done now.",
    schema: { const: "true" },
  },
  "Retry-After": { description: "In seconds.", schema: { type: "string", pattern: "^\\d+$" } },
  "WWW-Authenticate": {
    description: "How to say who calls.",
    schema: { type: "string", pattern: "^Bearer" },
  },
  Allow: {
    description: "The methods that the path takes.",
    schema: { type: "string", pattern: "^[A-Z]+(, [A-Z]+)*$" },
  },
} as const;

/** Of every answer that is the shop's own. */
const ofEveryAnswer = [
  "X-Request-Id",
  "Cache-Control",
  "Strict-Transport-Security",
  "X-Content-Type-Options",
] as const;

/** A header that is always there, or may be. */
export const header = (name: HeaderName, required: boolean): object => ({ ...headers[name], required });

export const componentHeaders = Object.fromEntries(ofEveryAnswer.map((name) => [name, header(name, true)]));

/** `isAlways` false: in answers that the gateway may give as well, without them. */
export const headersOfEveryAnswer = (isAlways = true): Record<string, object> =>
  Object.fromEntries(
    ofEveryAnswer.map((name) => [
      name,
      isAlways ? { $ref: `#/components/headers/${name}` } : header(name, false),
    ]),
  );
