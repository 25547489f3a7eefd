import {
  BatchGetItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";

// Where the embedded engine and AWS's own DynamoDB Local differ: what the tests on both, and a comparison of every kind of
// call that the shop makes, have shown. Left out are the words of an error and the order of members, which nothing goes by.
// Printed by `npm run test:witness`, asserted by differences.test.ts.

export type Engine = "embedded" | "dynamoDbLocal";
export type Difference = Record<Engine, string> & {
  what: string;
  /** What makes it harmless. */
  covered: string;
  /** Shows it, on a table of its own. */
  see(client: DynamoDBClient, table: string): Promise<string>;
};

const text = (S: string) => ({ S });
const key = (pk: string, sk = "X") => ({ pk: text(pk), sk: text(sk) });
const put = (TableName: string, pk: string, more = {}) => ({
  Put: { TableName, Item: { ...key(pk), ...more } },
});
const update = (TableName: string, pk: string, UpdateExpression: string, values = {}) => ({
  Update: { TableName, Key: key(pk), UpdateExpression, ExpressionAttributeValues: values },
});
const one = { ":one": { N: "1" } };
type Actions = NonNullable<ConstructorParameters<typeof TransactWriteItemsCommand>[0]["TransactItems"]>;

const answer = async (call: Promise<string>): Promise<string> => {
  try {
    return await call;
  } catch (error) {
    const { name, CancellationReasons: reasons } = error as Error & {
      CancellationReasons?: { Code?: string }[];
    };
    return [name, ...(reasons ?? []).map(({ Code }) => Code)].join(" ");
  }
};

const written = (client: DynamoDBClient, TransactItems: Actions) =>
  answer(
    client
      .send(new TransactWriteItemsCommand({ TransactItems, ReturnConsumedCapacity: "TOTAL" }))
      .then(({ ConsumedCapacity }) => `written for ${ConsumedCapacity?.[0]?.CapacityUnits} units`),
  );

const ofOne = (partition: string, more: object) =>
  ({
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": text(partition) },
    ...more,
  }) as const;

async function three(client: DynamoDBClient, TableName: string, pk: string, more = {}): Promise<void> {
  for (const sk of ["1", "2", "3"])
    await client.send(new PutItemCommand({ TableName, Item: { ...key(pk, sk), ...more } }));
}

const page = (client: DynamoDBClient, input: ConstructorParameters<typeof QueryCommand>[0]) =>
  answer(
    client.send(new QueryCommand(input)).then(({ Items, LastEvaluatedKey }) => {
      const found = Items?.map(({ sk }) => sk?.S).join(", ");
      return LastEvaluatedKey ? `${found} and more` : `${found}`;
    }),
  );

export const differences: Difference[] = [
  {
    what: "units of an item that the index holds too, written in a transaction",
    embedded: "written for 3 units",
    dynamoDbLocal: "written for 4 units",
    covered: "test/budgets.test.ts counts on the embedded engine alone",
    see: (client, table) => written(client, [put(table, "indexed", { ipk: text("G"), isk: text("1") })]),
  },
  {
    what: "units of an update and a put in one transaction",
    embedded: "written for 4 units",
    dynamoDbLocal: "written for 2 units",
    covered: "test/budgets.test.ts counts on the embedded engine alone",
    see: (client, table) =>
      written(client, [update(table, "updated", "ADD n :one", one), put(table, "beside it")]),
  },
  {
    what: "units of a strong read of a key that is not there",
    embedded: "1 unit",
    dynamoDbLocal: "0 units",
    covered: "test/budgets.test.ts counts on the embedded engine alone",
    see: async (client, table) => {
      const { ConsumedCapacity } = await client.send(
        new BatchGetItemCommand({
          RequestItems: { [table]: { Keys: [key("nothing")], ConsistentRead: true } },
          ReturnConsumedCapacity: "TOTAL",
        }),
      );
      const units = ConsumedCapacity?.[0]?.CapacityUnits ?? 0;
      return `${units} ${units === 1 ? "unit" : "units"}`;
    },
  },
  {
    what: "half of a surrogate pair in a text",
    embedded: "SerializationException",
    dynamoDbLocal: "written for 2 units",
    covered: "shared/text.ts refuses it before any store call: test/security/hostile-values.test.ts",
    see: (client, table) => written(client, [put(table, "surrogate", { text: text("\ud800") })]),
  },
  {
    what: "a page that begins after a key of another partition",
    embedded: "2, 3",
    dynamoDbLocal: "ValidationException",
    covered: "a cursor holds no partition, and is bound to its caller and list: test/customer/orders.test.ts",
    see: async (client, TableName) => {
      await three(client, TableName, "one");
      return page(client, { TableName, ...ofOne("one", { ExclusiveStartKey: key("other", "1") }) });
    },
  },
  {
    what: "a page that begins after a key outside its condition",
    embedded: "2",
    dynamoDbLocal: "ValidationException",
    covered: "a cursor must lie on the list that it is for: test/customer/books.test.ts",
    see: async (client, TableName) => {
      await three(client, TableName, "outside");
      return page(client, {
        TableName,
        KeyConditionExpression: "pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues: { ":pk": text("outside"), ":sk": text("2") },
        ExclusiveStartKey: key("outside", "1"),
      });
    },
  },
  {
    what: "where a page of more than 1 MB ends, by items of 350 KB",
    embedded: "1, 2 and more",
    dynamoDbLocal: "1, 2, 3 and more",
    covered:
      "a page goes on until it is full or at its end: test/rules.test.ts, orders as long as they may be",
    see: async (client, TableName) => {
      const large = { text: text("x".repeat(350_000)) };
      await three(client, TableName, "large", large);
      await client.send(new PutItemCommand({ TableName, Item: { ...key("large", "4"), ...large } }));
      return page(client, { TableName, ...ofOne("large", {}) });
    },
  },
  {
    what: "an update of a member of a map that is not there, in a transaction",
    embedded: "TransactionCanceledException ValidationError",
    dynamoDbLocal: "ValidationException",
    covered:
      "either is a mistake of ours, and a 500 that fails the test it happens in: shared/table/client.ts",
    see: (client, table) => written(client, [update(table, "no map", "SET copies.emma = :one", one)]),
  },
  {
    what: "an update of a map and of its member at once",
    embedded: "written for 2 units",
    dynamoDbLocal: "ValidationException",
    covered: "every expression of ours is sent to DynamoDB Local too: npm run test:witness",
    see: async (client, table) => {
      await written(client, [put(table, "overlapping")]);
      return written(client, [
        update(table, "overlapping", "SET copies = :none, copies.emma = :one", {
          ...one,
          ":none": { M: {} },
        }),
      ]);
    },
  },
  {
    what: "a sort key of the index of more than 1,024 bytes",
    embedded: "written for 6 units",
    dynamoDbLocal: "ValidationException",
    covered: "a title is cut to 200 characters, 865 bytes with its id: test/rules.test.ts",
    see: (client, table) =>
      written(client, [put(table, "long", { ipk: text("G"), isk: text("x".repeat(1025)) })]),
  },
];

/** What AWS does and neither engine shows, and what covers it. */
export const neverSeen: { what: string; covered: string }[] = [
  { what: "conflicts between transactions", covered: "put in between: test/contention.test.ts" },
  { what: "throttles, lost and late answers", covered: "put in between: test/every-fault.test.ts" },
  {
    what: "a ClientRequestToken that is forgotten after 10 minutes",
    covered: "put in between: test/every-fault.test.ts",
  },
  { what: "an item that is deleted when its time is over", covered: "test/keys-over-time.test.ts" },
  {
    what: "an index that lags behind",
    covered: "staff's lists are read again by key: shared/table/orders.ts",
  },
  { what: "rights", covered: "test/least-privilege.test.ts, test/stacks.test.ts" },
];
