import { afterAll, expect, inject } from "vitest";
import { marked } from "../faults/mark.ts";
import { storeProxy } from "../faults/store-proxy.ts";
import { bearer, type Person } from "../given.ts";
import { held, inProcess, type Reply } from "../shop.ts";
import { overTheWire, type Sent } from "./exact-requests.ts";

// Requests by somebody or nobody, through the handlers or over HTTP. Of those through the handlers it is known whose
// partitions they looked at.

export type Headers = Record<string, string>;
export type Asked = { method: string; target: string; headers?: Headers; body?: unknown };

const { AWS_ENDPOINT_URL_DYNAMODB: endpoint = "" } = inject("variables");

/** Customers' partitions that the store was asked about, by the request that asked. */
const touched = new Map<string, Set<string>>();
const proxy = await storeProxy(endpoint, {
  decide: ({ mark = "", input }) => {
    const partitions = JSON.stringify(input).match(/CUSTOMER#[^"]*/g) ?? [];
    touched.set(mark, new Set([...(touched.get(mark) ?? []), ...partitions]));
    return "none";
  },
});
// biome-ignore lint/style/noProcessEnv: what the handlers are to find when they are first imported
process.env.AWS_ENDPOINT_URL_DYNAMODB = proxy.url;
afterAll(() => proxy.close());

export const credentialsOf = (who: Person | null): Headers => (who ? bearer(who) : {});
let asked = 0;

/** What requests of customers have looked at: how often at what is theirs, and which of them at what is another's. */
let ownLooks = 0;
const trespasses: string[] = [];

async function throughHandlers(
  who: Person | null,
  { method, target, headers = {}, body }: Sent & { headers?: Headers },
) {
  const mark = `request ${++asked}`;
  const reply = await marked(mark, () => inProcess(method, target, headers, body));
  if (!target.startsWith("/api/admin/"))
    for (const partition of touched.get(mark) ?? [])
      if (partition === `CUSTOMER#${who?.sub}`) ownLooks++;
      else trespasses.push(`${method} ${target} of ${who?.sub}: ${partition}`);
  return reply;
}

const overHttp = async (_: Person | null, sent: Sent): Promise<Reply> => held(sent, await overTheWire(sent));

const ways = { "in process": throughHandlers, "over HTTP": overHttp };
export type Way = keyof typeof ways;
export const bothWays = Object.keys(ways) as Way[];

export function ask(way: Way, who: Person | null, { headers, body, ...request }: Asked): Promise<Reply> {
  const json = body !== undefined && { "content-type": "application/json" };
  return ways[way](who, {
    ...request,
    headers: { ...json, ...credentialsOf(who), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

export function expectNoTrespass(): void {
  expect(ownLooks).toBeGreaterThan(0);
  expect(trespasses).toEqual([]);
}
