import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** How an environment came up, in milliseconds from its start: its own code loaded, its warming done. */
export type Start = { readyMs: number; warmMs: number };
/** One invocation: its answer, the CPU that the handler took, and when it was through, from the environment's start. */
export type Invocation = {
  status: number;
  headers: NonNullable<APIGatewayProxyStructuredResultV2["headers"]>;
  body: string;
  cpuUs: number;
  sinceStartMs: number;
};

export type Lambda = {
  started: Promise<Start>;
  invoke(event: APIGatewayProxyEventV2): Promise<Invocation>;
  /** Ends it, and gives the lines of its log. */
  stop(): Promise<string[]>;
};

const bootstrap = join(import.meta.dirname, "bootstrap.mjs");

/** An environment of one function: its bundle in a process of its own behind the runtime interface. */
export async function startLambda(bundle: string, variables: Record<string, string>): Promise<Lambda> {
  const waiting: { event: APIGatewayProxyEventV2; done: (invocation: Invocation) => void }[] = [];
  let running: ((invocation: Invocation) => void) | undefined;
  let asking: ServerResponse | undefined;
  let begun = 0;

  const dispatch = () => {
    if (!asking || waiting.length === 0) return;
    const next = waiting.shift();
    running = next?.done;
    asking.writeHead(200, { "lambda-runtime-aws-request-id": "one-by-one" }).end(JSON.stringify(next?.event));
    asking = undefined;
  };
  const server = createServer(async (request, response) => {
    if (request.method === "GET") {
      asking = response;
      return dispatch();
    }
    const answered = JSON.parse(await text(request)) as APIGatewayProxyStructuredResultV2;
    const sinceStartMs = performance.timeOrigin + performance.now() - begun;
    response.writeHead(202).end();
    running?.({
      status: answered.statusCode ?? 200,
      headers: answered.headers ?? {},
      body: answered.body ?? "",
      cpuUs: Number(request.headers["x-cpu-us"]),
      sinceStartMs,
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  begun = performance.timeOrigin + performance.now();
  const child = spawn(process.execPath, [bootstrap, bundle], {
    env: { ...variables, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(server.address() as AddressInfo).port}` },
    stdio: ["ignore", "pipe", "inherit"],
  });
  // not first at its exit: what it wrote last may still be on its way
  const ended = once(child, "close");
  let said = "";
  const started = new Promise<Start>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      said += chunk;
      const at = (what: string) => Number(new RegExp(`^${what} (\\S+)`, "m").exec(said)?.[1]) - begun;
      if (at("warm")) resolve({ readyMs: at("ready"), warmMs: at("warm") });
    });
    void ended.then(() => reject(new Error(`The environment ended: ${said}`)));
  });
  return {
    started,
    invoke: (event) =>
      new Promise((done) => {
        waiting.push({ event, done });
        dispatch();
      }),
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
      server.closeAllConnections();
      server.close();
      return said.split("\n").filter((line) => line.startsWith("{"));
    },
  };
}

/** How long a Node process takes that has nothing to do, in milliseconds to its first line. */
export async function bareNodeMs(): Promise<number> {
  const begun = performance.timeOrigin + performance.now();
  const child = spawn(process.execPath, [bootstrap], { stdio: ["ignore", "pipe", "inherit"] });
  const said = await text(child.stdout);
  return Number(/^ready (\S+)/.exec(said)?.[1]) - begun;
}
