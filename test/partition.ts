import { DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, inject } from "vitest";
import { localClient } from "../infra/local/dynamodb.ts";
import type { Item } from "../shared/table/client.ts";

const { AWS_ENDPOINT_URL_DYNAMODB: endpoint = "", TABLE_NAME } = inject("variables");
const table = DynamoDBDocumentClient.from(localClient(endpoint));
afterAll(() => table.destroy());

/** Everything that the table keeps of a customer, read past whatever a test has put before the store. */
export async function itemsOf(sub: string): Promise<Item[]> {
  const { Items = [] } = await table.send(
    new QueryCommand({
      TableName: TABLE_NAME,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": `CUSTOMER#${sub}` },
      ConsistentRead: true,
    }),
  );
  return Items;
}

/** Of that, the cart and the orders, oldest first. */
export async function cartAndOrdersOf(sub: string): Promise<{ cart: Item | undefined; orders: Item[] }> {
  const items = await itemsOf(sub);
  return {
    cart: items.find(({ sk }) => sk === "CART"),
    orders: items.filter(({ sk }) => String(sk).startsWith("ORDER#")),
  };
}
