import middy, { type MiddlewareObj } from "@middy/core";
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context as LambdaContext,
} from "aws-lambda";
import type * as z from "zod/mini";
import { now } from "./chance.ts";
import { logLine } from "./log.ts";
import { invalidRequest, Refusal } from "./refusal.ts";

export type Event = APIGatewayProxyEventV2;
/** `body` is sent as JSON; a Buffer as it is, of the type and encoding that `headers` say. */
export type Answer = { status: number; headers?: Record<string, string>; body?: unknown };

/**
 * What the log says of a request besides its route and outcome: filled in while it is served. `order` is one that exists;
 * `calls` to the store, and how many of them met a conflict or a throttle; `read` and `write` in capacity units.
 */
export type Notes = {
  sub?: string;
  order?: string;
  calls?: number;
  conflicts?: number;
  read?: number;
  write?: number;
  cold?: true;
};

/** Answers one route, or throws a Refusal. */
export type Endpoint = (event: Event, notes: Notes) => Promise<Answer>;

type Context = LambdaContext & { notes: Notes; started: number; outcome: Answer };
type Result = APIGatewayProxyStructuredResultV2;

const mostBytes = 65_536;
// JSON begins with no byte order mark, and a decoder would hide one
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A Lambda function of one or more routes: it goes by route key, never by path. Every answer has an X-Request-Id,
 * every refusal its problem document, every request one line in the log; anything else that is thrown is a bug: 500.
 */
export const serve = <RouteKey extends string>(endpoints: Record<RouteKey, Endpoint>) =>
  middy<Event, Result, Error, Context>({ timeoutEarlyInMillis: 0 })
    .use(logged())
    .use(rendered)
    .handler(
      async (event, { notes }) => endpoints[event.routeKey as RouteKey](event, notes) as Promise<Result>,
    );

type Middleware = MiddlewareObj<Event, Result, Error, Context>;

function logged(): Middleware {
  let cold = true;
  return {
    before: ({ context }) => {
      context.started = now();
      context.notes = cold ? { cold } : {};
      cold = false;
    },
    after: ({ event, context }) => log(event, context),
    onError: ({ event, context }) => log(event, context),
  };
}

const rendered: Middleware = {
  after: (request) => {
    request.context.outcome = request.response as unknown as Answer;
    request.response = render(request.event, request.context.outcome);
  },
  onError: (request) => {
    request.context.outcome = failure(request.error, request.event);
    request.response = render(request.event, request.context.outcome);
  },
};

function failure(error: unknown, event: Event): Answer {
  if (error instanceof Refusal) return { status: error.status, headers: error.headers, body: error.problem };
  const { name, message, stack = "", $metadata } = error as Error & { $metadata?: object };
  // what AWS says of a request may repeat what a customer wrote
  const said = $metadata ? {} : { message };
  const frames = stack.split("\n").filter((line) => /^ {4}at /.test(line));
  logLine({ requestId: event.requestContext.requestId, error: name, ...said, frames });
  const problem = {
    type: "about:blank",
    title: "Internal Server Error",
    status: 500,
    detail: "This is a fault of ours.",
  };
  return { status: 500, body: { ...problem, code: "internal-error" } };
}

function render(event: Event, { status, headers, body }: Answer): Result {
  return {
    statusCode: status,
    headers: {
      ...(body !== undefined && {
        "content-type": status < 400 ? "application/json" : "application/problem+json",
      }),
      "cache-control": "private, no-store",
      "strict-transport-security": "max-age=31536000",
      "x-content-type-options": "nosniff",
      ...headers,
      "x-request-id": event.requestContext.requestId,
    },
    ...(Buffer.isBuffer(body)
      ? { body: body.toString("base64"), isBase64Encoded: true }
      : body !== undefined && { body: JSON.stringify(body) }),
  };
}

function log(event: Event, { started, notes, outcome }: Context): void {
  const { code } = (outcome.body ?? {}) as { code?: string };
  const { sub, ...used } = notes;
  const line = {
    requestId: event.requestContext.requestId,
    route: event.routeKey,
    sub,
    status: outcome.status,
    code,
  };
  logLine({ ...line, ms: now() - started, ...used });
}

export const ok = (body: unknown, headers: Record<string, string> = {}): Answer => ({
  status: 200,
  headers,
  body,
});

export const created = (body: unknown, location: string, headers: Record<string, string> = {}): Answer => ({
  status: 201,
  headers: { location, ...headers },
  body,
});

/** What lets anyone keep an answer. A cache before the API must not answer one origin with what another may not read. */
export const keptFor = (seconds: number): Record<string, string> => ({
  "cache-control": `public, max-age=${seconds}`,
  vary: "Origin",
});

/** The header that tells an answer given again from the first one. */
export const replayed = (answer: { replayed: boolean }): Record<string, string> =>
  answer.replayed ? { "idempotency-replayed": "true" } : {};

/**
 * The body as its schema has it. Where every field is optional it may be absent.
 * @throws Refusal `payload-too-large` before anything is parsed, `unsupported-media-type`, `invalid-request`.
 */
export function parseBody<Body>(event: Event, schema: z.ZodMiniType<Body>): Body {
  const bytes = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8");
  if (bytes.length > mostBytes)
    throw new Refusal("payload-too-large", `A body may have up to ${mostBytes} bytes.`);
  const parsed = schema.safeParse(bytes.length === 0 ? {} : parseJson(event, bytes));
  if (parsed.success) return parsed.data;
  throw invalidRequest(
    parsed.error.issues.map((issue) => ({
      path: issue.path.map((member) => `/${String(member)}`).join(""),
      // zod's own message would repeat the member's name, which is the caller's text
      message: issue.code === "unrecognized_keys" ? "Has a member that is not known" : issue.message,
    })),
  );
}

function parseJson(event: Event, bytes: Buffer): unknown {
  if (!/^application\/json\s*(;|$)/i.test(event.headers["content-type"] ?? ""))
    throw new Refusal("unsupported-media-type", "Send the body as application/json.");
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw invalidRequest([{ path: "", message: "Must be JSON in UTF-8" }]);
  }
}

/** Query parameters by name; unknown ones are ignored, and a known one may stand once. */
export function parseQuery(event: Event, known: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  if (known.length === 0) return values;
  const parameters = new URLSearchParams(event.rawQueryString);
  for (const name of known) {
    const [value, ...more] = parameters.getAll(name);
    if (more.length > 0) throw invalidRequest([{ path: `?${name}`, message: "Must stand once" }]);
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

/** `?limit=`, 1 to 50, and 20 by itself. */
export function parseLimit(query: ReadonlyMap<string, string>): number {
  const text = query.get("limit") ?? "20";
  const limit = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 50)
    throw invalidRequest([{ path: "?limit", message: "Must be a whole number from 1 to 50" }]);
  return limit;
}

/** A parameter that is one of a few words. */
export function parseChoice<Choice extends string>(
  query: ReadonlyMap<string, string>,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const given = query.get(name);
  const choice = choices.find((one) => one === given);
  if (given !== undefined && choice === undefined)
    throw invalidRequest([{ path: `?${name}`, message: `Must be one of ${choices.join(", ")}` }]);
  return choice;
}
