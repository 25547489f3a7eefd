import { inject } from "vitest";
import { routed } from "../infra/local/event.ts";
import type { Handler } from "../infra/local/gateway.ts";
import { type Answer, type Asked, Description } from "./description.ts";

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
    const { status, headers: given } = answer;
    return await held({ method, target: path, body }, { status, headers: given, text: await answer.text() });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else asked--;
  }
}

/** Straight into the function's handler, past the first fence. */
export const inProcess = (method: string, target: string, headers: Record<string, string>, body?: string) =>
  invoke(fromHere, method, target, headers, body);

type HandlerOf = (functionName: string) => Promise<Handler>;

/** The handlers of this process. */
export const fromHere: HandlerOf = async (name) => (await import(`../functions/${name}.ts`)).handler;

/** Hands a request to the handler of its function, and holds the answer against the description. */
export const invoke = async (
  handlerOf: HandlerOf,
  method: string,
  target: string,
  headers: Record<string, string>,
  body = "",
): Promise<Reply> =>
  held(
    { method, target, body },
    await answerOf(handlerOf, { method, target, headers, body: Buffer.from(body) }),
  );

type Bytes = {
  method: string;
  target: string;
  headers?: Record<string, string | string[]>;
  body: Buffer;
};
type Event = Parameters<Handler>[0];
export type EventChange = (event: Event) => Event;

/**
 * What the handler of its function answers, which nobody has judged yet, to the event that API Gateway would make of a
 * request; `change` edits it.
 */
export async function answerOf(
  handlerOf: HandlerOf,
  { method, target, headers = {}, body }: Bytes,
  change: EventChange = (event) => event,
): Promise<Answer> {
  const distinct = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value].flat()]),
  );
  const request = routed({ method, target, headers: distinct, body });
  if (!request) throw new Error("API Gateway would refuse this path");
  const handler = await handlerOf(request.functionName);
  const { statusCode = 200, headers: given, body: text = "" } = await handler(change(request.event), {});
  return { status: statusCode, headers: new Headers(given as Record<string, string>), text };
}

let described: Promise<Description> | undefined;

/**
 * An answer that a test may go on with. @throws Error where the API's own description does not say that it may come, or
 * where it owns up to a bug.
 */
export async function held(asked: Asked, answer: Answer): Promise<Reply> {
  described ??= fetch(`${url}/openapi.json`).then(async (served) => new Description(await served.json()));
  const unsaid = (await described).unsaid(asked, answer);
  const { status, headers, text } = answer;
  if (unsaid)
    throw new Error(
      `${asked.method} ${asked.target} answered ${status} ${text}, and the API's description does not say ${unsaid}`,
    );
  const isJson = text && headers.get("content-type")?.includes("json");
  const body = isJson ? JSON.parse(text) : undefined;
  if (body?.code === "internal-error") throw new Error(`${asked.method} ${asked.target} met a bug: ${text}`);
  return { ...answer, body };
}
