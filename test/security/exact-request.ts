import { request } from "node:http";
import { inject } from "vitest";
import type { Answer } from "../description.ts";

/** Sends a request over HTTP with its target as it stands: `fetch` would tidy up its path. No redirect is followed. */
export function exactRequest(
  method: string,
  target: string,
  headers: Record<string, string> = {},
  body = "",
  url = inject("url"),
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const length = body && { "content-length": Buffer.byteLength(body) };
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
