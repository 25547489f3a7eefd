import { config } from "../../shared/config.ts";
import { type FunctionName, type Route, type RouteKeysOf, routeKey, routes } from "../routes.ts";
import { type Example, examples } from "./examples.ts";
import { componentHeaders, header, headers, headersOfEveryAnswer } from "./headers.ts";
import { type Operation, operations, tags } from "./operations.ts";
import { entityTag, idempotencyKey, pathParameters, queryParameters } from "./parameters.ts";
import { type Refused, refusalsOf, refusalsOfUnrouted } from "./refusals.ts";
import { reference, schemas } from "./schemas.ts";

const description = `The ordering backend of a bookshop. Customers fill a cart, order it and read their history; staff keep the catalogue and move orders on.

Money is integer minor units. Times are RFC 3339 in UTC. Ids are opaque, 1 to 64 characters of \`A-Z a-z 0-9 _ -\`. Unknown members of a body are refused, unknown query parameters ignored; a known one stands once. A body has up to 65,536 bytes.

A refusal is \`application/problem+json\` (RFC 9457) with a stable \`code\`. API Gateway answers some requests by itself, with \`{"message": "…"}\`, the header \`apigw-requestid\` and no CORS headers: go by the status. Every path also works with a trailing slash, by a 308. What no operation takes is described under \`x-unrouted\`.`;

const securitySchemes = {
  signIn: {
    type: "oauth2",
    description: `Sign in with code and PKCE, and send the access token, which lives 15 minutes, as \`Authorization: Bearer …\`. No operation asks for a scope. All else of sign-in is told by ${config.jwksUri.replace(/jwks\.json$/, "openid-configuration")}.`,
    flows: {
      authorizationCode: {
        authorizationUrl: `${config.signInUrl}/oauth2/authorize`,
        tokenUrl: `${config.signInUrl}/oauth2/token`,
        refreshUrl: `${config.signInUrl}/oauth2/token`,
        scopes: { openid: "That someone signs in.", email: "By which address." },
      },
    },
  },
  accessToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "An access token of an account in the group that the operation names.",
  },
};

const described = routes.map((route: Route) => {
  const key = routeKey(route) as RouteKeysOf<FunctionName>;
  const refused = refusalsOf(route, operations[key]);
  return { route, refused, operation: operationOf(route, operations[key], examples[key], refused) };
});
const unrouted = refusalsOfUnrouted();

/** The API's description, OpenAPI 3.1, built from what routes and handlers are built from. */
export const document = {
  openapi: "3.1.1",
  info: {
    title: "Bookshop",
    version: "1",
    summary: "Catalogue, cart, orders that cannot happen twice, and history.",
    description,
    license: { name: "MIT", identifier: "MIT" },
  },
  servers: [{ url: "/", description: "Where this document is served." }],
  tags: Object.entries(tags).map(([name, is]) => ({ name, description: is })),
  paths: Object.fromEntries(
    Object.entries(Object.groupBy(described, ({ route }) => route.path)).map(([path, here = []]) => [
      path,
      Object.fromEntries(here.map(({ route, operation }) => [route.method.toLowerCase(), operation])),
    ]),
  ),
  components: {
    schemas,
    headers: componentHeaders,
    responses: Object.fromEntries(
      described.flatMap(({ refused }) => refused.map(({ name, response }) => [name, response])),
    ),
    securitySchemes,
  },
  "x-unrouted": {
    description: "Answers to what no operation above takes, whoever asks.",
    responses: {
      204: { description: "A browser's preflight, answered by API Gateway." },
      308: {
        description: "The path without the slash at its end takes this method; the query is kept.",
        headers: { ...headersOfEveryAnswer(), Location: header("Location", true) },
      },
      ...Object.fromEntries(unrouted.map(({ status, response }) => [status, response])),
    },
  },
};

function operationOf(route: Route, operation: Operation, example: Example, refused: Refused[]) {
  const { operationId, tag, summary, description, body, answer } = operation;
  const security = [{ signIn: [] }, { accessToken: [`${route.who}s`] }];
  return {
    operationId,
    tags: [tag],
    summary,
    description,
    security: route.who === "anyone" ? [] : security,
    parameters: parametersOf(route, operation, example),
    ...(body && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: { "application/json": { schema: reference(body), ...shown(example.body) } },
      },
    }),
    responses: {
      [answer.status]: {
        description: answer.is,
        headers: {
          ...headersOfEveryAnswer(),
          ...Object.fromEntries((answer.headers ?? []).map((name) => [name, header(name, true)])),
          ...(operation.takesKey && { "Idempotency-Replayed": header("Idempotency-Replayed", false) }),
          ...(answer.cache && {
            "Cache-Control": {
              ...headers["Cache-Control"],
              required: true,
              schema: { const: answer.cache },
            },
          }),
        },
        ...(answer.schema && {
          content: { "application/json": { schema: reference(answer.schema), ...shown(example.answer) } },
        }),
        ...(answer.types && { content: Object.fromEntries(answer.types.map((type) => [type, {}])) }),
      },
      ...pointed(refused),
    },
  };
}

function pointed(refused: Refused[]): Record<string, object> {
  return Object.fromEntries(
    refused.map(({ status, name }) => [String(status), { $ref: `#/components/responses/${name}` }]),
  );
}

function shown(example: unknown): { example?: unknown } {
  return example === undefined ? {} : { example };
}

function parametersOf({ path }: Route, operation: Operation, example: Example): object[] {
  const { query = [], takesKey, ifMatch } = operation;
  const inHeader = (name: string, parameter: object) => ({
    name,
    in: "header",
    ...parameter,
    ...shown(example.headers?.[name]),
  });
  return [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
      name,
      in: "path",
      required: true,
      ...pathParameters[name],
      ...shown(example.path?.[name]),
    })),
    ...query.map((name) => ({
      name,
      in: "query",
      ...queryParameters[name],
      ...shown(example.query?.[name]),
    })),
    ...(takesKey ? [inHeader("Idempotency-Key", idempotencyKey)] : []),
    ...(ifMatch === undefined ? [] : [inHeader("If-Match", { description: ifMatch, schema: entityTag })]),
  ];
}
