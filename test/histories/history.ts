import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { routed } from "../../infra/local/event.ts";
import { type Director, type Fault, type StoreCall, writeFaults } from "../faults/store-proxy.ts";
import { type Asked, Client, type Reply } from "./client.ts";
import { freshInstance, type Instance, setWorld } from "./instances.ts";
import { type Plan, size } from "./plan.ts";
import { Random } from "./random.ts";
import { type Snapshot, type Store, same } from "./store.ts";
import { World, watch } from "./world.ts";

/** One request from its invocation to its answer; times are steps of the world. */
export type Operation = Asked & {
  id: string;
  invoked: number;
  /** Infinity for one whose process crashed. */
  completed: number;
  reply: Reply | null;
  calls: number;
};

/** A change of the table: by which operation's store call, and when. */
export type Transition = { operation: string; step: number; before: Snapshot; after: Snapshot };

/** All that happened in one history. */
export type History = {
  operations: Operation[];
  transitions: Transition[];
  faults: { operation: string; kind: string; call: number; fault: string }[];
  customers: string[];
  /** The table at the start, and at the end. */
  before: Snapshot;
  after: Snapshot;
  /** What a function called a bug of its own. */
  errors: string[];
};

export type Surroundings = {
  store: Store;
  proxyUrl: string;
  direct(director: Director): void;
  tokenOf(sub: string, group: "customers" | "admins"): Promise<string>;
  stop(): Promise<void>;
};

const faultShare = 0.25;
const crashShare = 0.003;
const readFaults: Fault[] = ["drop-request", "drop-reply", "truncate", "garbage", "throttle", "torn"];

// kept from one history to the next: they share nothing but the table anyhow
let instances: Instance[] = [];
let played = 0;

/** Plays one plan; the same plan plays the same way. */
export async function play(plan: Plan, around: Surroundings): Promise<History> {
  played++;
  const random = new Random(plan.seed);
  const world = new World(random, Date.now());
  setWorld(world);
  watch(world, around.proxyUrl);

  const customers = Array.from(
    { length: size.customers },
    (_, at) => `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`,
  );
  const books = await around.store.reset(size.books);
  let now = await around.store.snapshot();
  const history: History = {
    operations: [],
    transitions: [],
    faults: [],
    customers,
    before: now,
    after: now,
    errors: [],
  };
  const running = new Map<string, { operation: Operation; instance: Instance; abandon(): void }>();
  const doomed = new Set<string>();
  let healed = false;

  around.direct({
    impatient: true,
    decide: async (call) => {
      await world.arrived(call.mark ?? "");
      const one = running.get(call.mark ?? "");
      if (!one || healed) return "none";
      const fault = random.chance(faultShare) ? chooseFault(random, call) : "none";
      if (random.chance(crashShare)) doomed.add(one.operation.id);
      history.faults.push({
        operation: one.operation.id,
        kind: one.operation.deed.kind,
        call: one.operation.calls++,
        fault,
      });
      return fault;
    },
    between: (call) =>
      running.has(call.mark ?? "") && call.operation !== "TransactWriteItems"
        ? world.arrived(call.mark ?? "")
        : Promise.resolve(),
    late: (work) => world.later(work),
    committed: async (call) => {
      if (call.operation !== "TransactWriteItems") return;
      const after = await around.store.snapshot();
      if (!same(after, now))
        history.transitions.push({ operation: call.mark ?? "", step: world.steps, before: now, after });
      now = after;
    },
    ending: ({ mark = "" }) => {
      if (doomed.has(mark)) crash(mark);
    },
  });

  /** A process dies between two awaits: none of its requests is ever answered. */
  function crash(id: string): void {
    const instance = running.get(id)?.instance;
    if (!instance) return;
    const gone = [...running.values()].filter((one) => one.instance === instance);
    world.crash(
      instance.id,
      gone.map(({ operation }) => operation.id),
    );
    for (const { abandon } of gone) abandon();
    instances = instances.filter((one) => one !== instance);
  }

  async function begin(client: Client, asked: Asked): Promise<void> {
    while (instances.length < size.instances) instances.push(await freshInstance());
    const instance = random.one(instances);
    const id = `request-${played}-${String(history.operations.length).padStart(4, "0")}`;
    const operation: Operation = {
      ...asked,
      id,
      invoked: world.steps,
      completed: Number.POSITIVE_INFINITY,
      reply: null,
      calls: 0,
    };
    history.operations.push(operation);
    busy.add(client);
    const token = await around.tokenOf(
      asked.customer ?? "00000000-0000-4000-8000-00000000ad00",
      asked.customer ? "customers" : "admins",
    );
    running.set(id, {
      operation,
      instance,
      abandon: () => {
        running.delete(id);
        busy.delete(client);
      },
    });
    void world.run({ id, instance: instance.id }, async () => {
      const reply = await invoke(instance, asked, token, id);
      if (!running.delete(id)) return;
      operation.completed = world.steps;
      operation.reply = reply;
      client.hear(reply);
      busy.delete(client);
    });
  }

  const seen: string[] = [];
  const busy = new Set<Client>();
  const clients = Array.from({ length: size.clients }, (_, at) => ({
    client: new Client(customers[at % size.customers] ?? "", books, seen, random),
    deeds: plan.turns.filter((turn) => turn.client === at).map((turn) => turn.deed),
  }));

  const silenced = silence(history.errors);
  for (;;) {
    const waiting = await world.settled();
    const ready = clients.filter(({ client, deeds }) => deeds.length > 0 && !busy.has(client));
    const choice = random.below(waiting.length + ready.length);
    const next = ready[choice - waiting.length];
    if (waiting.length + ready.length === 0) break;
    if (next)
      await begin(
        next.client,
        next.client.ask(next.deeds.shift() ?? { kind: "view" }, `turn-${history.operations.length}`),
      );
    else if (waiting[choice]) world.release(waiting[choice]);
  }
  // then, with the store well again, everybody reads their history page by page
  healed = true;
  for (const { client } of clients.slice(0, size.customers)) {
    for (let cursor: string | null = ""; cursor !== null; ) {
      const path = `/api/orders?limit=2${cursor && `&cursor=${cursor}`}`;
      await begin(client, {
        deed: { kind: "history" },
        method: "GET",
        path,
        body: undefined,
        headers: {},
        key: undefined,
        customer: client.customer,
      });
      for (let waiting = await world.settled(); waiting[0]; waiting = await world.settled())
        world.release(waiting[0]);
      cursor = history.operations.at(-1)?.reply?.body?.nextCursor ?? null;
    }
  }
  silenced();
  history.after = await around.store.snapshot();
  return history;
}

