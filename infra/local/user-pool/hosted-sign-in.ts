import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import * as z from "zod";
import { isLocal, withParameters } from "../local-addresses.ts";
import type { AuthorizationCodes } from "./authorization-codes.ts";
import { type AuthorizationRequest, readAuthorizationRequest } from "./authorization-request.ts";
import { CognitoError } from "./cognito-error.ts";
import { errorPage, loginPage, newPasswordPage, pageHeaders, signUpPage } from "./pages.ts";
import { type Session, type Sessions, sessionSeconds } from "./sessions.ts";
import type { Users } from "./users.ts";

type Asking = { Variables: { asked: AuthorizationRequest } };
const Credentials = z.object({
  email: z.string().trim(),
  password: z.string(),
  newPassword: z.string().optional(),
});
const cookieName = "cognito";

/** The pages where people sign in, sign up and sign out. */
export function hostedSignIn(pool: {
  clientId: string;
  url: string;
  users: Users;
  sessions: Sessions;
  codes: AuthorizationCodes;
}) {
  const { clientId, users, sessions, codes } = pool;
  const app = new Hono<Asking>();

  const queryOf = (c: Context) => new URL(c.req.url).searchParams;

  const withPageHeaders = createMiddleware(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(pageHeaders)) c.header(name, value);
  });

  const asking = createMiddleware<Asking>(async (c, next) => {
    const read = readAuthorizationRequest(queryOf(c), clientId);
    if ("page" in read) return c.html(errorPage(read.page), 400);
    if ("redirect" in read) return c.redirect(read.redirect);
    c.set("asked", read.asked);
    return next();
  });

  const fromOurPage = createMiddleware(async (c, next) => {
    if (isFromOurPage(c.req.raw.headers, pool.url)) return next();
    return c.html(errorPage("This form was sent from another site."), 403);
  });

  const sendCode = (c: Context<Asking>, { sub, auth_time }: Session) => {
    const { redirectUri, state, challenge, scope, nonce } = c.var.asked;
    const code = codes.issue({ sub, authTime: auth_time, redirectUri, challenge, scope, nonce });
    return c.redirect(withParameters(redirectUri, { code, state }));
  };

  app.use("/oauth2/authorize", withPageHeaders);
  app.get("/oauth2/authorize", asking, (c) => {
    const { prompt, redirectUri, state } = c.var.asked;
    const session = prompt === "login" ? undefined : sessions.find(getCookie(c, cookieName));
    if (session) return sendCode(c, session);
    if (prompt === "none") return c.redirect(withParameters(redirectUri, { error: "login_required", state }));
    return c.redirect(`/login?${queryOf(c)}`);
  });

  const doors = [
    {
      path: "/login",
      page: loginPage,
      // here only a new password can be an invalid one
      pageAfter: ({ name }: CognitoError) =>
        ["NewPasswordRequiredException", "InvalidPasswordException"].includes(name)
          ? newPasswordPage
          : loginPage,
      enter: users.authenticate,
    },
    {
      path: "/signup",
      page: signUpPage,
      pageAfter: () => signUpPage,
      enter: async (email: string, password: string) => users.confirm(await users.signUp(email, password)),
    },
  ];
  for (const { path, page, pageAfter, enter } of doors) {
    app.use(path, withPageHeaders);
    app.get(path, asking, (c) => c.html(page({ query: queryOf(c).toString() })));
    app.post(path, fromOurPage, asking, async (c) => {
      const form = Credentials.safeParse(await c.req.parseBody().catch(() => ({})));
      const { email, password, newPassword } = form.data ?? { email: "", password: "" };
      try {
        const { sub } = await enter(email, password, newPassword);
        sessions.close(getCookie(c, cookieName));
        const { cookie, session } = sessions.open(sub);
        setCookie(c, cookieName, cookie, {
          httpOnly: true,
          sameSite: "Lax",
          path: "/",
          maxAge: sessionSeconds,
        });
        return sendCode(c, session);
      } catch (error) {
        if (!(error instanceof CognitoError)) throw error;
        const form = { query: queryOf(c).toString(), email, error: error.message };
        return c.html(pageAfter(error)(form), 400);
      }
    });
  }

  app.use("/logout", withPageHeaders);
  app.get("/logout", (c) => {
    const back = queryOf(c).get("logout_uri") ?? undefined;
    if (queryOf(c).get("client_id") !== clientId) return c.html(errorPage("Client does not exist."), 400);
    if (!isLocal(back)) {
      return c.html(errorPage("logout_uri must be an address on http://localhost or http://127.0.0.1."), 400);
    }
    sessions.close(getCookie(c, cookieName));
    deleteCookie(c, cookieName, { path: "/" });
    return c.redirect(withParameters(back, {}));
  });

  return app;
}

/** A page under `no-referrer` posts with `Origin: null`, so the browser's own word on the site has to count as well. */
function isFromOurPage(headers: Headers, url: string): boolean {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site") ?? (origin === "null" ? "unknown" : "same-origin");
  if (site !== "same-origin") return false;
  return (
    origin === null || origin === "null" || (isLocal(origin) && new URL(origin).port === new URL(url).port)
  );
}
