import * as z from "zod";
import type { Item } from "../../shared/table/client.ts";
import schema1 from "./schema-1.json" with { type: "json" };

// What the release of schema 1 can read, frozen: it imports nothing of the product's, and changes no more. Attributes that
// it does not know it ignores.

const id = "[A-Za-z0-9_-]{1,64}";
const cartId = "[0-9A-HJKMNP-TV-Z]{26}";
const orderId = "[0-9A-HJKMNP-TV-Z]{62}";
const Text = (pattern: string) => z.string().regex(new RegExp(`^${pattern}$`));
const Customer = Text("CUSTOMER#[0-9a-f-]{36}");
const Time = Text("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
const Status = z.enum(["pending", "paid", "shipped", "delivered", "cancelled"]);
const schema = z.literal(1);

const shapes = {
  cart: z.object({
    pk: Customer,
    sk: z.literal("CART"),
    schema,
    cartId: Text(cartId).optional(),
    version: z.int().min(1),
    lines: z.record(Text(id), z.int().min(1).max(99)),
    lastOrderId: Text(orderId).optional(),
    giveWay: z.string().optional(),
    createdAt: Time.optional(),
    updatedAt: Time,
  }),
  order: z.object({
    pk: Customer,
    sk: Text(`ORDER#${cartId}`),
    ipk: Text("STATUS#[a-z]+"),
    isk: Text(orderId),
    schema,
    requestId: z.string(),
    status: Status,
    currency: z.string(),
    lines: z.array(
      z.object({
        bookId: Text(id),
        title: z.string(),
        quantity: z.int(),
        unitPrice: z.int(),
        stockTaken: z.boolean().optional(),
      }),
    ),
    shippingAddress: z
      .object({
        name: z.string(),
        lines: z.array(z.string()),
        city: z.string(),
        region: z.string().optional(),
        postalCode: z.string().optional(),
        country: z.string(),
      })
      .optional(),
    steps: z
      .array(
        z.object({
          status: Status,
          at: Time,
          by: z.enum(["customer", "staff"]),
          who: z.string(),
          requestId: z.string(),
        }),
      )
      .optional(),
  }),
  key: z.object({
    pk: Customer,
    sk: Text("KEY#[A-Za-z0-9_-]{32}"),
    schema,
    requestHash: Text("[A-Za-z0-9_-]{32}"),
    requestId: z.string(),
    expiresAt: z.number(),
    made: Text(id).optional(),
  }),
  book: z.object({
    pk: Text(`BOOK#${id}`),
    sk: z.literal("BOOK"),
    ipk: z.enum(["CATALOGUE", "WITHDRAWN"]),
    isk: Text(`[^\\t]*\\t${id}`),
    schema,
    title: z.string(),
    authors: z.array(z.string()),
    isbn: z.string().optional(),
    price: z.int(),
    stock: z.int().optional(),
    active: z.boolean(),
    revision: z.int(),
  }),
};
type Kind = keyof typeof shapes;

/** What kind of item the release of schema 1 would take it for; one that it never reads is none. */
function kindOf({ pk, sk }: Item): Kind | undefined {
  if (String(pk).startsWith("BOOK#")) return "book";
  if (sk === "CART") return "cart";
  return (["order", "key"] as const).find((kind) => String(sk).startsWith(`${kind.toUpperCase()}#`));
}

/** Every attribute of an item and the type of its value, members of maps and lists included. */
function attributes(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((member) => attributes(member, `${path}[]`));
  if (value === null || typeof value !== "object") return [`${path}: ${typeof value}`];
  return Object.entries(value).flatMap(([name, member]) =>
    // a cart's lines are named by their books
    attributes(member, path === "cart.lines" ? `${path}.*` : `${path}.${name}`),
  );
}

const allAttributes = (items: readonly Item[]) =>
  new Set(items.flatMap((item) => attributes(item, kindOf(item) ?? "other")));

/**
 * Why the release of schema 1 could not go on with these items: what it could not read, and what it wrote itself on the
 * same journey and would look for in vain.
 */
export function incompatibilities(items: readonly Item[]): string[] {
  const unreadable = items.flatMap((item) => {
    const kind = kindOf(item);
    if (kind === undefined) return [];
    const { error } = shapes[kind].safeParse(item);
    return (error?.issues ?? []).map((issue) => `${kind} ${issue.path.join(".")}: ${issue.message}`);
  });
  const written = allAttributes(items);
  const missing = [...allAttributes(schema1.items)].filter((attribute) => !written.has(attribute));
  return [...unreadable, ...missing.map((attribute) => `never written: ${attribute}`)];
}
