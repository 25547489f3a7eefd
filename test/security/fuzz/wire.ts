import { request as httpRequest, type RequestOptions } from "node:http";
import type { Answer } from "../../description.ts";

/** Asks as `fetch` would not: any method, and the path as it stands. */
export const overWire = (options: RequestOptions, body?: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = httpRequest({ host: "127.0.0.1", ...options }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk);
      const headers = new Headers();
      for (const [name, values = []] of Object.entries(answer.headersDistinct))
        for (const value of values) headers.append(name, value);
      resolve({ status: answer.statusCode ?? 0, headers, text: Buffer.concat(chunks).toString() });
    });
    sent.once("error", reject);
    if (body !== undefined) sent.setHeader("content-length", Buffer.byteLength(body));
    sent.end(body);
  });
