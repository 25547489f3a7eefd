import * as z from "zod/mini";
import type * as answers from "./answers.ts";
import { Id, timeOf } from "./ids.ts";
import { money } from "./money.ts";
import { Text } from "./text.ts";

export const Address = z.strictObject({
  name: Text(100),
  lines: z.array(Text(100)).check(z.minLength(1), z.maxLength(4)),
  city: Text(100),
  region: z.optional(Text(100)),
  postalCode: z.optional(Text(100)),
  country: z.string().check(z.regex(/^[A-Z]{2}$/, "Must be an ISO 3166-1 alpha-2 code")),
});

export type Address = z.infer<typeof Address>;

export const PlaceOrder = z.strictObject({ cartId: z.optional(Id), shippingAddress: z.optional(Address) });

export const statuses = ["pending", "paid", "shipped", "delivered", "cancelled"] as const;
export type Status = (typeof statuses)[number];

export const MoveOrder = z.strictObject({ status: z.enum(statuses) });

/** From which statuses staff may move an order to this one. */
export const staffMayMove: Record<Status, readonly Status[]> = {
  pending: [],
  paid: ["pending"],
  shipped: ["paid"],
  delivered: ["shipped"],
  cancelled: ["pending", "paid"],
};

/** From which statuses a customer may: only out of an order that nobody has begun to work on. */
export const customerMayMove: typeof staffMayMove = {
  pending: [],
  paid: [],
  shipped: [],
  delivered: [],
  cancelled: ["pending"],
};

/** A line as it was bought: `unitPrice` in minor units; `stockTaken` where the copies came off a tracked stock. */
export type BoughtLine = {
  bookId: string;
  title: string;
  quantity: number;
  unitPrice: number;
  stockTaken: boolean;
};

/** A step after placing: who moved the order on, when, and by which request, which is never shown. */
export type Step = { status: Status; at: string; by: "customer" | "staff"; who: string; requestId: string };

export type Order = {
  orderId: string;
  customerId: string;
  cartId: string;
  status: Status;
  currency: string;
  lines: BoughtLine[];
  shippingAddress: Address | null;
  steps: Step[];
};

/** An order as its customer sees it. */
export const orderView = (order: Order): z.infer<typeof answers.Order> => ({
  orderId: order.orderId,
  cartId: order.cartId,
  status: order.status,
  lines: order.lines.map((line) => ({
    bookId: line.bookId,
    title: line.title,
    quantity: line.quantity,
    unitPrice: money(line.unitPrice, order.currency),
    lineTotal: money(line.unitPrice * line.quantity, order.currency),
  })),
  itemCount: order.lines.reduce((count, line) => count + line.quantity, 0),
  total: money(
    order.lines.reduce((total, line) => total + line.unitPrice * line.quantity, 0),
    order.currency,
  ),
  shippingAddress: order.shippingAddress && addressView(order.shippingAddress),
  placedAt: placedAt(order),
  history: [
    { status: "pending", at: placedAt(order), by: "customer" },
    ...order.steps.map(({ status, at, by }) => ({ status, at, by })),
  ],
});

/** An order as staff see it: with whose it is, and who did what. */
export const staffOrderView = (order: Order): z.infer<typeof answers.StaffOrder> => ({
  ...orderView(order),
  customerId: order.customerId,
  history: [
    { status: "pending", at: placedAt(order), by: "customer", who: order.customerId },
    ...order.steps.map(({ status, at, by, who }) => ({ status, at, by, who })),
  ],
});

/** The order as it was answered when it was placed, to the byte. */
export const asPlaced = (order: Order): Order => ({ ...order, status: "pending", steps: [] });

const placedAt = (order: Order) => new Date(timeOf(order.orderId)).toISOString();

const addressView = (address: Address): Address => ({
  name: address.name,
  lines: address.lines,
  city: address.city,
  ...(address.region !== undefined && { region: address.region }),
  ...(address.postalCode !== undefined && { postalCode: address.postalCode }),
  country: address.country,
});
