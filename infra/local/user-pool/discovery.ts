import { Hono } from "hono";
import { scopes } from "./authorization-request.ts";
import type { Tokens } from "./tokens.ts";

/** The documents by which applications and APIs find the endpoints and the public key. */
export function discovery(pool: { userPoolId: string; issuer: string; url: string; tokens: Tokens }) {
  const { userPoolId, issuer, url, tokens } = pool;
  const at = (path: string) => new URL(path, url).href;
  const wellKnown = `/${userPoolId}/.well-known`;

  return new Hono()
    .get(`${wellKnown}/jwks.json`, (c) => c.json(tokens.jwks))
    .get(`${wellKnown}/openid-configuration`, (c) =>
      c.json({
        issuer,
        authorization_endpoint: at("/oauth2/authorize"),
        token_endpoint: at("/oauth2/token"),
        userinfo_endpoint: at("/oauth2/userInfo"),
        revocation_endpoint: at("/oauth2/revoke"),
        end_session_endpoint: at("/logout"),
        jwks_uri: at(`${wellKnown}/jwks.json`),
        response_types_supported: ["code"],
        code_challenge_methods_supported: ["S256"],
        grant_types_supported: ["authorization_code", "refresh_token"],
        scopes_supported: scopes,
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
        token_endpoint_auth_methods_supported: ["none"],
      }),
    );
}
