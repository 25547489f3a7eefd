import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What can go wrong with one call to the store. */
export type Fault =
  /** nothing */
  | "none"
  /** the connection breaks before the store sees the request */
  | "drop-request"
  /** the store commits, and the connection breaks before its answer is through */
  | "drop-reply"
  /** never answered, and never seen by the store */
  | "hang"
  /** held until the client has given up, and only then let through */
  | "late"
  /** the store commits, and half of its answer arrives */
  | "truncate"
  /** the store commits, and something else arrives */
  | "garbage"
  | "throttle"
  | "conflict"
  /** another's conflict beside a failed condition, in either order */
  | "failed-and-conflict"
  | "conflict-and-failed"
  | "in-progress"
  /** drop-reply, and the ten minutes of the ClientRequestToken are over before the retry */
  | "strip-token"
  /** a batch read in two halves, with time for a write between them */
  | "torn"
  /** a batch read of which nothing is handed over yet */
  | "unprocessed"
  /** refused for good, in words that repeat what was sent */
  | "repeat";

/** What a write can meet. */
export const writeFaults: readonly Fault[] = [
  "drop-request",
  "drop-reply",
  "hang",
  "late",
  "truncate",
  "garbage",
  "throttle",
  "conflict",
  "failed-and-conflict",
  "conflict-and-failed",
  "in-progress",
  "strip-token",
];

export type StoreCall = {
  /** TransactWriteItems, BatchGetItem, Query ... */
  operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: DynamoDB's own JSON
  input: any;
  /** The value of x-operation, where the caller marks its calls. */
  mark: string | undefined;
};

export type StoreProxy = { url: string; close(): Promise<void> };

/** Who is asked what goes wrong with each call, and told of its course. */
export type Director = {
  decide(call: StoreCall): Fault | Promise<Fault>;
  /** Awaited in the middle of a torn read. */
  between?(call: StoreCall): Promise<void>;
  /** Given a late call to let through when it likes, its client having given up. */
  late?(forward: () => Promise<void>): Promise<void>;
  /** Awaited when the store has answered and the client has not heard of it yet. */
  committed?(call: StoreCall): Promise<void>;
  /** Told right before the client hears, or the connection breaks. */
  ending?(call: StoreCall): void;
  /** true: a client that is never answered gives up at once, instead of when its time is over. */
  impatient?: boolean;
};

/** Stands between the SDK and the table, and breaks what it is told to. */
export async function storeProxy(endpoint: string, director: Director): Promise<StoreProxy> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch((error) => {
      process.stderr.write(`${error.stack}\n`);
      outgoing.destroy();
    });
  });
  // an idle connection stays: ended just as a request sets out on it, it would lose one that nobody broke
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const gone = new Promise<void>((resolve) => outgoing.once("close", resolve));
    const target = String(incoming.headers["x-amz-target"]);
    const text = (await all(incoming)).toString();
    const input = JSON.parse(text);
    const call: StoreCall = {
      operation: target.split(".")[1] ?? "",
      input,
      mark: incoming.headers["x-operation"] as string | undefined,
    };
    const forward = async (body: string) => {
      const answer = await send(endpoint, agent, incoming.headers, body);
      await director.committed?.(call);
      return answer;
    };
    const answer = ({ status, body }: { status: number; body: string }) => {
      director.ending?.(call);
      outgoing.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(body);
    };
    const breakOff = () => {
      director.ending?.(call);
      outgoing.destroy();
    };
    const fault = await director.decide(call);
    switch (fault) {
      case "none":
        return answer(await forward(text));
      case "drop-request":
        return breakOff();
      case "drop-reply":
        await forward(text);
        return breakOff();
      case "strip-token":
        await forward(JSON.stringify({ ...input, ClientRequestToken: undefined }));
        return breakOff();
      case "hang":
        if (director.impatient) breakOff();
        return;
      case "late": {
        const through = async () => void (await forward(text));
        if (!director.late) return void gone.then(through);
        void director.late(through);
        return breakOff();
      }
      case "truncate": {
        const { status, body } = await forward(text);
        director.ending?.(call);
        outgoing.writeHead(status, { "content-length": Buffer.byteLength(body) });
        outgoing.write(body.slice(0, body.length / 2));
        return void setImmediate(() => outgoing.destroy());
      }
      case "garbage":
        await forward(text);
        return answer({ status: 200, body: "<html>Bad Gateway</html>" });
      case "repeat": {
        const problem = { __type: "com.amazon.coral.validate#ValidationException", message: text };
        return answer({ status: 400, body: JSON.stringify(problem) });
      }
      case "torn": {
        const [[tableName, { Keys, ...how }]] = Object.entries(input.RequestItems) as [
          [string, { Keys: unknown[] }],
        ];
        const half = (keys: unknown[]) =>
          forward(JSON.stringify({ ...input, RequestItems: { [tableName]: { ...how, Keys: keys } } }));
        const cut = Math.ceil(Keys.length / 2);
        const first = await half(Keys.slice(0, cut));
        await director.between?.(call);
        const second = await half(Keys.slice(cut));
        const [one, other] = [JSON.parse(first.body), JSON.parse(second.body)];
        const items = [...one.Responses[tableName], ...other.Responses[tableName]];
        return answer({ status: 200, body: JSON.stringify({ ...one, Responses: { [tableName]: items } }) });
      }
      case "unprocessed":
        return answer({
          status: 200,
          body: JSON.stringify({ Responses: {}, UnprocessedKeys: input.RequestItems }),
        });
      default:
        return answer({ status: 400, body: JSON.stringify(refusal(fault, input.TransactItems?.length)) });
    }
  }

  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The answers that no emulator gives by itself, as DynamoDB words them. */
function refusal(fault: Fault, actions: number | undefined): unknown {
  const type = (name: string) => ({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name });
  const reasons = (...codes: string[]) => ({
    ...type("TransactionCanceledException"),
    CancellationReasons: Array.from({ length: actions ?? 0 }, (_, at) => ({ Code: codes[at] ?? "None" })),
  });
  if (fault === "throttle" || actions === undefined) return type("ProvisionedThroughputExceededException");
  if (fault === "in-progress") return type("TransactionInProgressException");
  // a single action has a single reason
  if (actions === 1) return reasons("TransactionConflict");
  if (fault === "failed-and-conflict") return reasons("ConditionalCheckFailed", "TransactionConflict");
  if (fault === "conflict-and-failed") return reasons("TransactionConflict", "ConditionalCheckFailed");
  return reasons("TransactionConflict");
}

function send(
  endpoint: string,
  agent: Agent,
  given: IncomingMessage["headers"],
  body: string,
): Promise<{ status: number; body: string }> {
  const names = ["content-type", "x-amz-target", "x-amz-date", "authorization"];
  const headers = Object.fromEntries(names.map((name) => [name, given[name] as string]));
  return new Promise((resolve, reject) => {
    const sent = request(endpoint, { method: "POST", agent, headers }, async (answer) => {
      resolve({ status: answer.statusCode ?? 0, body: (await all(answer)).toString() });
    });
    sent.once("error", reject).end(body);
  });
}

async function all(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
