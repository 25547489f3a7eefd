import type { History, Operation } from "./history.ts";

/** What was seen in all histories: a proof by attack is worth what the attack reached. */
export class Statistics {
  histories = 0;
  orders = 0;
  overlapping = 0;
  priceInside = 0;
  crashed = 0;
  readonly #outcomes = new Map<string, { ok: number; refused: number; unknown: number }>();
  readonly #faults = new Map<string, number>();
  readonly #codes = new Map<string, number>();

  add(history: History): void {
    this.histories++;
    for (const operation of history.operations) {
      const { deed, reply } = operation;
      const counts = this.#outcomes.get(deed.kind) ?? { ok: 0, refused: 0, unknown: 0 };
      counts[reply === null || reply.status === 503 ? "unknown" : reply.status < 300 ? "ok" : "refused"]++;
      this.#outcomes.set(deed.kind, counts);
      if (reply === null) this.crashed++;
      const code = reply?.headers["idempotency-replayed"] ? "replayed" : reply?.body?.code;
      if (code) this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    }
    for (const { kind, call, fault } of history.faults) {
      const name = `${kind} ${Math.min(call, 5)} ${fault}`;
      this.#faults.set(name, (this.#faults.get(name) ?? 0) + 1);
    }
    const orders = history.operations.filter(
      ({ deed, method }) => deed.kind === "order" && method === "POST",
    );
    this.orders += orders.length;
    this.overlapping += orders.filter((order) => orders.some((other) => overlap(order, other))).length;
    this.priceInside += orders.filter((order) => sawPriceChange(order, history)).length;
  }

  /** What ought to have been seen and was not. */
  zeros(operations: number): string[] {
    const misses: string[] = [];
    const few = operations < 2000;
    for (const [kind, counts] of this.#outcomes)
      for (const [outcome, count] of Object.entries(counts))
        if (count === 0 && !few && !cannot.has(`${kind} ${outcome}`)) misses.push(`${kind} ${outcome}`);
    for (const kind of ["add", "order", "cancel"])
      for (const fault of [
        "drop-request",
        "drop-reply",
        "hang",
        "late",
        "truncate",
        "garbage",
        "throttle",
        "conflict",
      ])
        if (
          !few &&
          ![...this.#faults.keys()].some((name) => name.startsWith(`${kind} `) && name.endsWith(` ${fault}`))
        )
          misses.push(`${fault} in ${kind}`);
    if (this.overlapping < this.orders * 0.05) misses.push("5 % of the orders overlapping");
    if (this.priceInside === 0 && !few) misses.push("an order with a price change inside");
    if (this.crashed === 0 && !few) misses.push("a crash");
    return misses;
  }

  toString(): string {
    const outcomes = [...this.#outcomes].map(
      ([kind, { ok, refused, unknown }]) =>
        `  ${kind.padEnd(9)} ${pad(ok)} ok ${pad(refused)} refused ${pad(unknown)} unknown`,
    );
    const kinds = [...new Set([...this.#faults.keys()].map((name) => name.split(" ")[2] ?? ""))].sort();
    const calls = [
      ...new Set([...this.#faults.keys()].map((name) => name.split(" ").slice(0, 2).join(" "))),
    ].sort();
    const faults = calls.map(
      (call) =>
        `  ${call.padEnd(11)} ${kinds.map((kind) => `${kind} ${this.#faults.get(`${call} ${kind}`) ?? 0}`).join(", ")}`,
    );
    const codes = [...this.#codes].map(([code, count]) => `${code} ${count}`).join(", ");
    return [
      "operations:",
      ...outcomes,
      `answers: ${codes}`,
      "faults by operation and store call (5: the sixth and later):",
      ...faults,
      `${this.overlapping} of ${this.orders} orders overlapped another of the same customer, ${this.priceInside} saw a price change inside, ${this.crashed} requests crashed`,
    ].join("\n");
  }
}

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
