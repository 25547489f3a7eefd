import { parseArgs } from "node:util";
import { command } from "../../infra/local/command-line.ts";
import { djangoShop } from "./django-shop.ts";
import { journeys, median, quantile, together } from "./load.ts";
import { machine } from "./machine.ts";
import { ourShop } from "./our-shop.ts";
import { showProgress } from "./progress.ts";
import { type Shop, type Step, steps } from "./shop.ts";
import { printTargets, type Target } from "./targets.ts";

// `npm run bench -- --peer WHERE`: the same journeys through this shop and through others, in rounds that take turns.

export type Load = { clients: number; journeys: number; rounds: number };

/** What one shop did. Times in milliseconds; CPU in milliseconds a journey, null where its processes are not known. */
export type Measured = {
  name: string;
  /** Of each round. */
  journeysPerSecond: number[];
  serverCpuMs: number | null;
  storeCpuMs: number | null;
  memoryMiB: number | null;
  steps: Record<Step, { p50: number; p95: number; p99: number }>;
};

/** Each round has new customers, whose signing up is not counted; the first one warms up. */
export async function compare(
  shops: readonly Shop[],
  load: Load,
  report: (progress: string) => void,
): Promise<Measured[]> {
  const found = shops.map(() => ({
    rates: [] as number[],
    serverCpuMs: [] as number[],
    storeCpuMs: [] as number[],
    times: [] as Awaited<ReturnType<typeof journeys>>["times"][],
  }));
  for (let round = 0; round <= load.rounds; round++)
    for (const [at, shop] of shops.entries()) {
      report(`round ${round} of ${load.rounds}, ${shop.name}`);
      const tokens = await shop.customers(load.clients);
      const before = shop.taken();
      const done = await journeys(shop, tokens, load.journeys);
      const after = shop.taken();
      const into = found[at];
      if (round === 0 || !into) continue;
      into.rates.push(done.journeys / done.seconds);
      into.times.push(done.times);
      if (!before || !after) continue;
      into.serverCpuMs.push((after.serverCpuMs - before.serverCpuMs) / done.journeys);
      into.storeCpuMs.push((after.storeCpuMs - before.storeCpuMs) / done.journeys);
    }
  return shops.map((shop, at) => {
    const { rates = [], serverCpuMs = [], storeCpuMs = [], times = [] } = found[at] ?? {};
    const all = together(times);
    const quantiles = (step: Step) => ({
      p50: quantile(all[step], 0.5),
      p95: quantile(all[step], 0.95),
      p99: quantile(all[step], 0.99),
    });
    return {
      name: shop.name,
      journeysPerSecond: rates,
      serverCpuMs: serverCpuMs.length > 0 ? median(serverCpuMs) : null,
      storeCpuMs: storeCpuMs.length > 0 ? median(storeCpuMs) : null,
      memoryMiB: shop.taken()?.memoryMiB ?? null,
      steps: Object.fromEntries(steps.map((step) => [step, quantiles(step)])) as Measured["steps"],
    };
  });
}

export const cpuMs = ({ serverCpuMs, storeCpuMs }: Measured): number | null =>
  serverCpuMs === null || storeCpuMs === null ? null : serverCpuMs + storeCpuMs;

/** How often the peer's rate ours is, as the median of the rounds: neighbours in time. */
export const faster = (ours: Measured, peer: Measured): number =>
  median(ours.journeysPerSecond.map((rate, round) => rate / (peer.journeysPerSecond[round] ?? Number.NaN)));

/** Opens this shop and the peers, and closes them whatever happens. */
export async function withShops<Result>(
  peers: readonly string[],
  servers: number,
  run: (shops: Shop[]) => Promise<Result>,
): Promise<Result> {
  const shops: Shop[] = [];
  try {
    shops.push(await ourShop(servers));
    for (const peer of peers) shops.push(await djangoShop(peer, servers));
    return await run(shops);
  } finally {
    for (const shop of shops) await shop.stop();
  }
}

/** What this shop, the first of them, is to be beside each of the others. */
export function comparisonTargets([ours, ...peers]: readonly Measured[]): Target[] {
  if (!ours) return [];
  return peers.flatMap((peer) => {
    // a new connection to PostgreSQL for each request costs as much again as the request
    const asOften = /DB=postgres(?!.*CONN_MAX_AGE)/.test(peer.name)
      ? { atLeast: 4 }
      : { atLeast: 1.2, stretch: 2 };
    const slowest = steps.map((step) => ours.steps[step].p99 / peer.steps[step].p50);
    const beside = (what: string) => `${what}, beside ${peer.name}`;
    return [
      { what: beside("Journeys a second"), unit: "x", measured: faster(ours, peer), ...asOften },
      {
        what: beside("CPU of a journey"),
        unit: "x",
        measured: (cpuMs(ours) ?? Number.NaN) / (cpuMs(peer) ?? Number.NaN),
        atMost: 0.5,
      },
      {
        what: beside("p99 of its slowest step to the peer's p50"),
        unit: "x",
        measured: Math.max(...slowest),
        atMost: 1,
      },
    ];
  });
}

function print(all: readonly Measured[]): void {
  const [ours] = all;
  if (!ours) return;
  const row = (what: string, of: (one: Measured) => string) =>
    console.log(what.padEnd(24) + all.map((one) => of(one).padStart(24)).join(""));
  const round = (value: number | null) => (value === null ? "unknown" : value.toFixed(1));
  for (const [at, { name }] of all.entries()) console.log(`${at === 0 ? "   " : `(${at})`} ${name}`);
  row("", (one) => (one === ours ? "this shop" : `(${all.indexOf(one)})`));
  row("journeys/s", ({ journeysPerSecond: rates }) => {
    return `${round(median(rates))} (${round(Math.min(...rates))}-${round(Math.max(...rates))})`;
  });
  row("CPU ms a journey", (one) => `${round(one.serverCpuMs)} + ${round(one.storeCpuMs)}`);
  row("memory MiB", ({ memoryMiB }) => round(memoryMiB));
  for (const step of steps)
    row(`${step}, p50/p95/p99 ms`, ({ steps: { [step]: ms } }) =>
      [ms.p50, ms.p95, ms.p99].map(round).join(" / "),
    );
  console.log();
  printTargets(comparisonTargets(all));
}

if (import.meta.main)
  await command(async () => {
    const { values } = parseArgs({
      options: {
        peer: { type: "string", multiple: true, default: [] },
        clients: { type: "string", default: "8" },
        journeys: { type: "string", default: "10" },
        rounds: { type: "string", default: "5" },
        servers: { type: "string", default: "2" },
      },
    });
    const [clients, each, rounds, servers] = [
      values.clients,
      values.journeys,
      values.rounds,
      values.servers,
    ].map(Number) as [number, number, number, number];
    console.log(machine());
    const load = { clients, journeys: each, rounds };
    console.log(`${clients} clients, ${each} journeys each, ${rounds} rounds, ${servers} server processes\n`);
    print(
      await withShops(values.peer, servers, (shops) => compare(shops, load, showProgress)).finally(() =>
        showProgress(""),
      ),
    );
  });
