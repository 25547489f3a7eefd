import { type Agent, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { inject } from "vitest";
import type { Answer } from "../description.ts";
import { answerOf, type EventChange, fromHere } from "../shop.ts";

// Requests whose target stays as it is, which `fetch` would tidy up, and answers that nobody has judged yet. No redirect is
// followed.

/** A header of several values is sent in as many lines. */
export type Sent = {
  method: string;
  target: string;
  headers?: Record<string, string | string[]>;
  body?: string;
};

/** Over HTTP, to whatever serves at `url`: the shop, unless said. */
export function overTheWire(
  { method, target, headers = {}, body = "" }: Sent,
  { url = inject("url"), agent }: { url?: string; agent?: Agent | false } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const length = body && { "content-length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, agent, method, path: target, headers: { ...headers, ...length } });
    // stays, since a refused body may be cut off after the answer has begun
    sent.on("error", reject);
    sent.once("response", async (incoming) => {
      const given = new Headers();
      for (const [name, values = []] of Object.entries(incoming.headersDistinct))
        for (const value of values) given.append(name, value);
      const text = (await buffer(incoming)).toString();
      resolve({ status: incoming.statusCode ?? 0, headers: given, text });
    });
    sent.end(body);
  });
}

/** To the handler of its function in this process. `change` edits the event that API Gateway would make. */
export const toTheHandler = ({ body = "", ...sent }: Sent, change?: EventChange): Promise<Answer> =>
  answerOf(fromHere, { ...sent, body: Buffer.from(body) }, change);
