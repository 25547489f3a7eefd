import * as fc from "fast-check";

/** How many of each there are in one history. */
export const size = { clients: 8, customers: 3, books: 5, instances: 2 };

/** What a client does next. `again` repeats its last request with the same key, in whatever instance. */
export type Deed =
  | { kind: "add" | "put"; book: number; quantity: number; keyed: boolean }
  | { kind: "remove"; book: number }
  | { kind: "clear" | "view" | "history" | "cancel" | "again" }
  | { kind: "order"; keyed: boolean; names: "nothing" | "cart" | "tag" }
  | { kind: "price" | "restock"; book: number; amount: number }
  | { kind: "shelf"; book: number; active: boolean }
  | { kind: "move"; status: "paid" | "shipped" | "delivered" | "cancelled" };

export type Turn = { client: number; deed: Deed };

/** A history to be: who does what, and the seed of all else: faults, crashes, clocks, ids, jitter and the order of things. */
export type Plan = { seed: number; turns: Turn[] };

const book = fc.nat(size.books - 1);
const keyed = fc.boolean();

const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 26,
    arbitrary: fc.record({
      kind: fc.constant("add" as const),
      book,
      quantity: fc.integer({ min: 1, max: 3 }),
      keyed,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      book,
      quantity: fc.integer({ min: 1, max: 6 }),
      keyed: fc.constant(false),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("remove" as const), book }) },
  {
    weight: 22,
    arbitrary: fc.record({
      kind: fc.constant("order" as const),
      keyed,
      names: fc.constantFrom("nothing" as const, "cart" as const, "tag" as const),
    }),
  },
  { weight: 10, arbitrary: fc.constant<Deed>({ kind: "again" }) },
  { weight: 6, arbitrary: fc.constant<Deed>({ kind: "view" }) },
  { weight: 4, arbitrary: fc.constant<Deed>({ kind: "history" }) },
  { weight: 5, arbitrary: fc.constant<Deed>({ kind: "cancel" }) },
  { weight: 1, arbitrary: fc.constant<Deed>({ kind: "clear" }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("price" as const),
      book,
      amount: fc.integer({ min: 100, max: 9999 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("restock" as const),
      book,
      amount: fc.integer({ min: -2, max: 8 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("shelf" as const), book, active: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("move" as const),
      status: fc.constantFrom(
        "paid" as const,
        "shipped" as const,
        "delivered" as const,
        "cancelled" as const,
      ),
    }),
  },
);

/** At least 64 turns; a failing history is shrunk by leaving out turns and making the rest simpler. */
export const plans = (turns: number): fc.Arbitrary<Plan> =>
  fc.record({
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    turns: fc.array(fc.record({ client: fc.nat(size.clients - 1), deed }), {
      minLength: turns,
      maxLength: turns,
    }),
  });
