import { createHash, randomUUID } from "node:crypto";
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from "jose";
import * as z from "zod";
import type { Store } from "./store.ts";
import type { Group, User } from "./users.ts";

/** One sign-in, which every token that comes of it names. */
export type SignIn = { originJti: string; scope: string; authTime: number; nonce?: string | undefined };
export type Tokens = Awaited<ReturnType<typeof tokensIn>>;

const AccessToken = z.object({
  sub: z.string(),
  origin_jti: z.string(),
  scope: z.string(),
  token_use: z.literal("access"),
});

export const tokenSeconds = 900;
const algorithm = "RS256";

/** Signs and reads tokens of Cognito's shape, with a key that is made once and kept. */
export async function tokensIn(store: Store, { issuer, clientId }: { issuer: string; clientId: string }) {
  const jwk = await signingKey(store);
  const { kty, n, e } = jwk as JWK & { kty: "RSA"; n: string; e: string };
  const kid = await calculateJwkThumbprint({ kty, n, e });
  const publicJwk = { alg: algorithm, use: "sig", kid, kty, n, e };
  const [privateKey, publicKey] = [await importJWK(jwk, algorithm), await importJWK(publicJwk, algorithm)];
  const sign = (claims: JWTPayload) =>
    new SignJWT(claims).setProtectedHeader({ kid, alg: algorithm }).sign(privateKey);

  return {
    jwks: { keys: [publicJwk] },

    async issue(user: User, groups: Group[], { originJti, scope, authTime, nonce }: SignIn) {
      const iat = Math.floor(Date.now() / 1000);
      const common = {
        sub: user.sub,
        ...(groups.length > 0 && { "cognito:groups": groups.map(({ name }) => name) }),
        iss: issuer,
        origin_jti: originJti,
        event_id: randomUUID(),
        auth_time: authTime,
        iat,
        exp: iat + tokenSeconds,
      };
      const access = await sign({
        ...common,
        version: 2,
        client_id: clientId,
        token_use: "access",
        scope,
        jti: randomUUID(),
        username: user.sub,
      });
      if (!includesScope(scope, "openid")) return { access_token: access };
      const id = await sign({
        ...common,
        aud: clientId,
        token_use: "id",
        "cognito:username": user.sub,
        email: user.email,
        email_verified: user.email_verified,
        at_hash: createHash("sha256").update(access).digest().subarray(0, 16).toString("base64url"),
        ...(nonce !== undefined && { nonce }),
        jti: randomUUID(),
      });
      return { access_token: access, id_token: id };
    },

    /** The claims of an access token of ours that still holds, or undefined. */
    async read(token: string) {
      try {
        const { payload } = await jwtVerify(token, publicKey, { issuer, algorithms: [algorithm] });
        return AccessToken.parse(payload);
      } catch {
        return undefined;
      }
    },
  };
}

export const includesScope = (scope: string, wanted: string) => scope.split(" ").includes(wanted);

async function signingKey({ sql }: Store): Promise<JWK> {
  const kept = sql.get`SELECT value FROM settings WHERE name = 'signing key'`;
  if (kept) return JSON.parse(String(kept.value));
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const made = await exportJWK(privateKey);
  sql.run`INSERT INTO settings VALUES ('signing key', ${JSON.stringify(made)})`;
  return made;
}
