import { accessLine } from "../../infra/api-stack.ts";
import { memoryMiB } from "../../infra/function.ts";
import type { Usage } from "./bill.ts";
import { journeyOf, type Variant, variants } from "./journey.ts";
import { type Answer, type Invoked, openMeasuredShop } from "./measured-shop.ts";
import { tokenOf } from "./requests.ts";

/**
 * Assumed, milliseconds from a function to the table and back: DynamoDB promises single-digit ones
 * (aws.amazon.com/blogs/database/understanding-amazon-dynamodb-latency), and this is the middle of them.
 */
export const storeTripMs = 5;
/**
 * Assumed, the share of invocations that start an environment: AWS says under 1 %
 * (aws.amazon.com/blogs/compute/operating-lambda-performance-optimization-part-1).
 */
export const coldShare = 0.01;
/** What Lambda calls one processor, in MB of memory (docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). */
export const processorMiB = 1769;
/** Bytes that CloudWatch adds to a line (docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html). */
const lineOverhead = 26;

const customerFunctions = ["add-to-cart", "view-cart", "place-order", "order-history"];
// the first journeys warm the functions up and fill a page of each customer's history
const [warming, measured] = [100, 100];

/** What a journey takes, on average, by running it: all of it measured but for the assumptions above. */
export async function measureUsage(
  folder: string,
  report: (progress: string) => void,
): Promise<Record<Variant, Usage>> {
  const shop = await openMeasuredShop(folder, [...customerFunctions, "staff-books"], report);
  const startMs = new Map<string, number>();
  const sent: { variant: Variant; route: string; answer: Answer }[] = [];
  let lines: Map<string, string>;
  try {
    for (const name of customerFunctions) {
      report(`Starting ${name}`);
      startMs.set(name, await shop.startMs(name));
    }
    const staff = await tokenOf(shop.signInUrl, "staff@example.com", "admins");
    const newBook = async (number: number, stock: number | null): Promise<string> => {
      const title = `A title that has 40 characters, number ${number}`;
      const body = { title, authors: ["An Author"], price: { amount: 1299, currency: "USD" }, stock };
      return JSON.parse((await shop.ask(staff, { method: "POST", path: "/api/admin/books", body })).text)
        .bookId;
    };
    const readers = [];
    for (const [name, { keyed, stock }] of Object.entries(variants)) {
      const bookIds = [await newBook(1, stock), await newBook(2, stock), await newBook(3, stock)];
      const token = await tokenOf(shop.signInUrl, `${name.replace(" ", "-")}@example.com`);
      readers.push({ variant: name as Variant, token, bookIds, keyed });
    }
    for (let journey = 1; journey <= warming + measured; journey++) {
      report(`Journey ${journey} of ${warming + measured}`);
      for (const { variant, token, bookIds, keyed } of readers)
        for (const asked of journeyOf(bookIds, keyed)) {
          const answer = await shop.ask(token, asked);
          if (journey > warming) sent.push({ variant, route: `${asked.method} ${asked.path}`, answer });
        }
    }
  } finally {
    lines = await shop.close();
  }

  const sums = {} as Record<Variant, Usage>;
  for (const { variant, route, answer } of sent) {
    const { functionName, cpuMs } = shop.invoked.get(answer.requestId) as Invoked;
    const line = lines.get(answer.requestId) as string;
    const { calls, read, write, ms } = JSON.parse(line);
    const logged = Buffer.byteLength(line) + Buffer.byteLength(accessLineOf(route, answer, ms));
    const usage: Usage = {
      requests: Math.ceil(answer.bytes / (512 * 1024)),
      invocations: 1,
      calls,
      write,
      read,
      cpuMs,
      // its calls to the table one after another; a function gets its memory's share of a processor
      answeringMs: Math.ceil(cpuMs * (processorMiB / memoryMiB) + calls * storeTripMs),
      startingMs: coldShare * (startMs.get(functionName) as number),
      logBytes: logged + 2 * lineOverhead,
      answerBytes: answer.bytes,
    };
    const before = sums[variant];
    for (const name of Object.keys(usage) as (keyof Usage)[]) usage[name] += before?.[name] ?? 0;
    sums[variant] = usage;
  }
  for (const sum of Object.values(sums))
    for (const name of Object.keys(sum) as (keyof Usage)[]) sum[name] /= measured;
  return sums;
}

/** API Gateway's line about a request that took so many milliseconds. */
function accessLineOf(route: string, { status, requestId }: Answer, ms: number): string {
  const context: Record<string, unknown> = {
    requestTime: "25/Nov/2026:10:00:00 +0000",
    requestId,
    routeKey: route,
    status,
    responseLatency: ms,
    integrationLatency: ms,
    integrationStatus: status,
  };
  return accessLine.replace(/\$context\.(\w+)/g, (_, name) => {
    if (!(name in context)) throw new Error(`The access log has ${name}, whose length is not known here`);
    return String(context[name]);
  });
}
