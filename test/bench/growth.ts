import { parseArgs } from "node:util";
import { command } from "../../infra/local/command-line.ts";
import { withShops } from "./compare.ts";
import { again, journeys, quantile } from "./load.ts";
import { machine } from "./machine.ts";
import { showProgress } from "./progress.ts";
import { type Catalogue, type Shop, steps } from "./shop.ts";
import { printTargets, type Target } from "./targets.ts";

// `npm run bench:growth -- --peer WHERE`: how this shop, and others, take longer histories, catalogues and carts, and
// more customers at once.

const servers = 2;
const pastOrders = [10, 1_000, 100_000];
const books = [100, 1_000, 10_000, 100_000];
const cartLines = [1, 5, 20, 50];
const clients = [1, 8, 32, 128, 256];

const mostTimes = 40;
const historyRounds = 3;
const aRoundMs = 1000;
const customersAtEachLoad = 256;
const historyMayTake = 1.5;

/** How long a request took one client, of a thing of this size; times in milliseconds. */
export type Cell = { shop: string; what: string; size: number; requests: number; p50: number; p95: number };
/** Whole journeys of `journeys` customers, `clients` at once; times of a request, in milliseconds. */
export type LoadCell = {
  shop: string;
  clients: number;
  journeys: number;
  journeysPerSecond: number;
  p50: number;
  p99: number;
};

export type Growth = {
  /** By past orders. */
  history: Cell[];
  /** By books. */
  catalogue: Cell[];
  /** By lines; an add is the one that makes it so many. */
  carts: Cell[];
  clients: LoadCell[];
  /** What could not be measured, in words. */
  skipped: string[];
};

type Report = (progress: string) => void;

/** Measures one kind of growth after another, each with new customers. @throws Error at the first wrong answer */
export async function measureGrowth(shops: readonly Shop[], report: Report): Promise<Growth> {
  for (const shop of shops) {
    report(`${shop.name} warms up`);
    await journeys(shop, await shop.customers(8), 25);
  }
  const old = shops.filter(({ oldCustomer }) => oldCustomer !== null);
  return {
    history: await histories(old, report),
    carts: await carts(shops, report),
    clients: await loads(shops, report),
    // last, so that the rest is measured with the books that there are at first
    catalogue: await catalogues(shops, report),
    skipped: shops
      .filter((shop) => !old.includes(shop))
      .map(({ name }) => `No long histories of ${name}: its store is out of reach.`),
  };
}

/** Short and long histories take turns, so that none of them meets a warmer shop. */
async function histories(shops: readonly Shop[], report: Report): Promise<Cell[]> {
  const readers: { shop: Shop; orders: number; token: string; times: number[] }[] = [];
  for (const shop of shops)
    for (const orders of pastOrders) {
      report(`history: ${shop.name}, a customer with ${orders} orders`);
      readers.push({ shop, orders, token: (await shop.oldCustomer?.(orders)) ?? "", times: [] });
    }
  for (let round = 1; round <= historyRounds; round++)
    for (const { shop, orders, token, times } of readers) {
      report(`history: round ${round} of ${historyRounds}, ${shop.name}, ${orders} orders`);
      const ask = (count: number) =>
        again(shop, token, shop.history, count, (answer) => shop.shows(answer, orders));
      const [first = 0] = await ask(1);
      times.push(first, ...(await ask(Math.min(mostTimes - 1, Math.floor(aRoundMs / first)))));
    }
  return readers.map(({ shop, orders, times }) => cell(shop, "history", orders, times));
}

async function catalogues(shops: readonly Shop[], report: Report): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const shop of shops)
    if (shop.catalogue) cells.push(...(await catalogueOf(shop, shop.catalogue, report)));
  return cells;
}

async function catalogueOf(shop: Shop, catalogue: Catalogue, report: Report): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const size of books) {
    report(`catalogue: ${shop.name}, filled to ${size} books`);
    await catalogue.fillTo(size);
    report(`catalogue: ${shop.name}, ${size} books`);
    const tokens = await shop.customers(1);
    for (const { name, asked, books } of catalogue.looks) {
      const isRight = (answer: unknown) => catalogue.shown(answer) === books;
      const times = await again(shop, tokens[0] ?? "", asked, mostTimes, isRight);
      cells.push(cell(shop, name, size, times));
    }
    const { times } = await journeys(shop, tokens, mostTimes, { books: size });
    for (const step of ["add", "place"] as const) cells.push(cell(shop, step, size, times[step]));
  }
  return cells;
}

