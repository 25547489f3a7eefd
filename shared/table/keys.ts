/** The one table: its keys, its one index, and what the index carries besides its keys. Made from this on AWS and here. */
export const layout = {
  partitionKey: "pk",
  sortKey: "sk",
  /** Seconds since 1970 after which DynamoDB may delete an item. */
  expiry: "expiresAt",
  index: {
    name: "by-group",
    partitionKey: "ipk",
    sortKey: "isk",
    carries: ["title", "authors", "isbn", "price"],
  },
} as const;

export type Key = { pk: string; sk: string };
export type IndexKey = { ipk: string; isk: string };
