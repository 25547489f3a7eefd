import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { type Route, routeKey, routes } from "../../functions/routes.ts";
import { cors } from "../environments.ts";
import { isLocal } from "./user-pool/local-addresses.ts";

type Handler = (event: APIGatewayProxyEventV2, context: object) => Promise<APIGatewayProxyStructuredResultV2>;

const mostBytes = 10 * 1024 * 1024;

/** Where a token must come from, and for whom. */
export type Issuer = { issuer: string; clientId: string; jwksUri: string };

/**
 * API Gateway's HTTP API as far as a client can tell: routes, JWT authorizer, CORS, payload 2.0.
 * It answers by itself what API Gateway answers by itself, and hands everything else to the functions.
 */
export function gateway(handlers: Record<string, Handler>, trusted: Issuer) {
  const keys = createRemoteJWKSet(new URL(trusted.jwksUri));

  return async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const requestId = newRequestId();
    const origin = incoming.headers.origin;
    const answer = (status: number, headers: Record<string, string>, body = "") => {
      outgoing.writeHead(status, { "apigw-requestid": requestId, ...headers }).end(body);
    };
    const own = (status: number, message: string, headers: Record<string, string> = {}) =>
      answer(status, { "content-type": "application/json", ...headers }, JSON.stringify({ message }));

    if (incoming.method === "OPTIONS" && origin && incoming.headers["access-control-request-method"])
      return answer(204, preflight(origin));
    const [rawPath = "/", rawQueryString = ""] = splitOnce(incoming.url ?? "/", "?");
    const path = decoded(rawPath);
    if (path === null) return own(400, "Bad Request");
    const found = findRoute(incoming.method ?? "", rawPath);
    if (found && found.route.who !== "anyone" && !(await isTrusted(incoming.headers.authorization)))
      return own(401, "Unauthorized", { "www-authenticate": "Bearer" });
    const body = await readBody(incoming);
    if (body === null) return own(413, "Request Entity Too Large", { connection: "close" });

    const key = found ? routeKey(found.route) : "$default";
    const event = toEvent(incoming, {
      requestId,
      key,
      path,
      rawQueryString,
      parameters: found?.parameters,
      body,
    });
    try {
      const result = await (handlers[found?.route.function ?? "fallback"] as Handler)(event, {});
      answer(
        result.statusCode ?? 200,
        { ...(result.headers as Record<string, string>), ...(origin && corsOf(origin)) },
        result.body,
      );
    } catch (error) {
      // what a function throws past its own pipeline, Lambda reports and API Gateway hides
      console.error(error);
      own(500, "Internal Server Error");
    }
  };

  /** As the JWT authorizer checks: an ID token passes here too. */
  async function isTrusted(authorization: string | undefined): Promise<boolean> {
    const token = /^(?:Bearer )?(\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return false;
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: trusted.issuer,
        algorithms: ["RS256"],
        requiredClaims: ["exp"],
      });
      return [payload.aud ?? payload.client_id].flat().includes(trusted.clientId);
    } catch {
      return false;
    }
  }
}

type Found = { route: Route; parameters: Record<string, string> | undefined };

function findRoute(method: string, rawPath: string): Found | undefined {
  for (const route of routes) {
    if (route.method !== method) continue;
    const parameters = match(route.path, rawPath);
    if (parameters) return { route, parameters: Object.keys(parameters).length > 0 ? parameters : undefined };
  }
  return undefined;
}

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

function toEvent(
  incoming: IncomingMessage,
  request: {
    requestId: string;
    key: string;
    path: string;
    rawQueryString: string;
    parameters: Record<string, string> | undefined;
    body: Buffer;
  },
): APIGatewayProxyEventV2 {
  const { cookie, ...headers } = joinedHeaders(incoming);
  const query = Object.fromEntries(
    [...new Set(new URLSearchParams(request.rawQueryString).keys())].map((name) => [
      name,
      new URLSearchParams(request.rawQueryString).getAll(name).join(","),
    ]),
  );
  const isText = /^(text\/|application\/(json|xml|javascript))/i.test(
    headers["content-type"] ?? "text/plain",
  );
  return {
    version: "2.0",
    routeKey: request.key,
    rawPath: request.path,
    rawQueryString: request.rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split("; ") }),
    headers,
    ...(request.rawQueryString !== "" && { queryStringParameters: query }),
    ...(request.parameters && { pathParameters: request.parameters }),
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
      domainName: headers.host ?? "",
      domainPrefix: "local",
      http: {
        method: incoming.method ?? "",
        path: request.path,
        protocol: `HTTP/${incoming.httpVersion}`,
        sourceIp: "127.0.0.1",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: request.requestId,
      routeKey: request.key,
      stage: "$default",
      time: new Date().toISOString(),
      timeEpoch: Date.now(),
    },
    ...(request.body.length > 0 && { body: request.body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: request.body.length > 0 && !isText,
  };
}

/** Lower-case names; what stands more than once is joined by commas, as payload 2.0 has it. */
function joinedHeaders({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values = []]) => [
      name,
      values.join(name === "cookie" ? "; " : ","),
    ]),
  );
}

async function readBody(incoming: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    if (bytes > mostBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const corsOf = (origin: string): Record<string, string> =>
  isLocal(origin)
    ? {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": cors.exposeHeaders.join(","),
        vary: "Origin",
      }
    : {};

const preflight = (origin: string): Record<string, string> =>
  isLocal(origin)
    ? {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET,POST,PUT,PATCH,DELETE",
        "access-control-allow-headers": cors.allowHeaders.join(","),
        "access-control-max-age": String(cors.maxAgeSeconds),
        vary: "Origin",
      }
    : {};

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
