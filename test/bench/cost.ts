import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { bookshop } from "../../infra/app.ts";
import { bundle } from "../../infra/bundle.ts";
import { environments } from "../../infra/environments.ts";
import { memoryMiB } from "../../infra/function.ts";
import { command } from "../../infra/local/command-line.ts";
import {
  type Bill,
  billOfOrders,
  countingAtMost,
  floor,
  idleBill,
  signInBill,
  total,
  type Usage,
} from "./bill.ts";
import type { Variant } from "./journey.ts";
import { freePeople, lookedUp } from "./prices.ts";
import { showProgress } from "./progress.ts";
import { printTargets, type Target } from "./targets.ts";
import { coldShare, measureUsage, processorMiB, storeTripMs } from "./usage.ts";

/** In dollars, but for what was measured. */
export type Cost = {
  /** Of one order and the requests around it. */
  usage: Record<Variant, Usage>;
  /** A million orders. */
  orders: Record<"floor" | Variant, Bill>;
  /** A month in which nobody calls, and what counting in the logs adds at most when somebody does. */
  idle: { environment: string; bill: Bill; counting: number }[];
  /** A month in which so many people sign in. */
  signIn: { people: number; dollars: number }[];
};

/** Runs orders with the requests around them, and prices what they took and what each environment keeps. */
export async function measureCost(report: (progress: string) => void): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), "bookshop-cost-"));
  try {
    report("Bundling");
    await bundle(folder);
    const usage = await measureUsage(folder, report);
    const idle = Object.values(environments).map((environment) => {
      report(`The stacks of ${environment.name}`);
      const context = { "aws:cdk:disable-asset-staging": true };
      const app = new App({ outdir: join(folder, environment.name), context });
      const operations = Template.fromStack(bookshop(app, environment, folder).operations);
      const bill = idleBill(environment, operations);
      return { environment: environment.name, bill, counting: countingAtMost(operations) };
    });
    const bills = Object.entries({ floor, ...usage }).map(([name, each]) => [name, billOfOrders(each)]);
    const orders: Cost["orders"] = Object.fromEntries(bills);
    const signIn = [10_000, 100_000, 1_000_000].map((people) => ({ people, dollars: signInBill(people) }));
    return { usage, orders, idle, signIn };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function costTargets({ orders, idle }: Cost): Target[] {
  const plain = total(orders["without keys"]);
  const dev = idle.find(({ environment }) => environment === "dev");
  return [
    { what: "A million orders without keys", unit: "$", measured: plain, atMost: 24 },
    { what: "A million orders with keys", unit: "$", measured: total(orders["with keys"]), atMost: 29 },
    {
      what: "Tracked stock, more than that",
      unit: "$",
      measured: total(orders["tracked stock"]) - plain,
      atMost: 4,
    },
    { what: "A month of dev in which nobody calls", unit: "$", measured: total(dev?.bill ?? {}), atMost: 1 },
  ];
}

/** `npm run cost`. */
async function print(): Promise<void> {
  const cost = await measureCost(showProgress).finally(() => showProgress(""));
  const { usage, orders, idle, signIn } = cost;
  const row = (what: string, values: (string | number)[]) =>
    console.log(
      what.padEnd(34) +
        values.map((value) => (typeof value === "number" ? value.toFixed(2) : value).padStart(14)).join(""),
    );
  const table = (title: string, bills: Record<string, Bill>) => {
    row(title, Object.keys(bills));
    const all = Object.values(bills);
    for (const what of Object.keys(all[0] ?? {}))
      row(
        what,
        all.map((bill) => bill[what] ?? Number.NaN),
      );
    row("in all", all.map(total));
  };

  table("A million orders, dollars", orders);
  row("\nMeasured, one order", ["", ...Object.keys(usage)]);
  const measured = [
    "calls",
    "write",
    "read",
    "cpuMs",
    "answeringMs",
    "startingMs",
    "logBytes",
    "answerBytes",
  ] as const;
  for (const name of measured) row(name, ["", ...Object.values(usage).map((each) => each[name])]);
  const callMs = total(billOfOrders({ answeringMs: usage["without keys"].calls }));
  console.log(`
An order: 3 adds, 2 looks at the cart, 1 order of 3 lines, 1 look at 20 orders of the history.
List prices of us-east-1, looked up on ${lookedUp} (test/bench/prices.ts), before free allowances.
Measured: calls and units of the table, bytes of answers and logs, CPU and starting of the functions.
Assumed: ${storeTripMs} ms for each call to the table, where 1 ms more is $${callMs.toFixed(2)} more; ${coldShare * 100} % of invocations start
an environment; Lambda's processors as fast as this one, of which a function has ${memoryMiB} of ${processorMiB} parts.
Left out: TLS, a browser's preflights, and what orders leave at rest in table and logs.
`);

  printTargets(costTargets(cost));
  console.log();
  table(
    "Idle, 1 GB of data, 1 GB of logs",
    Object.fromEntries(idle.map(({ environment, bill }) => [environment, bill])),
  );
  row(
    "counting in logs, in use, at most",
    idle.map(({ counting }) => counting),
  );
  console.log(
    `\nSigning in, within a month, the first ${freePeople.toLocaleString("en")} people for nothing`,
  );
  for (const { people, dollars } of signIn) row(`${people.toLocaleString("en")} people`, [dollars]);
}

if (import.meta.main) await command(print);
