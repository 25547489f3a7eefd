import { DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { createTable, localClient } from "../../infra/local/dynamodb.ts";

export type Cart = {
  cartId: string | null;
  version: number;
  lines: Record<string, number>;
  lastOrderId: string | null;
};
export type Order = {
  orderId: string;
  cartId: string;
  customer: string;
  status: string;
  lines: { bookId: string; quantity: number; unitPrice: number; stockTaken?: boolean }[];
  steps: { status: string; by: string }[];
};
export type Book = { bookId: string; price: number; stock: number | null; active: boolean; revision: number };

/** Everything in the table that a promise is about. */
export type Snapshot = {
  carts: Record<string, Cart>;
  orders: Record<string, Order>;
  books: Record<string, Book>;
};

/** The table, read and reset past everything that is under test. */
export class Store {
  readonly #client: DynamoDBDocumentClient;
  readonly #endpoint: string;
  readonly #tableName: string;

  constructor(endpoint: string, tableName: string) {
    this.#client = DynamoDBDocumentClient.from(localClient(endpoint));
    this.#endpoint = endpoint;
    this.#tableName = tableName;
  }

  /** An empty table with some books: every other one tracks a small stock. */
  async reset(count: number): Promise<string[]> {
    const TableName = this.#tableName;
    await this.#client.send(new DeleteTableCommand({ TableName })).catch(() => {});
    await createTable(this.#endpoint, TableName);
    const books = Array.from({ length: count }, (_, at) => ({
      pk: `BOOK#book-${at}`,
      sk: "BOOK",
      ipk: "CATALOGUE",
      isk: `book ${at}\tbook-${at}`,
      schema: 1,
      title: `Book ${at}`,
      authors: ["An Author"],
      price: 1000 + at,
      active: true,
      revision: 1,
      ...(at % 2 === 0 && { stock: 6 }),
    }));
    const requests = books.map((Item) => ({ PutRequest: { Item } }));
    await this.#client.send(new BatchWriteCommand({ RequestItems: { [TableName]: requests } }));
    return books.map((_, at) => `book-${at}`);
  }

  /** One strongly consistent read of everything. */
  async snapshot(): Promise<Snapshot> {
    const snapshot: Snapshot = { carts: {}, orders: {}, books: {} };
    const { Items = [], LastEvaluatedKey } = await this.#client.send(
      new ScanCommand({ TableName: this.#tableName, ConsistentRead: true }),
    );
    if (LastEvaluatedKey) throw new Error("The table of a history is more than one page: no snapshot of it.");
    for (const item of Items) {
      const owner = String(item.pk).split("#")[1] ?? "";
      if (item.sk === "CART")
        snapshot.carts[owner] = {
          cartId: item.cartId ?? null,
          version: item.version,
          lines: item.lines,
          lastOrderId: item.lastOrderId ?? null,
        };
      else if (item.sk === "BOOK")
        snapshot.books[owner] = {
          bookId: owner,
          price: item.price,
          stock: item.stock ?? null,
          active: item.active,
          revision: item.revision,
        };
      else if (String(item.sk).startsWith("ORDER#"))
        snapshot.orders[item.isk] = {
          orderId: item.isk,
          cartId: String(item.sk).slice("ORDER#".length),
          customer: owner,
          status: item.status,
          lines: item.lines,
          steps: item.steps ?? [],
        };
    }
    return snapshot;
  }
}

/** Alike in all members, whatever their order. */
export const same = (one: unknown, other: unknown): boolean => sorted(one) === sorted(other);

const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, member) =>
    member && typeof member === "object" && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  ) ?? "undefined";
