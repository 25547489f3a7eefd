import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { isLocal } from "../local-addresses.ts";
import { administration } from "./administration.ts";
import { authorizationCodes } from "./authorization-codes.ts";
import { discovery } from "./discovery.ts";
import { hostedSignIn } from "./hosted-sign-in.ts";
import { sessionsIn } from "./sessions.ts";
import { signInsIn } from "./sign-ins.ts";
import { openStore } from "./store.ts";
import { tokenEndpoints } from "./token-endpoints.ts";
import { tokensIn } from "./tokens.ts";
import { type OnConfirmed, usersIn } from "./users.ts";

/** A stand-in for one Cognito user pool, its hosted sign-in and its API. */
export type UserPool = {
  userPoolId: string;
  clientId: string;
  issuer: string;
  /** Whether a request is sign-in's; every other one is the shop's. */
  owns(method: string, path: string): boolean;
  fetch(request: Request): Promise<Response>;
  close(): void;
};

const userPoolId = "us-east-1_local";
const clientId = "1bookshop2on3this4machine5";
const issuer = `https://cognito-idp.us-east-1.amazonaws.com/${userPoolId}`;

const pages = ["/login", "/signup", "/logout"];
const folders = ["/oauth2/", `/${userPoolId}/`];
const openToPages = ["/", "/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke", `/${userPoolId}/*`];

/** Opens the pool that is kept in a file, for this process alone; makes it if there is none. */
export async function openUserPool(options: {
  /** SQLite file, or ":memory:" */
  file: string;
  /** Where the pool is served, http://127.0.0.1:3000 */
  url: string;
  /** The post-confirmation trigger, called when a person's sign-up is confirmed. */
  onConfirmed: OnConfirmed;
  /** How long a refresh token still works after its first use. */
  refreshGraceSeconds?: number;
}): Promise<UserPool> {
  const { file, url, onConfirmed, refreshGraceSeconds = 10 } = options;
  const store = openStore(file);
  const users = usersIn(store, onConfirmed);
  const tokens = await tokensIn(store, { issuer, clientId });
  const signIns = signInsIn(store, { users, tokens, refreshGraceSeconds });
  const pool = {
    userPoolId,
    clientId,
    issuer,
    url,
    users,
    tokens,
    signIns,
    sessions: sessionsIn(store),
    codes: authorizationCodes(),
  };

  const app = new Hono();
  // tokens, codes and people's addresses: no cache keeps any
  app.use(async (c, next) => {
    await next();
    c.header("Cache-Control", "no-store");
    c.header("X-Content-Type-Options", "nosniff");
  });
  app.use(bodyLimit({ maxSize: 65_536 }));
  const allowed = cors({
    origin: (origin) => (isLocal(origin) ? origin : null),
    allowMethods: ["GET", "POST"],
    maxAge: 600,
  });
  for (const path of openToPages) app.use(path, allowed);
  app.route("/", hostedSignIn(pool)).route("/", tokenEndpoints(pool));
  app.route("/", discovery(pool)).route("/", administration(pool));

  return {
    userPoolId,
    clientId,
    issuer,
    owns: (method, path) =>
      pages.includes(path) ||
      folders.some((folder) => path.startsWith(folder)) ||
      (path === "/" && ["POST", "OPTIONS"].includes(method)),
    fetch: async (request) => app.fetch(request),
    close: store.close,
  };
}
