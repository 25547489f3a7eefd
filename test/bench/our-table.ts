import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { createTable, localClient } from "../../infra/local/dynamodb.ts";
import sampleBooks from "../../infra/local/sample-books.json" with { type: "json" };
import type { Book } from "../../shared/book.ts";

const booksAtFirst = 100;

/** The table of a shop under load, with the first 100 sample books; filled without asking the shop. */
export async function openTable(endpoint: string, variables: Record<string, string>) {
  // biome-ignore lint/style/noProcessEnv: what is shared with the functions finds its settings as they do
  Object.assign(process.env, variables);
  const { bookAt, pastOrders, putItems } = await import("../plenty.ts");
  const { bookItem } = await import("../../shared/table/books.ts");
  const { TABLE_NAME: tableName = "" } = variables;
  await createTable(endpoint, tableName);
  const client = DynamoDBDocumentClient.from(localClient(endpoint));
  const shelf: Book[] = [];
  const put = async (books: Book[]) => {
    await putItems(client, tableName, books.map(bookItem));
    shelf.push(...books);
  };
  await put(
    sampleBooks.slice(0, booksAtFirst).map((book) => ({ ...book, stock: null, active: true, revision: 1 })),
  );
  return {
    /** Its books, by their number. */
    shelf,
    fillTo: (books: number) =>
      put(Array.from({ length: books - shelf.length }, (_, at) => bookAt(shelf.length + at))),
    putOrders: (customerId: string, count: number) =>
      putItems(client, tableName, pastOrders(customerId, count, shelf.slice(0, booksAtFirst))),
    close: () => client.destroy(),
  };
}
