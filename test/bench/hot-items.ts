import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { type StoreCall, storeProxy } from "../faults/store-proxy.ts";

/** `inFlightMs`: how long a transaction takes at least. `conflicts`: whether one that meets another is cancelled. */
export type HotItems = { endpoint: string; inFlightMs: number; conflicts: boolean };

// What the embedded DynamoDB at `endpoint` lacks: a transaction is in flight for a while before it commits, and one that
// touches an item of another in flight is cancelled with TransactionConflict. By real overlap and by no percentage, since
// retries that come too soon, or too many at once, make conflicts of their own. A thread, so that what else the process
// does prolongs no flight. Says where it serves; asked anything, it says how long each flight since then has taken, in ms.
const { endpoint, inFlightMs, conflicts } = workerData as HotItems;
const inFlight = new Set<string>();
const begun = new Map<StoreCall, number>();
let flightsMs: number[] = [];

const proxy = await storeProxy(endpoint, {
  decide: async (call) => {
    if (call.operation !== "TransactWriteItems") return "none";
    if (conflicts && itemsOf(call).some((item) => inFlight.has(item))) return "conflict";
    begun.set(call, performance.now());
    for (const item of itemsOf(call)) inFlight.add(item);
    await sleep(inFlightMs);
    return "none";
  },
  committed: async (call) => {
    const start = begun.get(call);
    if (start === undefined) return;
    begun.delete(call);
    flightsMs.push(performance.now() - start);
    for (const item of itemsOf(call)) inFlight.delete(item);
  },
});
parentPort?.on("message", () => {
  parentPort?.postMessage(flightsMs);
  flightsMs = [];
});
parentPort?.postMessage(proxy.url);

type Key = { pk: { S: string }; sk: { S: string } };

/** The keys that a transaction writes. */
function itemsOf({ input }: StoreCall): string[] {
  const actions = input.TransactItems as Record<string, { Key?: Key; Item?: Key }>[];
  return actions.flatMap((action) =>
    Object.values(action).map(({ Key: key, Item: item }) => {
      const { pk, sk } = (key ?? item) as Key;
      return `${pk.S} ${sk.S}`;
    }),
  );
}
