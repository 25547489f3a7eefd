import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { now } from "../chance.ts";
import { Refusal } from "../refusal.ts";
import { type Action, type Item, mostActions, type Table } from "./client.ts";
import { keyRecordKey, keyRecordsOf } from "./keys.ts";

// 24 hours as promised, and half an hour for clocks that differ.
const lifetimeSeconds = 24.5 * 60 * 60;

const KeyRecord = z.object({
  requestHash: z.string(),
  requestId: z.string(),
  expiresAt: z.number(),
  made: z._default(z.nullable(z.string()), null),
});

/** What an Idempotency-Key did: the request it came with, and the id of what that request made. */
export type KeyRecord = z.infer<typeof KeyRecord>;

/** A client's Idempotency-Key beside the request that it came with, both as hashes. */
export type KeyedRequest = { keyHash: string; requestHash: string };

/** `request` is method, path and parsed body: whatever makes it the same request. */
export const keyedRequest = (key: string, request: unknown): KeyedRequest => ({
  keyHash: hash(key),
  requestHash: hash(canonical(request)),
});

export const recordKey = (customerId: string, { keyHash }: KeyedRequest) => keyRecordKey(customerId, keyHash);

/**
 * The record of a key that has been used; undefined where it has not, or where its time is over, deleted or not.
 * @throws Refusal `idempotency-key-reused` where it came with another request.
 */
export function parseKeyRecord(item: Item | undefined, { requestHash }: KeyedRequest): KeyRecord | undefined {
  if (!item) return undefined;
  const record = KeyRecord.parse(item);
  if (record.expiresAt <= seconds()) return undefined;
  if (record.requestHash !== requestHash)
    throw new Refusal("idempotency-key-reused", "This Idempotency-Key was used with another request.");
  return record;
}

/** Remembers the key together with what the request makes: in the same write, so there is no one without the other. */
export const putKeyRecord = (
  customerId: string,
  { keyHash, requestHash }: KeyedRequest,
  requestId: string,
  made?: string,
): Action => ({
  Put: {
    Item: {
      ...keyRecordKey(customerId, keyHash),
      schema: 1,
      requestHash,
      requestId,
      made,
      expiresAt: seconds() + lifetimeSeconds,
    },
    ConditionExpression: "attribute_not_exists(pk) OR expiresAt <= :now",
    ExpressionAttributeValues: { ":now": seconds() },
  },
});

/** Forgets all that keys of this customer did, page after page. */
export async function forgetKeys(table: Table, customerId: string): Promise<void> {
  const { pk, prefix } = keyRecordsOf(customerId);
  for (;;) {
    const items = await table.query({
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: { ":pk": pk, ":prefix": prefix },
      ConsistentRead: true,
      Limit: mostActions,
    });
    if (items.length === 0) return;
    await table.write(items.map(({ sk }) => ({ Delete: { Key: { pk, sk: String(sk) } } })));
  }
}

const seconds = () => Math.floor(now() / 1000);

const hash = (text: string) => createHash("sha256").update(text).digest("base64url").slice(0, 32);

/** The same text for the same value, whatever the order of its members. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    member !== null && typeof member === "object" && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
