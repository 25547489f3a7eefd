import { DynamoDBClient, type TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { fraction, newToken, now, sleep } from "../chance.ts";
import { config } from "../config.ts";
import { PlainJson1_0Protocol } from "../plain-json.ts";
import { temporarilyUnavailable } from "../refusal.ts";
import type { Key } from "./keys.ts";

export type Item = Record<string, unknown>;
type Written = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];
export type Update = Omit<NonNullable<Written["Update"]>, "TableName">;
export type Put = Omit<NonNullable<Written["Put"]>, "TableName">;
type Delete = Omit<NonNullable<Written["Delete"]>, "TableName">;
type ConditionCheck = Omit<NonNullable<Written["ConditionCheck"]>, "TableName">;
/** One write of several that happen all or not at all. */
export type Action =
  | { Update: Update }
  | { Put: Put }
  | { Delete: Delete }
  | { ConditionCheck: ConditionCheck };
/** Why nothing was written: for each action whether its condition failed, and the item that stood there. */
export type Refused = { failed: boolean; found: Item | undefined }[];

const mostCalls = 16;
/** How many actions one write may have. */
export const mostActions = 100;
const always = { TableName: config.tableName, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const;

const client = DynamoDBDocumentClient.from(
  new DynamoDBClient({
    // The one retry layer is below: the SDK's own never retries a TransactionConflict.
    maxAttempts: 1,
    protocol: PlainJson1_0Protocol,
    requestHandler: {
      connectionTimeout: config.store.connectMs,
      requestTimeout: config.store.requestMs,
      socketTimeout: config.store.requestMs,
      throwOnRequestTimeout: true,
    },
  }),
  { marshallOptions: { removeUndefinedValues: true } },
);
// a tenth of a call's CPU, for a log that nobody reads and headers that DynamoDB ignores
for (const unused of ["loggerMiddleware", "recursionDetectionMiddleware", "getUserAgentMiddleware"])
  client.middlewareStack.remove(unused);

/** The table as one request sees it: at most 16 calls and `store.totalMs` in all, then 503. */
export type Table = ReturnType<typeof openTable>;

export function openTable() {
  const deadline = now() + config.store.totalMs;
  const abortSignal = AbortSignal.timeout(config.store.totalMs);
  const used = { calls: 0, conflicts: 0, read: 0, write: 0 };

  /** Sends one command until it is answered for good. `unanswered`: an earlier try may still take effect. */
  async function send<Output extends { ConsumedCapacity?: unknown }>(
    call: () => Promise<Output>,
    unit: "read" | "write",
  ): Promise<{ output: Output } | { refusal: Refusal; unanswered: boolean }> {
    let unanswered = false;
    for (let attempt = 0; ; attempt++) {
      if (used.calls === mostCalls || now() >= deadline) throw temporarilyUnavailable();
      used.calls++;
      try {
        const output = await call();
        used[unit] += capacity(output.ConsumedCapacity);
        return { output };
      } catch (error) {
        const failure = classify(error);
        if (failure === "refused") return { refusal: error as Refusal, unanswered };
        if (failure === "bug") throw error;
        if (failure === "unanswered") unanswered = true;
        else used.conflicts++;
      }
      await pause(attempt);
    }
  }

  const pause = (attempt: number) =>
    sleep(fraction() * Math.min(20 * 2 ** attempt, 400, Math.max(0, deadline - now())));

  /** Strongly consistent reads by key, in the order of the keys; at most 100, no key twice. */
  async function read(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    const found = new Map<string, Item>();
    let wanted = [...keys];
    for (let attempt = 0; wanted.length > 0; attempt++) {
      // what is left over may be what the table had no units for
      if (attempt > 0) await pause(attempt - 1);
      const input = {
        RequestItems: { [config.tableName]: { Keys: wanted, ConsistentRead: true } },
        ReturnConsumedCapacity: "TOTAL",
      } as const;
      const answer = await send(() => client.send(new BatchGetCommand(input), { abortSignal }), "read");
      if (!("output" in answer)) throw answer.refusal;
      for (const item of answer.output.Responses?.[config.tableName] ?? [])
        found.set(`${item.pk} ${item.sk}`, item);
      wanted = (answer.output.UnprocessedKeys?.[config.tableName]?.Keys ?? []) as Key[];
    }
    return keys.map((key) => found.get(`${key.pk} ${key.sk}`));
  }

  /** A page of a partition, of the table (strongly consistent) or its index: `least` items, where there are as many. */
  async function query(
    input: Omit<QueryCommandInput, "TableName" | "ReturnConsumedCapacity">,
    least = input.Limit ?? Number.POSITIVE_INFINITY,
  ): Promise<Item[]> {
    const found: Item[] = [];
    for (let from = input.ExclusiveStartKey; ; ) {
      const full = {
        ...input,
        ...(from && { ExclusiveStartKey: from }),
        ...(input.Limit && { Limit: input.Limit - found.length }),
        TableName: config.tableName,
        ReturnConsumedCapacity: "TOTAL",
      } as const;
      const answer = await send(() => client.send(new QueryCommand(full), { abortSignal }), "read");
      if (!("output" in answer)) throw answer.refusal;
      found.push(...(answer.output.Items ?? []));
      from = answer.output.LastEvaluatedKey;
      // DynamoDB ends a page at 1 MB, whatever the Limit
      if (!from || found.length >= least) return found;
    }
  }

  /**
   * Writes all of the actions, or none: then it says why. Every retry carries the same token, so it is the same write.
   * A refusal after a try that went unanswered proves nothing, since that try may still take effect: 503, unless
   * `settled` finds in what stands there that it has, or never can.
   */
  async function write(
    actions: Action[],
    settled: (refused: Refused) => boolean = () => false,
  ): Promise<Refused | "written"> {
    const input = {
      TransactItems: actions.map(
        (action) =>
          Object.fromEntries(
            Object.entries(action).map(([kind, how]) => [kind, { ...how, ...always }]),
          ) as Written,
      ),
      ClientRequestToken: newToken(),
      ReturnConsumedCapacity: "TOTAL",
    } as const;
    const answer = await send(() => client.send(new TransactWriteCommand(input), { abortSignal }), "write");
    if ("output" in answer) return "written";
    const refused = (answer.refusal.CancellationReasons ?? []).map((reason) => ({
      failed: reason.Code === "ConditionalCheckFailed",
      // the document client leaves what an exception carries as it came
      found: reason.Item && unmarshall(reason.Item),
    }));
    if (answer.unanswered && !settled(refused)) throw temporarilyUnavailable();
    return refused;
  }

  return { read, query, write, used };
}

type Refusal = TransactionCanceledException;

/**
 * refused: the table said no, and nothing was written. unanswered: nobody knows. again: not done, worth another try.
 * Anything else is a mistake of ours.
 */
function classify(error: unknown): "refused" | "again" | "unanswered" | "bug" {
  const {
    name = "",
    $metadata,
    $fault,
    CancellationReasons,
  } = error as Partial<Omit<Refusal, "name">> & { name?: string };
  // what the SDK threw while it talked to the store has metadata; what it threw at our parameters has not
  if (!$metadata && name !== "AbortError") return "bug";
  // neither a connection that broke nor half an answer, of whatever status, is the store's word
  if ($fault !== "client") return "unanswered";
  if (name === "TransactionCanceledException") {
    const codes = new Set(CancellationReasons?.map((reason) => reason.Code ?? "None"));
    codes.delete("None");
    // a conflict beside a failed condition: whose write the condition met is not settled yet
    if ([...codes].some((code) => passing.has(code))) return "again";
    return codes.size === 1 && codes.has("ConditionalCheckFailed") ? "refused" : "bug";
  }
  if (name === "TransactionInProgressException") return "unanswered";
  return passing.has(name) ? "again" : "bug";
}

/** Passing troubles by their names, as exceptions and as reasons of a cancelled transaction. */
const passing = new Set([
  "TransactionConflict",
  "TransactionConflictException",
  "ThrottlingError",
  "ThrottlingException",
  "ProvisionedThroughputExceeded",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "LimitExceededException",
]);

/** Units of one table, or of the tables of a batch. */
const capacity = (consumed: unknown): number =>
  [consumed]
    .flat()
    .reduce(
      (sum: number, one) => sum + ((one as { CapacityUnits?: number } | undefined)?.CapacityUnits ?? 0),
      0,
    );
