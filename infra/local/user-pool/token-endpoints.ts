import { type Context, Hono } from "hono";
import * as z from "zod";
import type { AuthorizationCodes } from "./authorization-codes.ts";
import { digest } from "./secrets.ts";
import type { SignIns } from "./sign-ins.ts";
import { includesScope, type Tokens } from "./tokens.ts";
import type { Users } from "./users.ts";

const CodeExchange = z.object({
  grant_type: z.literal("authorization_code"),
  code: z.string(),
  redirect_uri: z.string(),
  code_verifier: z.string(),
});
const Refresh = z.object({ grant_type: z.literal("refresh_token"), refresh_token: z.string() });
const grants = { authorization_code: CodeExchange, refresh_token: Refresh };
const Grant = z.discriminatedUnion("grant_type", [CodeExchange, Refresh]);
type Grant = z.output<typeof Grant>;

const Revocation = z.object({ token: z.string() });

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

  const redeem = async (grant: Grant) => {
    if (grant.grant_type === "refresh_token") return signIns.goOn(grant.refresh_token);
    const code = codes.redeem(grant.code);
    const user = code && users.find(code.sub);
    if (!user || code.redirectUri !== grant.redirect_uri) return undefined;
    if (code.challenge !== digest(grant.code_verifier)) return undefined;
    return signIns.begin(user, code);
  };

  app.post("/oauth2/token", async (c) => {
    c.header("Cache-Control", "no-store");
    const form = await formOf(c);
    if (!form) return refuse(c, "invalid_request");
    if (form.client_id !== clientId) return refuse(c, "invalid_client");
    const grant = Grant.safeParse(form);
    if (grant.success) {
      const answer = await redeem(grant.data);
      return answer ? c.json(answer) : refuse(c, "invalid_grant");
    }
    const known = form.grant_type === undefined || Object.hasOwn(grants, form.grant_type);
    return refuse(c, known ? "invalid_request" : "unsupported_grant_type");
  });

  app.post("/oauth2/revoke", async (c) => {
    const form = await formOf(c);
    const revocation = Revocation.safeParse(form);
    if (!form || !revocation.success) return refuse(c, "invalid_request");
    if (form.client_id !== clientId) return refuse(c, "invalid_client");
    if (await tokens.read(revocation.data.token)) return refuse(c, "unsupported_token_type");
    signIns.end(revocation.data.token);
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

/** The fields of a form; undefined if it is no form, or says something twice. */
async function formOf(c: Context): Promise<Record<string, string> | undefined> {
  const type = c.req.header("Content-Type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") return undefined;
  const form = new URLSearchParams(await c.req.text());
  return form.size === new Set(form.keys()).size ? Object.fromEntries(form) : undefined;
}
