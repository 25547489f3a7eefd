import { inject } from "vitest";
import { routed } from "../infra/local/event.ts";
import type { Handler } from "../infra/local/gateway.ts";

export type Call = { method: string; path: string; headers?: Record<string, string>; body?: unknown };
// biome-ignore lint/suspicious/noExplicitAny: what came back is what the test is about to judge
export type Reply = { status: number; headers: Headers; text: string; body: any };

const url = inject("url");
// A deployed system is asked this much at once: with two files at work, races are 20 wide.
const widest = inject("deployed") ? 10 : Number.POSITIVE_INFINITY;
let asked = 0;
const waiting: (() => void)[] = [];

/** Sends one request as a client would; a string body goes as it is. */
export async function call({ method, path, headers = {}, body }: Call): Promise<Reply> {
  const payload = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const given = { ...(payload !== undefined && { "content-type": "application/json" }), ...headers };
  return inject("through") === "http"
    ? overHttp(method, path, given, payload)
    : inProcess(method, path, given, payload);
}

/** Through the gateway, and whatever stands before it. */
export async function overHttp(
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<Reply> {
  if (asked < widest) asked++;
  else await new Promise<void>((turn) => waiting.push(turn));
  try {
    const answer = await fetch(url + path, {
      method,
      headers,
      ...(body !== undefined && { body }),
      redirect: "manual",
    });
    return reply(answer.status, answer.headers, await answer.text());
  } finally {
    const next = waiting.shift();
    if (next) next();
    else asked--;
  }
}

/** Straight into the function's handler, past the first fence. */
export const inProcess = (method: string, target: string, headers: Record<string, string>, body?: string) =>
  invoke(async (name) => (await import(`../functions/${name}.ts`)).handler, method, target, headers, body);

/** Hands a request to the handler of its function, as the event that API Gateway would make of it. */
export async function invoke(
  handlerOf: (functionName: string) => Promise<Handler>,
  method: string,
  target: string,
  headers: Record<string, string>,
  body = "",
): Promise<Reply> {
  const distinct = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value]]),
  );
  const request = routed({ method, target, headers: distinct, body: Buffer.from(body) });
  if (!request) throw new Error("API Gateway would refuse this path");
  const handler = await handlerOf(request.functionName);
  const result = await handler(request.event, {});
  return reply(
    result.statusCode ?? 200,
    new Headers(result.headers as Record<string, string>),
    result.body ?? "",
  );
}

const reply = (status: number, headers: Headers, text: string): Reply => ({
  status,
  headers,
  text,
  body: text && headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined,
});
