import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { type Route, routeKey, routes } from "../../functions/routes.ts";

/** A request as it came over the wire: `target` is path and query, header names are in lower case. */
export type WireRequest = {
  method: string;
  target: string;
  headers: Record<string, string[] | undefined>;
  body: Buffer;
};

/** What API Gateway makes of a request before anything runs. `route` undefined: `$default`. */
export type Routed = { route: Route | undefined; event: APIGatewayProxyEventV2; functionName: string };

/** Finds the route and makes the payload 2.0 event that its function receives; null where the path cannot be decoded. */
export function routed(request: WireRequest): Routed | null {
  const [rawPath = "/", rawQueryString = ""] = splitOnce(request.target, "?");
  const path = decoded(rawPath);
  if (path === null) return null;
  const found = routes
    .map((route: Route) => ({
      route,
      parameters: route.method === request.method ? match(route.path, rawPath) : null,
    }))
    .find(({ parameters }) => parameters !== null);
  return {
    route: found?.route,
    functionName: found?.route.function ?? "fallback",
    event: toEvent(
      request,
      path,
      rawQueryString,
      found ? routeKey(found.route) : "$default",
      found?.parameters ?? {},
    ),
  };
}

function toEvent(
  { method, headers: given, body }: WireRequest,
  path: string,
  rawQueryString: string,
  key: string,
  parameters: Record<string, string>,
): APIGatewayProxyEventV2 {
  const { cookie, ...headers } = joined(given);
  const query = new URLSearchParams(rawQueryString);
  const isText =
    isUtf8(body) &&
    /^(text\/|application\/(json|xml|javascript))/i.test(headers["content-type"] ?? "text/plain");
  return {
    version: "2.0",
    routeKey: key,
    rawPath: path,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split("; ") }),
    headers,
    ...(query.size > 0 && {
      queryStringParameters: Object.fromEntries(
        [...query.keys()].map((name) => [name, query.getAll(name).join(",")]),
      ),
    }),
    ...(Object.keys(parameters).length > 0 && { pathParameters: parameters }),
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
      domainName: headers.host ?? "",
      domainPrefix: "local",
      http: {
        method,
        path,
        protocol: "HTTP/1.1",
        sourceIp: "127.0.0.1",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: newRequestId(),
      routeKey: key,
      stage: "$default",
      time: new Date().toISOString(),
      timeEpoch: Date.now(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** The path's parameters, or null where the pattern does not fit. */
function match(pattern: string, rawPath: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = rawPath.split("/");
  if (wanted.length !== given.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name === undefined ? part !== value : value === "") return null;
    if (name !== undefined) parameters[name] = decodeURIComponent(value);
  }
  return parameters;
}

/** What stands more than once is joined by commas, as payload 2.0 has it. */
const joined = (headers: WireRequest["headers"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, values = []]) => [name, values.join(name === "cookie" ? "; " : ",")]),
  );

/** As API Gateway's look: 15 characters and a `=`. */
const newRequestId = () => `${randomBytes(12).toString("base64url").slice(0, 15)}=`;

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

function splitOnce(text: string, by: string): [string, string?] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
