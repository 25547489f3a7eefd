import { statuses } from "../../shared/order.ts";

export type QueryParameter = keyof typeof queryParameters;

/** Each stands at most once in a query. */
export const queryParameters = {
  title: {
    description: "How the title begins; case and accents do not count.",
    schema: { type: "string" },
  },
  active: {
    description: "`false` lists the withdrawn books.",
    schema: { type: "string", enum: ["true", "false"], default: "true" },
  },
  status: {
    description: "Only orders of this status.",
    schema: { type: "string", enum: statuses },
  },
  order: {
    description: "By time of placing.",
    schema: { type: "string", enum: ["newest", "oldest"], default: "newest" },
  },
  limit: {
    description: "How many a page has at most.",
    schema: { type: "integer", minimum: 1, maximum: 50, default: 20 },
  },
  cursor: {
    description: "The `nextCursor` of the page before, of this very list and caller.",
    schema: { type: "string" },
  },
} as const;

const id = { type: "string", pattern: "^[A-Za-z0-9_-]{1,64}$" };

export const pathParameters: Record<string, { description: string; schema: object }> = {
  bookId: { description: "The book's id.", schema: id },
  file: { description: "The file's name.", schema: { type: "string" } },
  orderId: { description: "The order's id.", schema: id },
};

export const idempotencyKey = {
  description:
    "Makes a request happen once: for 24 hours the same key and request do nothing again and are answered with what was done. Only successes are remembered.",
  schema: { type: "string", pattern: "^[\\x21-\\x7E]{1,255}$" },
};

/** One entity tag, strong or weak, or `*`. */
export const entityTag = {
  type: "string",
  pattern: '^(\\*|(W/)?"[\\x21\\x23-\\x7E\\x80-\\xFF]*")$',
};
