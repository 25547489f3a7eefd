import { randomUUID } from "node:crypto";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, inject, vi } from "vitest";
import { localClient } from "../../../infra/local/dynamodb.ts";
import { newCartId, newOrderId } from "../../../shared/ids.ts";
import type { Answer } from "../../description.ts";
import { type Fault, storeProxy } from "../../faults/store-proxy.ts";
import { bearer } from "../../given.ts";
import { startShop } from "../../local-system.ts";
import { canary, noiseOf } from "../canary.ts";
import { overTheWire, type Sent, toTheHandler } from "../exact-requests.ts";
import { inGroups, type Member } from "../in-groups.ts";
import { overhear } from "../overhear.ts";

// The handlers of this process, whose store can be in trouble, and a whole local system beside them: who calls either, and all
// that either writes.

/** What would begin a line of its own where a log or an answer took it as it is. */
export const lineBreaks = ["\r\n", "\n", "\u2028", "\u2029", "\u0085"];
export const forged = lineBreaks.map((end) => `${end}{"status":200,"sub":"${canary}"}`).join("");

const { AWS_ENDPOINT_URL_DYNAMODB: endpoint = "", TABLE_NAME } = inject("variables");
/** What the store of the handlers does: one fault, or any of several in turn. */
export const store = { fault: "none" as Fault | "any" };
const troubles: Fault[] = ["drop-request", "garbage", "throttle", "truncate"];
let calls = 0;
const proxy = await storeProxy(endpoint, {
  decide: () => (store.fault === "any" ? (troubles[calls++ % troubles.length] ?? "none") : store.fault),
});
// biome-ignore lint/style/noProcessEnv: what the handlers are to find when they are first imported
process.env.AWS_ENDPOINT_URL_DYNAMODB = proxy.url;
const table = DynamoDBDocumentClient.from(localClient(endpoint));

/** What was written by the handlers in this process, and by the process of a whole local system. */
export const written = { "in process": "", "over HTTP": "" };
export type Way = keyof typeof written;
export const bothWays = Object.keys(written) as Way[];
let system: Awaited<ReturnType<typeof startShop>>;

export type People = { ada: Member; staff: Member; broken: Member; bookId: string };
export let people: Record<Way, People>;

export const urlOf = (way: Way) => (way === "in process" ? inject("url") : system.url);
export const send = (way: Way, sent: Sent): Promise<Answer> =>
  way === "in process" ? toTheHandler(sent) : overTheWire(sent, { url: system.url });

export const aPerson = (way: Way, group: "customers" | "admins" = "customers") =>
  inGroups([group], { url: urlOf(way), name: canary });

export const json = { "content-type": "application/json" };
export const noise = noiseOf(canary);
export const form = (title: string) => ({ title, authors: [title], price: { amount: 100, currency: "USD" } });

export async function made(way: Way, who: Member, method: string, target: string, body?: object) {
  const answer = await send(way, {
    method,
    target,
    headers: { ...bearer(who), ...(body && json) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (answer.status >= 300) throw new Error(`${method} ${target}: ${answer.text}`);
  return JSON.parse(answer.text);
}

/** Rows that nobody can read, with the word in each member. */
export async function corrupt({ sub }: Member): Promise<{ bookId: string; orderId: string }> {
  const cartId = newCartId(null);
  const [bookId, orderId] = [`BROKEN-${randomUUID()}`, newOrderId(cartId, sub)];
  const wrong = {
    title: [canary],
    authors: canary,
    price: canary,
    lines: canary,
    status: canary,
    steps: canary,
  };
  for (const key of [
    { pk: `CUSTOMER#${sub}`, sk: "CART", version: canary },
    { pk: `CUSTOMER#${sub}`, sk: `ORDER#${cartId}`, isk: orderId, shippingAddress: canary },
    { pk: `BOOK#${bookId}`, sk: "BOOK", active: canary },
  ])
    await table.send(new PutCommand({ TableName: TABLE_NAME, Item: { ...wrong, ...key } }));
  return { bookId, orderId };
}

beforeAll(async () => {
  overhear((said) => {
    written["in process"] += said;
  });
  system = await startShop(["--in-memory"], { DYNAMODB_ENDPOINT: proxy.url });
  for (const stream of [system.child.stdout, system.child.stderr])
    stream.on("data", (chunk) => {
      written["over HTTP"] += chunk;
    });
  const ready = await Promise.all(
    bothWays.map(async (way) => {
      const [ada, broken, staff] = [await aPerson(way), await aPerson(way), await aPerson(way, "admins")];
      const { bookId } = await made(way, staff, "POST", "/api/admin/books", form("A plain title"));
      return [way, { ada, broken, staff, bookId }] as const;
    }),
  );
  people = Object.fromEntries(ready) as typeof people;
});
afterAll(async () => {
  vi.restoreAllMocks();
  table.destroy();
  await system.stop();
  await proxy.close();
});
