import { CognitoJwtVerifier } from "aws-jwt-verify";
import { FetchError, JwtBaseError } from "aws-jwt-verify/error";
import * as z from "zod/mini";
import { $ZodError } from "zod/v4/core";
import { now } from "./chance.ts";
import { config } from "./config.ts";
import { poolKeys } from "./pool-keys.ts";
import { Refusal, temporarilyUnavailable } from "./refusal.ts";

/** Who calls, as their access token says: `customerId` is the account's opaque id. */
export type Caller = { customerId: string; groups: readonly string[] };

const clockSkewSeconds = 60;
const longestLifeSeconds = 24 * 60 * 60;

/** What aws-jwt-verify lets pass although Cognito never signs it. */
const Claims = z
  .object({
    sub: z.string().check(z.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)),
    iat: z.int(),
    exp: z.int(),
    aud: z.optional(z.union([z.string(), z.array(z.string())])),
    "cognito:groups": z._default(z.array(z.string()), []),
  })
  .check(
    z.refine(({ iat }) => iat <= now() / 1000 + clockSkewSeconds, "issued in the future"),
    z.refine(({ iat, exp }) => exp - iat <= longestLifeSeconds, "lives too long"),
    // one that was asked for with RFC 8707's `resource` is for that API alone
    z.refine(({ aud = config.clientId }) => [aud].flat().includes(config.clientId), "for another audience"),
  );

const verifier = CognitoJwtVerifier.create(
  {
    userPoolId: config.userPoolId,
    clientId: config.clientId,
    tokenUse: "access",
    customJwtCheck: ({ header }) => {
      if ("crit" in header) throw unauthenticated();
    },
  },
  { jwksCache: poolKeys },
);

/** Fetches the keys that tokens are signed with, ahead of the first token. */
export const fetchKeys = () =>
  poolKeys.getJwks(CognitoJwtVerifier.parseUserPoolId(config.userPoolId).jwksUri);

/** @throws Refusal `unauthenticated`; `temporarily-unavailable` where the keys are out of reach. */
export async function callerOf(authorization: string | undefined): Promise<Caller> {
  const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? "") ?? [];
  if (token === undefined) throw unauthenticated();
  try {
    const claims = Claims.parse(await verifier.verify(token));
    return { customerId: claims.sub, groups: claims["cognito:groups"] };
  } catch (error) {
    if (error instanceof FetchError) throw temporarilyUnavailable();
    if (
      error instanceof JwtBaseError ||
      error instanceof $ZodError ||
      // it says since when a token is out of date, also where there is no such date
      error instanceof RangeError
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
