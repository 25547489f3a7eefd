import type { History, Operation } from "./history.ts";

type Outcomes = { ok: number; refused: number; unknown: number };

const faultsOfAll = [
  "drop-request",
  "drop-reply",
  "hang",
  "late",
  "truncate",
  "garbage",
  "throttle",
  "conflict",
];
// below this many operations nothing can be said of what was not seen
const enough = 2000;

/** What was seen in all histories: a proof by attack is worth what the attack reached. */
export class Statistics {
  readonly seen = {
    histories: 0,
    operations: 0,
    orders: 0,
    overlapping: 0,
    priceInside: 0,
    crashed: 0,
    outcomes: {} as Record<string, Outcomes>,
    /** By operation, store call and fault. */
    faults: {} as Record<string, number>,
    codes: {} as Record<string, number>,
  };

  add(history: History): void {
    const { seen } = this;
    seen.histories++;
    seen.operations += history.operations.length;
    for (const { deed, reply } of history.operations) {
      const outcome =
        reply === null || reply.status === 503 ? "unknown" : reply.status < 300 ? "ok" : "refused";
      seen.outcomes[deed.kind] = plus(seen.outcomes[deed.kind], { ...none, [outcome]: 1 });
      if (reply === null) seen.crashed++;
      const code = reply?.headers["idempotency-replayed"] ? "replayed" : reply?.body?.code;
      if (code) seen.codes[code] = (seen.codes[code] ?? 0) + 1;
    }
    for (const { kind, call, fault } of history.faults) {
      const name = `${kind} ${Math.min(call, 5)} ${fault}`;
      seen.faults[name] = (seen.faults[name] ?? 0) + 1;
    }
    const orders = history.operations.filter(
      ({ deed, method }) => deed.kind === "order" && method === "POST",
    );
    seen.orders += orders.length;
    seen.overlapping += orders.filter((order) => orders.some((other) => overlap(order, other))).length;
    seen.priceInside += orders.filter((order) => sawPriceChange(order, history)).length;
  }

  merge(other: Statistics["seen"]): void {
    const { seen } = this;
    for (const name of [
      "histories",
      "operations",
      "orders",
      "overlapping",
      "priceInside",
      "crashed",
    ] as const)
      seen[name] += other[name];
    for (const [kind, counts] of Object.entries(other.outcomes))
      seen.outcomes[kind] = plus(seen.outcomes[kind], counts);
    for (const name of ["faults", "codes"] as const)
      for (const [key, count] of Object.entries(other[name]))
        seen[name][key] = (seen[name][key] ?? 0) + count;
  }

  /** What ought to have been seen and was not. */
  zeros(): string[] {
    const { outcomes, faults, orders, overlapping, operations, priceInside, crashed } = this.seen;
    const misses = overlapping < orders * 0.05 ? ["5 % of the orders overlapping"] : [];
    if (operations < enough) return misses;
    for (const [kind, counts] of Object.entries(outcomes))
      for (const [outcome, count] of Object.entries(counts))
        if (count === 0 && !cannot.has(`${kind} ${outcome}`)) misses.push(`${kind} ${outcome}`);
    for (const kind of ["add", "order", "cancel"])
      for (const fault of faultsOfAll)
        if (!Object.keys(faults).some((name) => name.startsWith(`${kind} `) && name.endsWith(` ${fault}`)))
          misses.push(`${fault} in ${kind}`);
    if (priceInside === 0) misses.push("an order with a price change inside");
    if (crashed === 0) misses.push("a crash");
    return misses;
  }

  toString(): string {
    const { outcomes, faults, codes, orders, overlapping, priceInside, crashed } = this.seen;
    const names = Object.keys(faults).map((name) => name.split(" "));
    const kinds = [...new Set(names.map(([, , fault]) => fault))].sort();
    const calls = [...new Set(names.map(([kind, call]) => `${kind} ${call}`))].sort();
    return [
      "operations:",
      ...Object.entries(outcomes).map(
        ([kind, { ok, refused, unknown }]) =>
          `  ${kind.padEnd(9)} ${pad(ok)} ok ${pad(refused)} refused ${pad(unknown)} unknown`,
      ),
      `answers: ${Object.entries(codes)
        .map((code) => code.join(" "))
        .join(", ")}`,
      "faults by operation and store call (5: the sixth and later):",
      ...calls.map(
        (call) =>
          `  ${call.padEnd(11)} ${kinds.map((kind) => `${kind} ${faults[`${call} ${kind}`] ?? 0}`).join(", ")}`,
      ),
      `${overlapping} of ${orders} orders overlapped another of the same customer, ${priceInside} saw a price change inside, ${crashed} requests crashed`,
    ].join("\n");
  }
}

const none: Outcomes = { ok: 0, refused: 0, unknown: 0 };
const plus = (one: Outcomes = none, other: Outcomes): Outcomes => ({
  ok: one.ok + other.ok,
  refused: one.refused + other.refused,
  unknown: one.unknown + other.unknown,
});

/** Outcomes that cannot be: nobody is refused a look. */
const cannot = new Set([
  "view refused",
  "history refused",
  "remove refused",
  "clear refused",
  "price refused",
  "shelf refused",
  "put refused",
]);

const overlap = (one: Operation, other: Operation) =>
  one !== other &&
  one.customer === other.customer &&
  one.invoked < other.completed &&
  other.invoked < one.completed;

function sawPriceChange(order: Operation, { transitions }: History): boolean {
  const placed = transitions.find(({ operation }) => operation === order.id);
  return transitions.some(
    ({ step, before, after }) =>
      placed !== undefined &&
      step > order.invoked &&
      step < placed.step &&
      Object.values(after.books).some(({ bookId, price }) => before.books[bookId]?.price !== price),
  );
}

const pad = (count: number) => String(count).padStart(6);
