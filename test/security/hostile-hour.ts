import { type Route, routeKey, routes } from "../../functions/routes.ts";
import { environments } from "../../infra/environments.ts";
import { memoryMiB } from "../../infra/function.ts";
import { type Bill, billOfOrders, signInBill, total, type Usage } from "../bench/bill.ts";
import { dollarsFor } from "../bench/prices.ts";
import { processorMiB, storeTripMs } from "../bench/usage.ts";
import { limits, type RouteName, type Size, storedOrder, type Taken } from "./limits.ts";

// What an hour costs in which the dearest requests come as fast as the throttles of prod let them through.

const { throttle, mostUnits } = environments.prod;

/** Assumed, more than any of these requests took: milliseconds of a processor for a request, and for each unit it reads. */
const [requestMs, unitMs] = [10, 2];
/** Bytes with the 26 that CloudWatch adds: assumed, a line of the access log; and the longest of a function (test/log.test.ts). */
const [accessLine, requestLine] = [300, 376];
/** At once in an account and region; new ones have fewer (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const mostFunctions = 1000;
/** Requests a second of an account and region (docs.aws.amazon.com/apigateway/latest/developerguide/limits.html). */
const mostRequests = 10_000;

/** Half of the longest waits of shared/table/client.ts, which are drawn anew each time. */
const waitedMs = (waits: number) =>
  Array.from({ length: waits }, (_, attempt) => Math.min(20 * 2 ** attempt, 400) / 2).reduce(
    (sum, ms) => sum + ms,
    0,
  );

const usageOf = ({ calls, read, write, waits, kib }: Taken): Partial<Usage> => ({
  requests: Math.ceil(kib / 512),
  invocations: 1,
  read,
  write,
  answeringMs:
    (requestMs + unitMs * read) * (processorMiB / memoryMiB) + storeTripMs * calls + waitedMs(waits),
  logBytes: accessLine + requestLine,
  answerBytes: kib * 1024,
});

const hourOf = (rate: number, usage: Partial<Usage>): Bill =>
  scaled(billOfOrders(usage), (rate * 3600) / 1e6);

const scaled = (bill: Bill, by: number): Bill =>
  Object.fromEntries(Object.entries(bill).map(([what, dollars]) => [what, dollars * by]));

const sum = (bills: readonly Bill[]): Bill => {
  const all: Bill = {};
  for (const bill of bills)
    for (const [what, dollars] of Object.entries(bill)) all[what] = (all[what] ?? 0) + dollars;
  return all;
};

/** The same where DynamoDB turns away what is beyond the maximums, and Lambda what has no room. */
function capped(bill: Bill): Bill {
  const { table, index } = mostUnits;
  const most = hourOf(1, {
    read: table.read + index.read,
    write: table.write + index.write,
    answeringMs: 1000 * mostFunctions,
  });
  return Object.fromEntries(
    Object.entries(bill).map(([what, dollars]) => [
      what,
      // nothing but these three has a maximum
      most[what] ? Math.min(dollars, most[what]) : dollars,
    ]),
  );
}

type Row = { who: Route["who"]; key: RouteName; rate: number };

const rows: Row[] = [
  ...routes.map(({ who, rate, ...route }) => ({ who, rate, key: routeKey(route) as RouteName })),
  { who: "anyone", key: "$default", rate: throttle.rate },
];

const sizes = ["ordinary", "largest"] as const satisfies readonly Size[];
const billsOf = (size: Size, who: Route["who"]) =>
  rows.filter((row) => row.who === who).map(({ key, rate }) => hourOf(rate, usageOf(limits[key][size])));

/** Dollars an hour of requests that API Gateway answers by itself: one is paid for, and leaves a line. */
export const withoutToken = (): number => {
  const rate = rows.filter(({ who }) => who !== "anyone").reduce((all, row) => all + row.rate, 0);
  return total(hourOf(rate, { requests: 1, logBytes: accessLine }));
};

/** And of those that are too many, which AWS does not charge for, but for their line. */
export const turnedAway = (): number => total(hourOf(mostRequests, { logBytes: accessLine }));

/** API Gateway takes so many MB with any request, and counts each started 512 KB of them as one. */
const [mostBodyMiB, requestsAMiB] = [10, 2];

/** Dollars an hour that bodies as long as may be add to requests at all rates, and GB of them that are sent in a second. */
export function longestBodies(): { dollars: number; gigabytes: number } {
  const rate = rows.reduce((all, row) => all + row.rate, 0);
  return {
    dollars: total(hourOf(rate, { requests: mostBodyMiB * requestsAMiB - 1 })),
    gigabytes: (rate * mostBodyMiB * 2 ** 20) / 1e9,
  };
}

/** What an hour of orders leaves in the table for good: bytes, and dollars for each month that they stay. */
export function leftBehind(size: Size): { bytes: number; dollars: number } {
  const rateOf = (key: RouteName) => rows.find((row) => row.key === key)?.rate ?? Number.NaN;
  const orders = rateOf("POST /api/orders");
  // nobody orders more lines than are put into carts
  const lines = rateOf("POST /api/cart/add") + rateOf("PUT /api/cart/items/{bookId}");
  const { first, further } = storedOrder[size];
  const bytes = 3600 * (orders * first + (lines - orders) * further);
  return { bytes, dollars: dollarsFor("tableAtRest", bytes) + dollarsFor("recovery", bytes) };
}

/** Sign-ups a second of all pools of an account and region (docs.aws.amazon.com/cognito/latest/developerguide/quotas.html). */
const mostSignUps = 50;
/** Dollars for the people of an hour of sign-ups, were nobody else there that month. */
export const signedUp = (): number => signInBill(mostSignUps * 3600);

const money = (dollars: number) =>
  dollars.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const count = (amount: number) => amount.toLocaleString("en");

/** The tables of docs/security.md, in Markdown. */
export function hostileHourTable(): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const groups = {
    anyone: "anyone, all of it",
    customer: "a customer, all of it and the above",
    admin: "with a token of staff, all of it and the above",
  };
  const everything: Record<Size, Bill[]> = { ordinary: [], largest: [] };
  const lines = [
    line([
      "who, and what",
      "a second",
      "read units",
      "write units",
      "KiB",
      "$ an hour",
      "with the largest books",
    ]),
    "|---|--:|--:|--:|--:|--:|--:|",
  ];
  for (const [who, name] of Object.entries(groups) as [Route["who"], string][]) {
    for (const { key, rate } of rows.filter((row) => row.who === who)) {
      const { read, write, kib } = limits[key].ordinary;
      const dollars = sizes.map((size) => money(total(hourOf(rate, usageOf(limits[key][size])))));
      lines.push(line([`\`${key}\``, count(rate), count(read), count(write), count(kib), ...dollars]));
    }
    for (const size of sizes) everything[size].push(...billsOf(size, who));
    const hours = sizes.map((size) => sum(everything[size]));
    const inAll = (what: string, cells: string[]) => line([`**${what}**`, "", "", "", "", ...cells]);
    lines.push(
      inAll(
        name,
        hours.map((bill) => money(total(bill))),
      ),
      inAll(
        "within the maximums",
        hours.map((bill) => `**${money(total(capped(bill)))}**`),
      ),
    );
  }
  return lines.join("\n");
}