async function invoke(instance: Instance, asked: Asked, token: string, id: string): Promise<Reply> {
  const { method, path, headers, body } = asked;
  const given: Record<string, string> = {
    ...headers,
    authorization: `Bearer ${token}`,
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  const request = routed({
    method,
    target: path,
    headers: Object.fromEntries(Object.entries(given).map(([name, value]) => [name, [value]])),
    body: Buffer.from(body === undefined ? "" : JSON.stringify(body)),
  });
  const handler = request && instance.handlers[request.functionName];
  if (!handler) throw new Error(`No function for ${method} ${path}`);
  request.event.requestContext.requestId = id;
  const result: APIGatewayProxyStructuredResultV2 = await handler(request.event, {});
  const text = result.body ?? "";
  return {
    status: result.statusCode ?? 0,
    headers: result.headers as Record<string, string>,
    text,
    body: text === "" ? undefined : JSON.parse(text),
  };
}

function chooseFault(random: Random, call: StoreCall): Fault {
  if (call.operation === "TransactWriteItems") {
    const fault = random.one(writeFaults);
    // the token of a change without a key is what makes it happen once: ten minutes later nobody retries it
    return fault === "strip-token" && !isRemembered(call) ? "drop-reply" : fault;
  }
  const fault = random.one(readFaults);
  const isTearable = call.operation === "BatchGetItem" && keysOf(call).length > 1;
  return fault === "torn" && !isTearable ? "throttle" : fault;
}

const keysOf = ({ input }: StoreCall): unknown[] =>
  (Object.values(input.RequestItems) as { Keys: unknown[] }[]).flatMap(({ Keys }) => Keys);

/** Does the write leave a record by which a later try knows it: an order, or a key? */
const isRemembered = ({ input }: StoreCall): boolean =>
  input.TransactItems.some(({ Put }: { Put?: { Item: { sk: { S: string } } } }) =>
    /^(ORDER|KEY)#/.test(Put?.Item.sk.S ?? ""),
  );

/** Keeps the functions' log off the screen, and what they call an error. */
function silence(errors: string[]): () => void {
  const { write } = process.stdout;
  process.stdout.write = (line) => {
    if ("error" in JSON.parse(String(line))) errors.push(String(line));
    return true;
  };
  return () => void Object.assign(process.stdout, { write });
}
