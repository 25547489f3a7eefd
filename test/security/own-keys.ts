import { type KeyObject, randomUUID, sign } from "node:crypto";
import { type RequestListener, request } from "node:http";
import { SignJWT } from "jose";
import { afterAll, beforeEach, expect, inject } from "vitest";
import { inProcess, type Reply } from "../shop.ts";
import { accessClaims, aKeyPair, algorithm, issuerOf, jwkOf, keySet, serve } from "../signing-keys.ts";

// A key server and a store of the test's own: it signs what Cognito never would, and counts what reaches either.

const { USER_POOL_ID: userPoolId = "", CLIENT_ID = "" } = inject("variables");
export const clientId = CLIENT_ID;
export const issuer = issuerOf(userPoolId);
export const now = () => Math.floor(Date.now() / 1000);

/** Serves on a free port until the file is through; answers where. */
export async function served(listener: RequestListener): Promise<string> {
  const { url, close } = await serve(listener);
  afterAll(close);
  return url;
}

export const ours = aKeyPair();
export const foreign = aKeyPair();
export const answering =
  (text: string): RequestListener =>
  (_, outgoing) =>
    void outgoing.end(text);
export const withOurKey = answering(keySet(await jwkOf(ours.publicKey, "ours")));

/** The pool's key server: what it does, and how often it was asked. */
export const keyServer = { serve: withOurKey, requests: 0 };
/** How often the table was asked. */
export const store = { calls: 0 };
beforeEach(() => {
  keyServer.requests = store.calls = 0;
});

export const variables = {
  ...inject("variables"),
  JWKS_URI: `${await served((incoming, outgoing) => {
    keyServer.requests++;
    keyServer.serve(incoming, outgoing);
  })}/keys`,
  AWS_ENDPOINT_URL_DYNAMODB: await served((incoming, outgoing) => {
    store.calls++;
    const { method, headers } = incoming;
    const onwards = request(
      inject("variables").AWS_ENDPOINT_URL_DYNAMODB ?? "",
      { method, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.pipe(onwards);
  }),
};
// biome-ignore lint/style/noProcessEnv: what the handlers are to find when they are first imported
Object.assign(process.env, variables);

/** What stands in an access token of the pool. */
export const claims = () =>
  accessClaims({ userPoolId, clientId }, { sub: randomUUID(), groups: ["customers"] });

/** A token of ours but for what is said. */
export const aToken = (
  change: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key: KeyObject | Uint8Array = ours.privateKey,
): Promise<string> =>
  new SignJWT({ ...claims(), ...change })
    .setProtectedHeader({ kid: "ours", alg: algorithm, ...header } as { alg: string })
    .sign(key, { crit: { "x-new": true } });

const encoded = (text: string) => Buffer.from(text).toString("base64url");

/** Texts of the test's own under our key, which no library would sign. */
export function signed(payload: string, header = JSON.stringify({ kid: "ours", alg: algorithm })): string {
  const input = `${encoded(header)}.${encoded(payload)}`;
  return `${input}.${sign("sha256", Buffer.from(input), ours.privateKey).toString("base64url")}`;
}

/** The cart of whoever this header names, from the handler itself. */
export const cartOf = (authorization?: string): Promise<Reply> =>
  inProcess("GET", "/api/cart", authorization === undefined ? {} : { authorization });

const problem = (status: number, code: string) => ({
  type: `urn:bookshop:${code}`,
  title: expect.any(String),
  status,
  detail: expect.any(String),
  code,
});

export function expectUnauthenticated({ status, headers, body }: Reply): void {
  expect({ status, body }).toEqual({ status: 401, body: problem(401, "unauthenticated") });
  expect(headers.get("www-authenticate")).toBe("Bearer");
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(headers.get("x-request-id")).toMatch(/\S/);
  expect(store.calls).toBe(0);
}

export function expectForbidden({ status, headers, body }: Reply): void {
  expect({ status, body }).toEqual({ status: 403, body: problem(403, "forbidden") });
  expect(headers.get("www-authenticate")).toBeNull();
  expect(store.calls).toBe(0);
}

export function expectUnavailable({ status, headers, body }: Reply): void {
  expect({ status, body }).toEqual({ status: 503, body: problem(503, "temporarily-unavailable") });
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  expect(store.calls).toBe(0);
}
