import * as z from "zod/mini";
import { Cart, CartChange } from "../../shared/answers.ts";
import { Id } from "../../shared/ids.ts";
import { statuses } from "../../shared/order.ts";
import { type Code, refusals } from "../../shared/refusal.ts";
import type { HeaderName } from "./headers.ts";

/** A refusal as it is answered: RFC 9457, with the members of its code. `headers` come with it beside those of any answer. */
export type Problem = {
  status: number;
  code: string;
  schema: z.ZodMiniType;
  headers: readonly HeaderName[];
};

type Extras = { members?: Record<string, z.ZodMiniType>; headers?: HeaderName[] };

const Left = z.int().check(z.gte(0));
const errors = z
  .array(
    z.strictObject({
      path: z
        .string()
        .check(z.describe("`/quantity` in the body, `?limit` in the query, or a header's name.")),
      message: z.string(),
    }),
  )
  .check(z.minLength(1));

const extras: { [Each in Code]?: Extras } = {
  "invalid-request": { members: { errors } },
  "invalid-cursor": { members: { errors } },
  "invalid-idempotency-key": { members: { errors } },
  unauthenticated: { headers: ["WWW-Authenticate"] },
  "method-not-allowed": { headers: ["Allow"] },
  "cart-empty": { members: { latestOrderId: z.nullable(Id) } },
  "order-already-exists": { members: { orderId: Id }, headers: ["Location"] },
  "insufficient-stock": {
    members: { lines: z.array(z.strictObject({ bookId: Id, requested: Left, left: Left })) },
  },
  "book-unavailable": { members: { lines: z.array(z.strictObject({ bookId: Id })) } },
  "invalid-transition": { members: { orderStatus: z.enum(statuses) } },
  "cart-changed": {
    members: { changes: z.optional(z.array(CartChange)), cart: Cart },
    headers: ["ETag"],
  },
  "book-changed": { headers: ["ETag"] },
  "temporarily-unavailable": { headers: ["Retry-After"] },
  "ordering-paused": { headers: ["Retry-After"] },
};

const problem = (code: Code, { members = {}, headers = [] }: Extras = extras[code] ?? {}): Problem => {
  const [status, title] = refusals[code];
  return { status, code, headers, schema: document(`urn:bookshop:${code}`, title, status, code, members) };
};

const document = (
  type: string,
  title: string,
  status: number,
  code: string,
  members: Record<string, z.ZodMiniType>,
) =>
  z.strictObject({
    type: z.literal(type),
    title: z.literal(title),
    status: z.literal(status),
    detail: z.string(),
    code: z.literal(code),
    ...members,
  });

const ofCodes = Object.fromEntries(
  (Object.keys(refusals) as Code[]).map((code) => [code, problem(code)]),
) as Record<Code, Problem>;

/** Every problem there is, by its code; where one code has two forms, the second has a name of its own. */
export const problems = {
  ...ofCodes,
  "insufficient-stock-of-book": problem("insufficient-stock", {
    members: { left: z.nullable(Left).check(z.describe("Null where the book tracks no stock.")) },
  }),
  "internal-error": {
    status: 500,
    code: "internal-error",
    headers: [],
    schema: document("about:blank", "Internal Server Error", 500, "internal-error", {}),
  } satisfies Problem,
};

export type ProblemName = keyof typeof problems;

/** What no operation answers, for it is where none is. */
export const unroutedProblems = ["route-not-found", "method-not-allowed"] as const satisfies ProblemName[];