/** One customer fills a cart, looks at it and orders it, again and again. */
async function carts(shops: readonly Shop[], report: Report): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const lines of cartLines)
    for (const shop of shops) {
      report(`carts: ${shop.name}, ${lines} lines`);
      const { times } = await journeys(shop, await shop.customers(1), mostTimes, { lines });
      const last = times.add.filter((_, add) => (add + 1) % lines === 0);
      cells.push(cell(shop, "add", lines, last));
      for (const step of ["view", "place"] as const) cells.push(cell(shop, step, lines, times[step]));
    }
  return cells;
}

/** The same customers at every load, each with one journey more. */
async function loads(shops: readonly Shop[], report: Report): Promise<LoadCell[]> {
  const cells: LoadCell[] = [];
  for (const shop of shops) {
    report(`clients: ${shop.name}, ${customersAtEachLoad} customers sign up`);
    const tokens = await shop.customers(customersAtEachLoad);
    for (const [ordersBefore, atOnce] of clients.entries()) {
      report(`clients: ${shop.name}, ${atOnce} at once`);
      const done = await journeys(shop, tokens, 1, { atOnce, ordersBefore });
      const times = steps.flatMap((step) => done.times[step]);
      cells.push({
        shop: shop.name,
        clients: atOnce,
        journeys: done.journeys,
        journeysPerSecond: done.journeys / done.seconds,
        p50: quantile(times, 0.5),
        p99: quantile(times, 0.99),
      });
    }
  }
  return cells;
}

const cell = (shop: Shop, what: string, size: number, times: readonly number[]): Cell => ({
  shop: shop.name,
  what,
  size,
  requests: times.length,
  p50: quantile(times, 0.5),
  p95: quantile(times, 0.95),
});

function print(growth: Growth): void {
  const names = [...new Set(growth.clients.map(({ shop }) => shop))];
  const label = (shop: string) => (shop === names[0] ? "this shop" : `(${names.indexOf(shop)})`);
  for (const [at, name] of names.entries()) console.log(`${at === 0 ? "   " : `(${at})`} ${name}`);
  const row = (what: string, cells: readonly string[]) =>
    console.log(what.padEnd(24) + cells.map((text) => text.padStart(24)).join(""));
  const count = (many: number) => many.toLocaleString("en");

  const table = (title: string, cells: readonly Cell[]) => {
    console.log("");
    row(title, [...new Set(cells.map(({ size }) => size))].map(count));
    const rows = Map.groupBy(cells, ({ shop, what }) => `${what}, ${label(shop)}`);
    for (const [what, of] of rows)
      row(
        what,
        of.map(({ p50, p95, requests }) => `${p50.toFixed(1)} / ${p95.toFixed(1)} (${requests})`),
      );
  };
  console.log("\nOne client; p50 / p95 ms (requests)");
  table("past orders", growth.history);
  table("lines in a cart", growth.carts);
  table("books", growth.catalogue);

  console.log("\nWhole journeys; journeys/s, p50 / p99 ms of a request\n");
  row("clients at once", clients.map(count));
  for (const [shop, cells] of Map.groupBy(growth.clients, ({ shop }) => shop))
    row(
      label(shop),
      cells.map(
        ({ journeysPerSecond, p50, p99 }) =>
          `${journeysPerSecond.toFixed(1)}, ${p50.toFixed(1)} / ${p99.toFixed(1)}`,
      ),
    );
  for (const what of growth.skipped) console.log(`\n${what}`);
  console.log();
  printTargets(growthTargets(growth));
}

export function growthTargets({ history }: Growth): Target[] {
  const [ours] = history;
  const p50 = (orders: number | undefined) =>
    history.find(({ shop, size }) => shop === ours?.shop && size === orders)?.p50 ?? Number.NaN;
  const measured = p50(pastOrders.at(-1)) / p50(pastOrders[0]);
  return [{ what: "A look at 100,000 past orders, to 10", unit: "x", measured, atMost: historyMayTake }];
}

if (import.meta.main)
  await command(async () => {
    const { values } = parseArgs({ options: { peer: { type: "string", multiple: true, default: [] } } });
    console.log(`${machine()}, ${servers} server processes\n`);
    const growth = await withShops(values.peer, servers, (shops) =>
      measureGrowth(shops, showProgress),
    ).finally(() => showProgress(""));
    print(growth);
  });
