import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { routeKey, routes } from "../../functions/routes.ts";
import { Description, type Json } from "../description.ts";
import { canary } from "./canary.ts";
import type { Live } from "./fuzz/cast.ts";
import { kindOf, kindsIn, unrouted } from "./fuzz/coverage.ts";
import { type Asked, requestsOf, unroutedRequests } from "./fuzz/requests.ts";
import { aStage, type Stage } from "./fuzz/stage.ts";

// biome-ignore lint/style/noProcessEnv: SEED=… repeats a run
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const leastRequests = 20_000;

/** What no request brings about, but what is around the shop: by the test that does, or that sees to its cause. */
const provokedElsewhere: Record<string, [file: string, test: string]> = {
  "413 gateway": ["security/hostile-wire.test.ts", "a body of more than 10 MB is the gateway's to refuse"],
  "429 gateway": ["stacks.test.ts", "each route has its throttle, set once the route is there"],
  "500 internal-error": ["log-counts.test.ts", "an item that nobody can read, as a fault"],
  "503 ordering-paused": [
    "security/hostile-values.test.ts",
    "an order is refused before its cart is looked for, and all else goes on",
  ],
  "503 temporarily-unavailable": [
    "black-hole.test.ts",
    "%s says so in time, and works again when the store does",
  ],
};
/** What API Gateway answers for reasons of its own, on AWS alone. */
const gatewaysOwn = ["403 gateway", "500 gateway", "503 gateway"];

let stage: Stage;
let document: Json;
let description: Description;
/** The statuses and codes that a request can bring about, by operation. */
let provokable: Map<string, string[]>;
const received = new Map<string, number>();
const sent = { handlers: 0, http: 0 };
const log = { lines: 0, leaks: [] as string[] };
/** Requests that a function has answered, and so written a line about. */
let answered = 0;

const what = (operation: string, kind: string) => `${operation} → ${kind}`;

beforeAll(async () => {
  // 20,000 lines that nobody reads
  process.stdout.write = (line) => {
    log.lines++;
    if (String(line).includes(canary)) log.leaks.push(String(line));
    return true;
  };
  document = await (await fetch(`${inject("url")}/openapi.json`)).json();
  description = new Description(document);
  provokable = new Map(
    [...kindsIn(document)].map(([operation, kinds]) => [
      operation,
      kinds.filter((kind) => !(kind in provokedElsewhere || gatewaysOwn.includes(kind))),
    ]),
  );
  stage = await aStage();
});
afterAll(() => stage.close());

/** Whom the operation is for asks more often than the others. */
function requestsFor(operation: string): fc.Arbitrary<Asked> {
  if (operation === unrouted) return unroutedRequests(document, stage.live);
  const [method = "", path = ""] = operation.split(" ");
  const by = (name: string) =>
    requestsOf(document, { method, path, who: name, live: knownTo(stage.people[name]?.own ?? {}) });
  const { who } = routes.find((route) => routeKey(route) === operation) as (typeof routes)[number];
  const strangers = ["nobody", "stranger", "outsider", who === "admin" ? "shopper" : "staff"];
  const meant =
    who === "admin" ? ["staff"] : Object.keys(stage.people).filter((name) => !strangers.includes(name));
  return fc.oneof(
    { weight: 4, arbitrary: fc.oneof(...meant.map(by)) },
    { weight: 1, arbitrary: fc.oneof(...strangers.map(by)) },
  );
}

/** Everything, and as often as all that what is one's own. */
const knownTo = (own: Live): Live =>
  Object.fromEntries(
    Object.entries(stage.live).map(([name, all]) => {
      const { [name]: mine = all } = own;
      return [name, all.flatMap((value, index) => [value, mine[index % mine.length] ?? value])];
    }),
  );

async function judge(asked: Asked): Promise<void> {
  const { answer, wrote } = await stage.ask(asked);
  sent[asked.through]++;
  if (answer.headers.has("x-request-id")) answered++;
  const [place, path] = description.operation(asked.method, asked.target);
  const outcome = what(place === unrouted ? unrouted : `${asked.method} ${path}`, kindOf(answer));
  received.set(outcome, (received.get(outcome) ?? 0) + 1);
  expect(answer.status).toBeLessThan(500);
  if (answer.status >= 300 || asked.method === "GET") expect(wrote).toEqual([]);
  else if (answer.status === 201) expect(wrote.length > 0).toBe(!answer.headers.has("idempotency-replayed"));
  if (answer.status >= 400) expect(answer.text + [...answer.headers].join()).not.toContain(canary);
}

describe("every generated request is answered as the document says, and writes nothing where it is refused", () => {
  test.each([...routes.map(routeKey), unrouted])("%s", { timeout: 120_000 }, async (operation) => {
    const share = (provokable.get(operation)?.length ?? 0) / [...provokable.values()].flat().length;
    const numRuns = Math.ceil(leastRequests * share);

    await fc.assert(fc.asyncProperty(requestsFor(operation), judge), { seed, numRuns });
  });
});

test("no line of the log has what the requests carried", () => {
  expect(log.leaks).toEqual([]);
  expect(answered).toBeGreaterThanOrEqual(sent.handlers);
  expect(log.lines).toBeGreaterThanOrEqual(answered);
});

test.each(Object.entries(provokedElsewhere))("%s is provoked by a test of its own", (_, [file, name]) => {
  expect(readFileSync(join(import.meta.dirname, "..", file), "utf8")).toContain(`"${name}"`);
});

test("every status and code that a request can provoke was received", ({ task }) => {
  const rows = [...provokable].map(([operation, kinds]) => ({
    operation,
    counts: kinds.map((kind) => [kind, received.get(what(operation, kind)) ?? 0] as const),
  }));

  task.meta.shown = [
    `Fuzzed from the document with SEED=${seed}: ${sent.handlers} requests to the handlers, ${sent.http} over HTTP`,
    ...rows.map(
      ({ operation, counts }) =>
        `${operation.padEnd(36)}${counts.map(([kind, times]) => `${kind} ×${times}`).join(", ")}`,
    ),
    `Provoked by tests of their own: ${Object.keys(provokedElsewhere).join(", ")}; by AWS alone: ${gatewaysOwn.join(", ")}`,
  ].join("\n");
  expect(
    rows.flatMap(({ operation, counts }) =>
      counts.flatMap(([kind, times]) => (times === 0 ? [what(operation, kind)] : [])),
    ),
  ).toEqual([]);
  expect(sent.handlers + sent.http).toBeGreaterThanOrEqual(leastRequests);
});
