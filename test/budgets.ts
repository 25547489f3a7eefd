/** What a request takes of the table: calls one after another, read and write units. Titles of 40 characters, no address. */
export type Budget = { trips: number; read: number; write: number };

/** Exact: `npm test` asserts each, and the report of the benchmarks shows them. */
export const budgets = {
  "an add that makes 3 lines": { trips: 2, read: 4, write: 2 },
  "an add that makes 3 lines, with a key": { trips: 2, read: 5, write: 4 },
  "a look at a cart of 3 lines": { trips: 2, read: 4, write: 0 },
  "an order of 3 lines": { trips: 3, read: 4, write: 5 },
  "an order of 3 lines, with a key": { trips: 3, read: 5, write: 7 },
  "an order of 3 lines whose stock is tracked": { trips: 3, read: 4, write: 11 },
  "an order of 20 lines": { trips: 3, read: 21, write: 9 },
  "a page of 20 orders of 3 lines": { trips: 1, read: 3, write: 0 },
} as const satisfies Record<string, Budget>;
