import { request } from "node:http";
import { inject } from "vitest";
import { routed } from "../../infra/local/event.ts";
import type { Handler } from "../../infra/local/gateway.ts";
import type { Answer } from "../description.ts";

// Requests whose target stays as it is, which `fetch` would tidy up, and answers that nobody has judged yet. No redirect is
// followed.

export type Sent = { method: string; target: string; headers?: Record<string, string>; body?: string };

/** Over HTTP, to the shop at `url`. */
export function overTheWire(
  { method, target, headers = {}, body = "" }: Sent,
  url = inject("url"),
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const length = body && { "content-length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path: target, headers: { ...headers, ...length } });
    sent.once("error", reject);
    sent.once("response", async (incoming) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const given = Object.entries(incoming.headersDistinct).map(([name, values = []]) => [
        name,
        values.join(", "),
      ]);
      resolve({
        status: incoming.statusCode ?? 0,
        headers: new Headers(Object.fromEntries(given)),
        text: Buffer.concat(chunks).toString(),
      });
    });
    sent.end(body);
  });
}

/** To the handler of its function in this process. `change` edits the event that API Gateway would make. */
export async function toTheHandler(
  { method, target, headers = {}, body = "" }: Sent,
  change: (event: Parameters<Handler>[0]) => Parameters<Handler>[0] = (event) => event,
): Promise<Answer> {
  const distinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  const request = routed({ method, target, headers: distinct, body: Buffer.from(body) });
  if (!request) throw new Error("API Gateway would refuse this path");
  const { handler } = (await import(`../../functions/${request.functionName}.ts`)) as { handler: Handler };
  const { statusCode = 200, headers: given, body: text = "" } = await handler(change(request.event), {});
  return { status: statusCode, headers: new Headers(given as Record<string, string>), text };
}
