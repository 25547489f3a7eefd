import { BatchWriteCommand, DynamoDBDocumentClient, GetCommand } from "@aws-sdk/lib-dynamodb";
import { bookItem } from "../../shared/table/books.ts";
import { bookKey } from "../../shared/table/keys.ts";
import { localClient } from "./dynamodb.ts";
import books from "./sample-books.json" with { type: "json" };

const mostInOneWrite = 25;

/** Puts the sample books on the shelves, once: the last one being there says that all are. */
export async function stockShelves(
  endpoint: string,
  tableName: string,
  report: (progress: string) => void,
): Promise<void> {
  const client = DynamoDBDocumentClient.from(localClient(endpoint));
  const last = books.at(-1)?.bookId ?? "";
  const { Item } = await client.send(new GetCommand({ TableName: tableName, Key: bookKey(last) }));
  if (!Item) report(`Putting ${books.length} sample books on the shelves`);
  for (let from = 0; !Item && from < books.length; from += mostInOneWrite) {
    const some = books.slice(from, from + mostInOneWrite);
    const requests = some.map((book) => ({
      PutRequest: { Item: bookItem({ ...book, stock: null, active: true, revision: 1 }) },
    }));
    await client.send(new BatchWriteCommand({ RequestItems: { [tableName]: requests } }));
  }
  client.destroy();
}
