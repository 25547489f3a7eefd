import type { IncomingMessage, ServerResponse } from "node:http";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { routes } from "../../functions/routes.ts";
import { cors } from "../environments.ts";
import { routed } from "./event.ts";
import { isLocal } from "./local-addresses.ts";

export type Handler = (
  event: APIGatewayProxyEventV2,
  context: object,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** Where a token must come from, and for whom. */
export type Issuer = { issuer: string; clientId: string; jwksUri: string };

const mostBytes = 10 * 1024 * 1024;
const mostTokens = 10_000;

/**
 * API Gateway's HTTP API as far as a client can tell: routes, JWT authorizer, CORS, payload 2.0.
 * It answers by itself what API Gateway answers by itself, and hands everything else to the functions, by name.
 */
export function gateway(functions: Record<string, Handler>, trusted: Issuer) {
  const keys = createRemoteJWKSet(new URL(trusted.jwksUri));
  /** When the tokens end that have been seen to be good, in seconds: a signature is checked once. */
  const ends = new Map<string, number>();

  return async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = "", url: target = "/", headers, headersDistinct } = incoming;
    const { origin } = headers;
    const answer = (status: number, given: Record<string, string>, body: string | Buffer = "") =>
      void outgoing.writeHead(status, given).end(body);
    const own = (status: number, message: string, given: Record<string, string> = {}) =>
      answer(status, { "content-type": "application/json", ...given }, JSON.stringify({ message }));

    if (method === "OPTIONS" && origin && headers["access-control-request-method"])
      return answer(204, preflight(origin));
    const body = await readBody(incoming);
    if (body === null) return own(413, "Request Entity Too Large", { connection: "close" });
    const request = routed({ method, target, headers: headersDistinct, body });
    if (request === null) return own(400, "Bad Request");
    const gatewayId = { "apigw-requestid": request.event.requestContext.requestId };
    if (
      request.route &&
      request.route.who !== "anyone" &&
      !(await isTrusted(request.event.headers.authorization))
    )
      return own(401, "Unauthorized", { ...gatewayId, "www-authenticate": "Bearer" });
    try {
      const result = await (functions[request.functionName] as Handler)(request.event, {});
      const given = {
        ...(result.headers as Record<string, string>),
        ...gatewayId,
        ...(origin && corsOf(origin)),
      };
      const sent = result.body ?? "";
      answer(result.statusCode ?? 200, given, result.isBase64Encoded ? Buffer.from(sent, "base64") : sent);
    } catch (error) {
      // what a function throws past its own pipeline, Lambda reports and API Gateway hides
      console.error(error);
      own(500, "Internal Server Error", gatewayId);
    }
  };

  /**
   * As the JWT authorizer checks by its documentation, where an ID token passes too
   * (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html).
   */
  async function isTrusted(authorization: string | undefined): Promise<boolean> {
    const token = /^(?:Bearer )?(\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return false;
    const end = ends.get(token);
    if (end !== undefined) return Date.now() < end * 1000;
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        issuer: trusted.issuer,
        algorithms: ["RS256"],
        requiredClaims: ["exp"],
      });
      if (typeof protectedHeader.kid !== "string") return false;
      if (payload.iat !== undefined && payload.iat > Date.now() / 1000) return false;
      if (![payload.aud ?? payload.client_id].flat().includes(trusted.clientId)) return false;
      if (ends.size === mostTokens) ends.clear();
      ends.set(token, payload.exp ?? 0);
      return true;
    } catch {
      return false;
    }
  }
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
        "access-control-allow-methods": [...new Set(routes.map((route) => route.method))].join(","),
        "access-control-allow-headers": cors.allowHeaders.join(","),
        "access-control-max-age": String(cors.maxAgeSeconds),
        vary: "Origin",
      }
    : {};
