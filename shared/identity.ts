import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import { FetchError, JwtBaseError, ParameterValidationError } from "aws-jwt-verify/error";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import * as z from "zod/mini";
import { $ZodError } from "zod/v4/core";
import { now } from "./chance.ts";
import { config } from "./config.ts";
import { Refusal, temporarilyUnavailable } from "./refusal.ts";

/** Who calls, as their access token says: `customerId` is the account's opaque id. */
export type Caller = { customerId: string; groups: readonly string[] };

const keyServerMs = 1000;
const clockSkewSeconds = 60;
const longestLifeSeconds = 24 * 60 * 60;

/** What aws-jwt-verify lets pass although Cognito never signs it. */
const Claims = z
  .object({
    sub: z.string().check(z.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)),
    iat: z.int(),
    exp: z.int(),
    "cognito:groups": z._default(z.array(z.string()), []),
  })
  .check(
    z.refine(({ iat }) => iat <= now() / 1000 + clockSkewSeconds, "issued in the future"),
    z.refine(({ iat, exp }) => exp - iat <= longestLifeSeconds, "lives too long"),
  );
const Keys = z.object({ keys: z.array(z.object({ kid: z.string() })).check(z.minLength(1)) });

const keys = new SimpleJwksCache({ fetcher: { fetch: () => download(new URL(config.jwksUri)) } });
const verifier = CognitoJwtVerifier.create(
  {
    userPoolId: config.userPoolId,
    clientId: config.clientId,
    tokenUse: "access",
    customJwtCheck: ({ header }) => {
      if ("crit" in header) throw unauthenticated();
    },
  },
  { jwksCache: keys },
);

/** Fetches the keys that tokens are signed with, ahead of the first token. */
export const fetchKeys = () => keys.getJwks(CognitoJwtVerifier.parseUserPoolId(config.userPoolId).jwksUri);

/** @throws Refusal `unauthenticated`; `temporarily-unavailable` where the keys are out of reach. */
export async function callerOf(authorization: string | undefined): Promise<Caller> {
  const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? "") ?? [];
  if (token === undefined) throw unauthenticated();
  try {
    const claims = Claims.parse(await verifier.verify(token));
    return { customerId: claims.sub, groups: claims["cognito:groups"] };
  } catch (error) {
    if (error instanceof FetchError) throw temporarilyUnavailable();
    // a token of another pool is a wrong parameter to the verifier, and none of ours to us
    if (
      error instanceof JwtBaseError ||
      error instanceof ParameterValidationError ||
      error instanceof $ZodError
    )
      throw unauthenticated();
    throw error;
  }
}

/** @throws Refusal `forbidden` for a caller outside the group. */
export function requireGroup(caller: Caller, group: "customers" | "admins"): void {
  if (!caller.groups.includes(group))
    throw new Refusal("forbidden", `This is for accounts in the group ${group}.`);
}

const unauthenticated = () =>
  new Refusal("unauthenticated", "A valid access token is needed.", {}, { "www-authenticate": "Bearer" });

/** aws-jwt-verify's own fetcher takes https alone and three seconds twice. */
function download(url: URL): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new FetchError(url.href, error));
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(
      url,
      { signal: AbortSignal.timeout(keyServerMs) },
      async (response) => {
        try {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk);
          if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
          const body = Buffer.concat(chunks);
          Keys.parse(JSON.parse(body.toString()));
          resolve(new Uint8Array(body).buffer);
        } catch (error) {
          fail(error as Error);
        }
      },
    );
    request.on("error", fail).end();
  });
}
