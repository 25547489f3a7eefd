import { type Context, Hono } from "hono";
import type { AuthorizationCodes } from "./authorization-codes.ts";
import { digest } from "./secrets.ts";
import type { SignIns } from "./sign-ins.ts";
import { includesScope, type Tokens } from "./tokens.ts";
import type { Users } from "./users.ts";

/** Where applications turn codes and refresh tokens into tokens, give them back, and ask who signed in. */
export function tokenEndpoints(pool: {
  clientId: string;
  users: Users;
  codes: AuthorizationCodes;
  signIns: SignIns;
  tokens: Tokens;
}) {
  const { clientId, users, codes, signIns, tokens } = pool;
  const app = new Hono();

  const refuse = (c: Context, error: string) => c.json({ error }, 400);
  const refuseClient = (c: Context, { client_id }: Form) =>
    refuse(c, client_id ? "invalid_client" : "invalid_request");

  const redeemCode = async ({ code = "", redirect_uri, code_verifier = "" }: Form) => {
    const grant = codes.redeem(code);
    const user = grant && users.find(grant.sub);
    if (!user || grant.redirectUri !== redirect_uri) return undefined;
    return grant.challenge === digest(code_verifier) ? signIns.begin(user, grant) : undefined;
  };
  const refresh = ({ refresh_token = "" }: Form) => signIns.goOn(refresh_token);

  const grants = new Map([
    ["authorization_code", { needs: ["code", "redirect_uri", "code_verifier"], redeem: redeemCode }],
    ["refresh_token", { needs: ["refresh_token"], redeem: refresh }],
  ]);

  app.post("/oauth2/token", async (c) => {
    const form = await formOf(c);
    if (form.client_id !== clientId) return refuseClient(c, form);
    const grant = grants.get(form.grant_type ?? "");
    if (!grant) return refuse(c, "unsupported_grant_type");
    if (!grant.needs.every((field) => form[field])) return refuse(c, "invalid_request");
    const answer = await grant.redeem(form);
    return answer ? c.json(answer) : refuse(c, "invalid_grant");
  });

  app.post("/oauth2/revoke", async (c) => {
    const form = await formOf(c);
    const { token } = form;
    if (form.client_id !== clientId) return refuseClient(c, form);
    if (!token) return refuse(c, "invalid_request");
    if (await tokens.read(token)) return refuse(c, "unsupported_token_type");
    signIns.end(token);
    return c.body(null, 200);
  });

  app.on(["GET", "POST"], "/oauth2/userInfo", async (c) => {
    const bearer = /^Bearer (\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
    const claims = bearer && (await tokens.read(bearer));
    const user = claims && signIns.isOpen(claims.origin_jti) && users.find(claims.sub);
    if (!user || !includesScope(claims.scope, "openid")) {
      c.header("WWW-Authenticate", 'Bearer error="invalid_token"');
      return c.json({ error: "invalid_token" }, 401);
    }
    const { sub, email, email_verified } = user;
    return c.json({ sub, email, email_verified: String(email_verified), username: sub });
  });

  return app;
}

type Form = Record<string, string>;

/** The fields of a form; none if it is no form, or says something twice. */
async function formOf(c: Context): Promise<Form> {
  const type = c.req.header("Content-Type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") return {};
  const form = new URLSearchParams(await c.req.text());
  return form.size === new Set(form.keys()).size ? Object.fromEntries(form) : {};
}
