import { functions, type Route } from "../routes.ts";
import { type HeaderName, header, headersOfEveryAnswer } from "./headers.ts";
import type { Operation } from "./operations.ts";
import { type ProblemName, problems, unroutedProblems } from "./problems.ts";
import { capitalised, gatewayMessage, reference } from "./schemas.ts";

/** What is answered with one status that refuses; `name` is that of the response in the document. */
export type Refused = { status: number; name: string; response: object };

/** What API Gateway answers by itself on any route, with a body of its own. */
const gatewayStatuses = [403, 413, 429, 500, 503];

const reasons: Record<number, string> = {
  400: "The request is not valid.",
  401: "There is no valid access token.",
  403: "Not for this caller.",
  404: "There is no such thing.",
  405: "The path takes other methods.",
  409: "It cannot be done as things are.",
  412: "It is no longer as it was seen.",
  413: "The body is too large.",
  415: "The body is not JSON.",
  422: "The key belongs to another request.",
  429: "Too many requests at once.",
  500: "A fault of the shop's.",
  503: "Not now: try again after `Retry-After`. It never hides an order that would then be placed twice.",
};

/** All that a route can refuse with: what is its own, and what follows from its path, its caller and its body. */
export function refusalsOf(route: Route, operation: Operation): Refused[] {
  const { body, query, ifMatch, takesKey, refusals = [] } = operation;
  const isOpen = route.who === "anyone";
  const has = (is: unknown, ...names: ProblemName[]) => (is ? names : []);
  return byStatus(
    [
      ...has(body ?? query ?? ifMatch, "invalid-request"),
      ...has(query?.includes("cursor"), "invalid-cursor"),
      ...has(takesKey, "invalid-idempotency-key", "idempotency-key-reused"),
      ...has(!isOpen, "unauthenticated", "forbidden"),
      ...has(route.path.includes("{bookId}"), "book-not-found"),
      ...has(route.path.includes("{orderId}"), "order-not-found"),
      ...refusals,
      ...has(body, "payload-too-large", "unsupported-media-type"),
      ...has(functions[route.function].table.length > 0, "temporarily-unavailable"),
      "internal-error",
    ],
    [
      ...gatewayStatuses,
      ...(isOpen ? [] : [401]),
      // of a path that cannot be decoded
      ...(route.path.includes("{") ? [400] : []),
    ],
  );
}

/** Of what no route takes. */
export const refusalsOfUnrouted = (): Refused[] =>
  byStatus([...unroutedProblems, "internal-error"], [400, ...gatewayStatuses]);

function byStatus(names: readonly ProblemName[], gateway: readonly number[]): Refused[] {
  const statuses = new Set([...names.map((name) => problems[name].status), ...gateway]);
  return [...statuses]
    .sort((one, other) => one - other)
    .map((status) => {
      const ours = names.filter((name) => problems[name].status === status);
      const isGateways = gateway.includes(status);
      const name = [...ours.map(capitalised), ...(isGateways ? [`Gateway${status}`] : [])].join("Or");
      return { status, name, response: refusal(status, ours, isGateways) };
    });
}

function refusal(status: number, names: readonly ProblemName[], isGateways: boolean): object {
  const ours = names.map((name) => problems[name]);
  const own = [...new Set(ours.flatMap((problem): readonly HeaderName[] => problem.headers))];
  const isAlwaysThere = (name: HeaderName) =>
    !isGateways && ours.every(({ headers }: { headers: readonly HeaderName[] }) => headers.includes(name));
  const forms = ours.map(({ schema }) => reference(schema));
  return {
    description: [reasons[status], ...ours.map(({ code }) => `\`${code}\``)].join(" "),
    ...(ours.length > 0 && {
      headers: {
        ...headersOfEveryAnswer(!isGateways),
        ...Object.fromEntries(own.map((name) => [name, header(name, isAlwaysThere(name))])),
      },
    }),
    content: {
      ...(ours.length > 0 && {
        "application/problem+json": { schema: forms.length === 1 ? forms[0] : { oneOf: forms } },
      }),
      ...(isGateways && { "application/json": { schema: gatewayMessage } }),
    },
  };
}
