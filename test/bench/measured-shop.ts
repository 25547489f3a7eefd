import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { gateway, type Handler } from "../../infra/local/gateway.ts";
import { startSystem } from "../../infra/local/system.ts";
import type { Asked } from "./journey.ts";
import { type Lambda, startLambda } from "./lambda.ts";

export type Answer = { status: number; text: string; requestId: string; bytes: number };
export type Invoked = { functionName: string; cpuMs: number };

/** The local gateway before the bundles in `folder`, each run as Lambda runs it, with what is measured of them. */
export async function openMeasuredShop(folder: string, names: string[], report: (progress: string) => void) {
  const system = await startSystem({ port: 0, folder: null, dynamoDbEndpoint: null, report });
  const start = (name: string) => startLambda(join(folder, name, "index.mjs"), system.variables);
  const lambdas = new Map<string, Lambda>();
  for (const name of names) lambdas.set(name, await start(name));

  const invoked = new Map<string, Invoked>();
  const handlers = [...lambdas].map(([functionName, lambda]): [string, Handler] => [
    functionName,
    async (event) => {
      const { status, headers, body, cpuUs } = await lambda.invoke(event);
      invoked.set(event.requestContext.requestId, { functionName, cpuMs: cpuUs / 1000 });
      return { statusCode: status, headers, body };
    },
  ]);
  const { issuer, clientId, variables } = system;
  const trusted = { issuer, clientId, jwksUri: variables.JWKS_URI ?? "" };
  const server = createServer(gateway(Object.fromEntries(handlers), trusted));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;

  return {
    signInUrl: system.url,
    /** By the request's id. */
    invoked,
    /** Milliseconds from the start of a new environment to its being warm, the median of five. */
    startMs: async (name: string): Promise<number> => {
      const times: number[] = [];
      for (let run = 1; run <= 5; run++) {
        const lambda = await start(name);
        times.push((await lambda.started).warmMs);
        await lambda.stop();
      }
      return times.toSorted((one, other) => one - other)[2] ?? Number.NaN;
    },
    /** Asks over a connection of its own: every byte that came over it is this answer's, headers included. */
    ask: async (token: string, { method, path, body, key }: Asked): Promise<Answer> => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(key !== undefined && { "idempotency-key": key }),
      };
      const asking = request({ host: "127.0.0.1", port, method, path, headers, agent: false });
      asking.end(body === undefined ? undefined : JSON.stringify(body));
      const [answer] = await once(asking, "response");
      const { socket } = answer;
      const said = await text(answer);
      if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${said}`);
      return {
        status: answer.statusCode,
        text: said,
        requestId: answer.headers["x-request-id"],
        bytes: socket.bytesRead,
      };
    },
    /** Ends it all, and gives each request's line of the log by its id. */
    close: async (): Promise<Map<string, string>> => {
      const lines = new Map<string, string>();
      for (const lambda of lambdas.values())
        for (const line of await lambda.stop()) lines.set(JSON.parse(line).requestId, line);
      server.close();
      await system.stop();
      return lines;
    },
  };
}
