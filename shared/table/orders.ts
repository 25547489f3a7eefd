import * as z from "zod/mini";
import { Address, type Order, type Status, type Step, statuses } from "../order.ts";
import type { Action, Item, Table } from "./client.ts";
import { type Key, layout, orderKey, ordersOf, ownerOf, statusGroup } from "./keys.ts";

const OrderItem = z.object({
  pk: z.string(),
  sk: z.string(),
  isk: z.string(),
  requestId: z.string(),
  status: z.enum(statuses),
  currency: z.string(),
  lines: z.array(
    z.object({
      bookId: z.string(),
      title: z.string(),
      quantity: z.number(),
      unitPrice: z.number(),
      stockTaken: z._default(z.boolean(), false),
    }),
  ),
  shippingAddress: z._default(z.nullable(z.object(Address.shape)), null),
  steps: z._default(
    z.array(
      z.object({
        status: z.enum(statuses),
        at: z.string(),
        by: z.enum(["customer", "staff"]),
        who: z.string(),
        requestId: z.string(),
      }),
    ),
    [],
  ),
});

/** An order, and the request that wrote it: how a request tells its own order from a twin's. Never shown. */
export type StoredOrder = Order & { requestId: string };

export function parseOrder(item: Item | undefined): StoredOrder | undefined {
  if (!item) return undefined;
  const { pk, sk, isk, shippingAddress, ...order } = OrderItem.parse(item);
  return {
    orderId: isk,
    ...ownerOf({ pk, sk }),
    ...order,
    shippingAddress: shippingAddress as Address | null,
  };
}

/** The order that a cart of this customer became. */
export async function readOrder(
  table: Table,
  customerId: string,
  cartId: string,
): Promise<StoredOrder | undefined> {
  const [item] = await table.read([orderKey(customerId, cartId)]);
  return parseOrder(item);
}

/** Writes a new order; never over another of the same cart. */
export const putOrder = (order: Order, requestId: string): Action => ({
  Put: {
    Item: {
      ...orderKey(order.customerId, order.cartId),
      ipk: statusGroup(order.status),
      isk: order.orderId,
      schema: 1,
      requestId,
      status: order.status,
      currency: order.currency,
      lines: order.lines.map(({ stockTaken, ...line }) => ({ ...line, ...(stockTaken && { stockTaken }) })),
      ...(order.shippingAddress && { shippingAddress: order.shippingAddress }),
    },
    ConditionExpression: "attribute_not_exists(pk)",
  },
});

/** A page of a customer's orders, newest first; `after` is the cart's id of the last order of the page before it. */
export async function listOrders(
  table: Table,
  customerId: string,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<{ orders: Order[]; last: string | null }> {
  const { pk, prefix } = ordersOf(customerId);
  const items = await table.query({
    KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
    ExpressionAttributeValues: { ":pk": pk, ":prefix": prefix },
    ...(after !== undefined && { ExclusiveStartKey: orderKey(customerId, after) }),
    ScanIndexForward: false,
    ConsistentRead: true,
    // one more than asked for tells whether another page follows
    Limit: limit + 1,
  });
  const orders = items.slice(0, limit).flatMap((item) => parseOrder(item) ?? []);
  return { orders, last: items.length > limit ? (orders.at(-1)?.cartId ?? null) : null };
}

/** Orders of a customer after one of them, oldest first; fewer than `limit`, though not none, where they come to 1 MB. */
export async function listOrdersAfter(
  table: Table,
  customerId: string,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<Order[]> {
  const { pk, prefix } = ordersOf(customerId);
  const input = {
    KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
    ExpressionAttributeValues: { ":pk": pk, ":prefix": prefix },
    ...(after !== undefined && { ExclusiveStartKey: orderKey(customerId, after) }),
    ConsistentRead: true,
    Limit: limit,
  };
  // a page as DynamoDB ends it can be written as a whole: a write may have 4 MB
  const items = await table.query(input, 1);
  return items.flatMap((item) => parseOrder(item) ?? []);
}

/** Takes the address out of an order. */
export const forgetAddress = ({ customerId, cartId }: Order): Action => ({
  Update: {
    Key: orderKey(customerId, cartId),
    UpdateExpression: "REMOVE shippingAddress",
  },
});

/** Moves an order on, if it is still where it was read. */
export const moveOn = (order: Order, step: Step): Action => ({
  Update: {
    Key: orderKey(order.customerId, order.cartId),
    UpdateExpression:
      "SET #status = :to, ipk = :group, steps = list_append(if_not_exists(steps, :none), :step)",
    ConditionExpression: "#status = :from",
    ExpressionAttributeNames: { "#status": "status" },
    ExpressionAttributeValues: {
      ":from": order.status,
      ":to": step.status,
      ":group": statusGroup(step.status),
      ":none": [],
      ":step": [step],
    },
  },
});

/** Keys of all customers' orders of one status in order of placing, from the index: an order may have moved on since. */
export async function listByStatus(
  table: Table,
  status: Status,
  { after, oldestFirst, limit }: { after: string | undefined; oldestFirst: boolean; limit: number },
): Promise<(Key & { orderId: string })[]> {
  const beyond = oldestFirst ? "isk > :after" : "isk < :after";
  const items = await table.query({
    IndexName: layout.index.name,
    KeyConditionExpression: after === undefined ? "ipk = :group" : `ipk = :group AND ${beyond}`,
    ExpressionAttributeValues: {
      ":group": statusGroup(status),
      ...(after !== undefined && { ":after": after }),
    },
    ScanIndexForward: oldestFirst,
    Limit: limit,
  });
  return items.map((item) => OrderKeys.parse(item)).map(({ isk, ...key }) => ({ ...key, orderId: isk }));
}

const OrderKeys = z.object({ pk: z.string(), sk: z.string(), isk: z.string() });

export async function readOrders(table: Table, keys: readonly Key[]): Promise<StoredOrder[]> {
  if (keys.length === 0) return [];
  return (await table.read(keys.map(({ pk, sk }) => ({ pk, sk })))).flatMap((item) => parseOrder(item) ?? []);
}
