import * as z from "zod/mini";
import * as answers from "../../shared/answers.ts";
import { BookChange, NewBook } from "../../shared/book.ts";
import { AddToCart, SetQuantity } from "../../shared/cart.ts";
import { Price } from "../../shared/money.ts";
import { Address, MoveOrder, PlaceOrder } from "../../shared/order.ts";
import { problems, unroutedProblems } from "./problems.ts";

export type JsonSchema = Record<string, unknown>;

const taken = { AddToCart, SetQuantity, PlaceOrder, Address, MoveOrder, NewBook, BookChange, Price };

/** `cart-empty` as `CartEmpty`. */
export const capitalised = (name: string) =>
  name
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");

const given = {
  ...answers,
  Address,
  ...Object.fromEntries(
    Object.entries(problems)
      .filter(([name]) => !unroutedProblems.some((one) => one === name))
      .map(([name, { schema }]) => [capitalised(name), schema]),
  ),
  GatewayMessage: z.strictObject({ message: z.string() }),
};

const at = (name: string) => `#/components/schemas/${name}`;

/** The schemas of all bodies by name, as JSON Schema. */
export const schemas: Record<string, JsonSchema> = {
  ...componentsOf(taken, "input"),
  ...componentsOf(given, "output"),
};

function componentsOf(named: Record<string, z.ZodMiniType>, io: "input" | "output") {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas: found } = z.toJSONSchema(registry, { io, uri: at });
  return Object.fromEntries(
    Object.entries(found).map(([name, { $schema, $id, ...schema }]) => [name, schema]),
  );
}

/** Points to a schema by its name, or has it on the spot where it has none. */
export function reference(schema: z.ZodMiniType): JsonSchema {
  const [name] = Object.entries({ ...taken, ...given }).find(([, one]) => one === schema) ?? [];
  if (name !== undefined) return { $ref: at(name) };
  const { $schema, ...own } = z.toJSONSchema(schema);
  return own;
}

export const gatewayMessage = reference(given.GatewayMessage);
