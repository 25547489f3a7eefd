import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { serve } from "@hono/node-server";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import * as oidc from "openid-client";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openUserPool } from "../infra/local/user-pool/user-pool.ts";

const callback = "http://localhost:5173/callback";
const script = `"><script>alert(1)</script>`;
const reader = { email: "reader@example.com", password: "Gutenberg1455" };

const endings: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const end of endings.splice(0).reverse()) await end();
});

type Options = { file?: string; refreshGraceSeconds?: number; onConfirmed?: () => Promise<void> };

/** A user pool served on a port of its own. */
async function aPool({ file = ":memory:", onConfirmed = async () => {}, ...options }: Options = {}) {
  const server = serve({ fetch: (request) => pool.fetch(request), hostname: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pool = await openUserPool({ file, url, onConfirmed, ...options });
  const close = async () => {
    await new Promise((done) => server.close(done));
    pool.close();
  };
  endings.push(() => server.listening && close());
  return { ...pool, url, close };
}
type Pool = Awaited<ReturnType<typeof aPool>>;

/** A browser, as far as it matters here: it keeps cookies, and a test looks at each redirect. */
function aBrowser(pool: Pool) {
  const cookies = new Map<string, string>();
  const visit = async (address: string | URL, init: RequestInit = {}) => {
    const answer = await fetch(new URL(address, pool.url), {
      ...init,
      redirect: "manual",
      headers: { cookie: [...cookies].map((pair) => pair.join("=")).join("; "), ...init.headers },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value) cookies.set(name, value);
      else cookies.delete(name);
    }
    return answer;
  };
  const submit = (
    address: string | URL,
    form: Record<string, string>,
    headers: Record<string, string> = {},
  ) => visit(address, { method: "POST", body: new URLSearchParams(form), headers });
  return { visit, submit, cookies };
}

const aQuery = async (pool: Pool, changes: Record<string, string | undefined> = {}) => {
  const parameters = {
    response_type: "code",
    client_id: pool.clientId,
    redirect_uri: callback,
    code_challenge: await oidc.calculatePKCECodeChallenge("v".repeat(43)),
    code_challenge_method: "S256",
    state: "kept",
    ...changes,
  };
  return new URLSearchParams(
    Object.entries(parameters).filter((pair): pair is [string, string] => !!pair[1]),
  );
};

const locationOf = (answer: Response) => new URL(answer.headers.get("location") ?? "", "http://nowhere");

const signUp = async (pool: Pool, browser = aBrowser(pool), person = reader) =>
  locationOf(await browser.submit(`/signup?${await aQuery(pool)}`, person)).searchParams.get("code") ?? "";

const exchange = async (pool: Pool, form: Record<string, string>) => {
  const answer = await fetch(`${pool.url}/oauth2/token`, { method: "POST", body: new URLSearchParams(form) });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
};

const redeem = (pool: Pool, code: string, changes: Record<string, string> = {}) =>
  exchange(pool, {
    grant_type: "authorization_code",
    client_id: pool.clientId,
    code,
    redirect_uri: callback,
    code_verifier: "v".repeat(43),
    ...changes,
  });

const refresh = (pool: Pool, token = "") =>
  exchange(pool, { grant_type: "refresh_token", client_id: pool.clientId, refresh_token: token });

const aFile = () => {
  const folder = mkdtempSync(join(tmpdir(), "user-pool-"));
  endings.push(() => rmSync(folder, { recursive: true }));
  return join(folder, "pool.sqlite");
};

/** An application that uses openid-client; the issuer is AWS's, so its address is mapped to this machine. */
async function anApplication(pool: Pool) {
  const local: oidc.CustomFetch = (address, options) =>
    fetch(address.replace(new URL(pool.issuer).origin, pool.url), options as RequestInit);
  return oidc.discovery(new URL(pool.issuer), pool.clientId, undefined, oidc.None(), {
    [oidc.customFetch]: local,
    execute: [oidc.allowInsecureRequests],
  });
}

describe("A person who signs in to an application", () => {
  test("signs up, comes back to it, and its tokens are what Cognito's are", async () => {
    const welcomed = vi.fn(async () => {});
    const pool = await aPool({ onConfirmed: welcomed });
    const application = await anApplication(pool);
    const [pkceCodeVerifier, expectedState, expectedNonce] = [
      oidc.randomPKCECodeVerifier(),
      oidc.randomState(),
      oidc.randomNonce(),
    ];
    const browser = aBrowser(pool);

    const start = oidc.buildAuthorizationUrl(application, {
      redirect_uri: callback,
      scope: "openid email profile",
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: "S256",
    });
    const login = locationOf(await browser.visit(start));
    expect(login.pathname).toBe("/login");
    const page = await (await browser.visit(`/signup${login.search}`)).text();
    expect(page).toContain("Local stand-in for Cognito");
    expect(page).toContain("no mail here");
    const back = locationOf(await browser.submit(`/signup${login.search}`, reader, { origin: pool.url }));
    expect(back.origin + back.pathname).toBe(callback);
    const tokens = await oidc.authorizationCodeGrant(application, back, {
      pkceCodeVerifier,
      expectedState,
      expectedNonce,
      idTokenExpected: true,
    });

    const keys = (await (
      await fetch(`${pool.url}/${pool.userPoolId}/.well-known/jwks.json`)
    ).json()) as never;
    const verify = (token: string, tokenUse: "access" | "id") => {
      const { userPoolId, clientId } = pool;
      const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse });
      verifier.cacheJwks(keys);
      return verifier.verify(token);
    };
    const access = await verify(tokens.access_token, "access");
    const uuid = expect.stringMatching(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(access).toEqual({
      sub: uuid,
      iss: pool.issuer,
      version: 2,
      client_id: pool.clientId,
      origin_jti: uuid,
      event_id: uuid,
      token_use: "access",
      scope: "openid email profile",
      auth_time: expect.any(Number),
      exp: access.iat + 900,
      iat: expect.any(Number),
      jti: uuid,
      username: access.sub,
    });
    expect(await verify(tokens.id_token ?? "", "id")).toMatchObject({
      sub: access.sub,
      aud: pool.clientId,
      token_use: "id",
      "cognito:username": access.sub,
      email: reader.email,
      email_verified: true,
      nonce: expectedNonce,
      origin_jti: access.origin_jti,
      exp: access.exp,
    });
    const [header = ""] = tokens.access_token.split(".");
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toEqual({
      kid: expect.any(String),
      alg: "RS256",
    });
    expect(await oidc.fetchUserInfo(application, tokens.access_token, access.sub)).toEqual({
      sub: access.sub,
      email: reader.email,
      email_verified: "true",
      username: access.sub,
    });
    expect(welcomed).toHaveBeenCalledExactlyOnceWith({ sub: access.sub, email: reader.email });
    expect(pool.clientId).toMatch(/^[0-9a-z]{26}$/);
  });

  test("stays signed in there through new refresh tokens, until it gives them back", async () => {
    const pool = await aPool({ refreshGraceSeconds: 0 });
    const application = await anApplication(pool);
    const { body: first } = await redeem(pool, await signUp(pool));

    const second = await oidc.refreshTokenGrant(application, first.refresh_token ?? "");
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.id_token).toBeDefined();
    await expect(oidc.refreshTokenGrant(application, first.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    });

    await oidc.tokenRevocation(application, second.refresh_token ?? "");
    await expect(oidc.refreshTokenGrant(application, second.refresh_token ?? "")).rejects.toMatchObject({
      error: "invalid_grant",
    });
    await expect(
      oidc.fetchUserInfo(application, second.access_token, oidc.skipSubjectCheck),
    ).rejects.toMatchObject({ status: 401 });
  });

  test("may ask for new tokens again when the answer was lost, for ten seconds", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const pool = await aPool();
    const { body: first } = await redeem(pool, await signUp(pool));

    expect((await refresh(pool, first.refresh_token)).status).toBe(200);
    vi.advanceTimersByTime(9_000);
    expect((await refresh(pool, first.refresh_token)).status).toBe(200);
    vi.advanceTimersByTime(1_000);
    expect(await refresh(pool, first.refresh_token)).toEqual({
      status: 400,
      body: { error: "invalid_grant" },
    });
  });

  test("need not type the password again in the same browser, until signing out", async () => {
    const pool = await aPool();
    const browser = aBrowser(pool);
    const authorize = async (changes = {}) =>
      locationOf(await browser.visit(`/oauth2/authorize?${await aQuery(pool, changes)}`));
    const signedOut = "http://localhost:5173/bye";

    expect((await authorize({ prompt: "none" })).searchParams.get("error")).toBe("login_required");
    const answer = await browser.submit(`/signup?${await aQuery(pool)}`, reader);
    expect(answer.headers.get("set-cookie")).toMatch(/HttpOnly.*SameSite=Lax/);

    expect((await authorize()).searchParams.get("code")).toBeTruthy();
    expect((await authorize({ prompt: "none" })).searchParams.get("code")).toBeTruthy();
    expect((await authorize({ prompt: "login" })).pathname).toBe("/login");
    const [kept] = [...browser.cookies];
    const out = await browser.visit(`/logout?client_id=${pool.clientId}&logout_uri=${signedOut}`);
    expect(locationOf(out).href).toBe(signedOut);
    expect(browser.cookies.size).toBe(0);
    browser.cookies.set(...(kept ?? ["", ""]));
    expect((await authorize()).pathname).toBe("/login");
  });

  test("has to sign in again after an hour", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const pool = await aPool();
    const browser = aBrowser(pool);
    await signUp(pool, browser);

    vi.advanceTimersByTime(3600_000);

    expect(locationOf(await browser.visit(`/oauth2/authorize?${await aQuery(pool)}`)).pathname).toBe(
      "/login",
    );
  });

  test("gets no ID token where the application did not ask for openid", async () => {
    const pool = await aPool();
    const browser = aBrowser(pool);
    const back = locationOf(
      await browser.submit(`/signup?${await aQuery(pool, { scope: "email" })}`, reader),
    );

    const { body } = await redeem(pool, back.searchParams.get("code") ?? "");

    expect(Object.keys(body).sort()).toEqual(["access_token", "expires_in", "refresh_token", "token_type"]);
    const headers = { authorization: `Bearer ${body.access_token}` };
    expect((await fetch(`${pool.url}/oauth2/userInfo`, { headers })).status).toBe(401);
  });
});

describe("A person who types something wrong", () => {
  test("hears the same for a wrong password as for an unknown e-mail", async () => {
    const pool = await aPool();
    await signUp(pool);
    const attempt = async (email: string, password: string) => {
      const answer = await aBrowser(pool).submit(`/login?${await aQuery(pool)}`, { email, password });
      expect(answer.status).toBe(400);
      expect(answer.headers.get("set-cookie")).toBeNull();
      return (await answer.text()).replaceAll(email, "");
    };

    const wrongPassword = await attempt(reader.email, "Gutenberg1456");

    expect(wrongPassword).toContain("Incorrect username or password.");
    expect(await attempt("nobody@example.com", reader.password)).toBe(wrongPassword);
  });

  test("signs in with the e-mail in any case", async () => {
    const pool = await aPool();
    await signUp(pool);

    const answer = await aBrowser(pool).submit(`/login?${await aQuery(pool)}`, {
      ...reader,
      email: "READER@Example.com",
    });

    expect(locationOf(answer).searchParams.get("code")).toBeTruthy();
  });

  test.each([
    ["short", "Short1", "not long enough"],
    ["without upper case", "gutenberg1455", "uppercase"],
    ["without lower case", "GUTENBERG1455", "lowercase"],
    ["without a digit", "GutenbergBible", "numeric"],
  ])("is refused a new password that is %s", async (_, password, reason) => {
    const welcomed = vi.fn(async () => {});
    const pool = await aPool({ onConfirmed: welcomed });

    const answer = await aBrowser(pool).submit(`/signup?${await aQuery(pool)}`, { ...reader, password });

    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(reason);
    expect(welcomed).not.toHaveBeenCalled();
  });

  test("cannot sign up twice, nor with something that is no e-mail", async () => {
    const pool = await aPool();
    await signUp(pool);
    const again = async (email: string) =>
      (await aBrowser(pool).submit(`/signup?${await aQuery(pool)}`, { ...reader, email })).text();

    expect(await again("Reader@example.com")).toContain("already exists");
    expect(await again("no e-mail")).toContain("should be an email");
  });
});

describe("An application that asks wrongly", () => {
  test.each([
    "https://evil.example/callback",
    "http://evil.example/callback",
    "http://localhost.evil.example/",
    "http://localhost:3000@evil.example/",
    "http://person@localhost:3000/",
    "https://localhost:3000/",
    "javascript:alert(1)",
    "//localhost/callback",
    "http://localhost/callback#fragment",
    undefined,
  ])("is never answered at redirect_uri %s", async (redirect_uri) => {
    const pool = await aPool();
    const query = await aQuery(pool, { redirect_uri });
    const browser = aBrowser(pool);
    const answers = [
      await browser.visit(`/oauth2/authorize?${query}`),
      await browser.visit(`/oauth2/authorize?${query}&prompt=none`),
      await browser.visit(`/login?${query}`),
      await browser.submit(`/signup?${query}`, reader),
      await browser.visit(
        `/logout?client_id=${pool.clientId}&logout_uri=${encodeURIComponent(redirect_uri?.replace(/#.*/, "/@") ?? "")}`,
      ),
    ];

    for (const answer of answers.slice(0, redirect_uri?.includes("#") ? 4 : 5)) {
      expect(answer.status).toBe(400);
      expect(answer.headers.get("location")).toBeNull();
      expect(answer.headers.get("set-cookie")).toBeNull();
    }
  });

  test.each([
    ["another client", { client_id: "nobody" }],
    ["a parameter twice", { state: "a", also: "&state=b" }],
  ])("sees a page, no redirect, for %s", async (_, { also = "", ...changes }: Record<string, string>) => {
    const pool = await aPool();

    const answer = await aBrowser(pool).visit(`/oauth2/authorize?${await aQuery(pool, changes)}${also}`);

    expect(answer.status).toBe(400);
    expect(answer.headers.get("location")).toBeNull();
  });

  test.each([
    ["without PKCE", { code_challenge: undefined, code_challenge_method: undefined }, "invalid_request"],
    ["with plain PKCE", { code_challenge_method: "plain" }, "invalid_request"],
    ["with PKCE of no named method", { code_challenge_method: undefined }, "invalid_request"],
    ["with a challenge that is no digest", { code_challenge: "short" }, "invalid_request"],
    ["for a token at once", { response_type: "token" }, "unsupported_response_type"],
    ["for more than it may have", { scope: "openid aws.cognito.signin.user.admin" }, "invalid_scope"],
  ])("is told so: %s", async (_, changes: Record<string, string | undefined>, error) => {
    const pool = await aPool();
    const query = await aQuery(pool, changes);
    const browser = aBrowser(pool);

    const answers = [
      await browser.visit(`/oauth2/authorize?${query}`),
      await browser.submit(`/signup?${query}`, reader),
    ];

    for (const location of answers.map(locationOf)) {
      expect(location.origin + location.pathname).toBe(callback);
      expect(location.searchParams.get("error")).toBe(error);
      expect(location.searchParams.get("state")).toBe("kept");
      expect(location.searchParams.get("code")).toBeNull();
    }
  });

  test("gets tokens for a code once", async () => {
    const pool = await aPool();
    const code = await signUp(pool);

    expect((await redeem(pool, code)).status).toBe(200);
    expect(await redeem(pool, code)).toEqual({ status: 400, body: { error: "invalid_grant" } });
  });

  test.each([
    ["with another verifier", { code_verifier: "w".repeat(43) }, "invalid_grant"],
    ["for another redirect_uri", { redirect_uri: `${callback}2` }, "invalid_grant"],
    ["that was never given out", { code: "guess" }, "invalid_grant"],
    ["as another client", { client_id: "nobody" }, "invalid_client"],
    ["with an unknown grant", { grant_type: "password" }, "unsupported_grant_type"],
    ["without a grant", { grant_type: "" }, "unsupported_grant_type"],
  ])("gets no tokens for a code %s", async (_, changes: Record<string, string>, error) => {
    const pool = await aPool();

    expect(await redeem(pool, await signUp(pool), changes)).toEqual({ status: 400, body: { error } });
  });

  test("gets no tokens for a code without its verifier, or in something else than a form", async () => {
    const pool = await aPool();
    const form = { grant_type: "authorization_code", client_id: pool.clientId, redirect_uri: callback };
    const json = {
      method: "POST",
      body: `grant_type=refresh_token&refresh_token=a&client_id=${pool.clientId}`,
      headers: { "content-type": "text/plain" },
    };

    expect((await exchange(pool, { ...form, code: await signUp(pool) })).body).toEqual({
      error: "invalid_request",
    });
    const answer = await fetch(`${pool.url}/oauth2/token`, json);
    expect([answer.status, await answer.json()]).toEqual([400, { error: "invalid_request" }]);
  });

  test("gets no tokens for a code that is five minutes old", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const pool = await aPool();
    const code = await signUp(pool);

    vi.advanceTimersByTime(5 * 60_000);

    expect((await redeem(pool, code)).body).toEqual({ error: "invalid_grant" });
  });

  test("learns nothing from userInfo with an ID token, an old token or none", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const pool = await aPool();
    const { body } = await redeem(pool, await signUp(pool));
    const ask = async (token = "") =>
      (await fetch(`${pool.url}/oauth2/userInfo`, { headers: { authorization: `Bearer ${token}` } })).status;

    expect(await ask(body.access_token)).toBe(200);
    expect(await ask(body.id_token)).toBe(401);
    expect(await ask()).toBe(401);
    vi.advanceTimersByTime(900_000);
    expect(await ask(body.access_token)).toBe(401);
  });

  test("cannot revoke an access token", async () => {
    const pool = await aPool();
    const { body } = await redeem(pool, await signUp(pool));

    const form = { client_id: pool.clientId, token: body.access_token ?? "" };
    const answer = await fetch(`${pool.url}/oauth2/revoke`, {
      method: "POST",
      body: new URLSearchParams(form),
    });

    expect([answer.status, await answer.json()]).toEqual([400, { error: "unsupported_token_type" }]);
  });
});

describe("A page of another site", () => {
  test.each([
    ["another origin", { origin: "https://evil.example" }],
    ["another port of this machine", { origin: "http://localhost:5173" }],
    ["an origin that hides", { origin: "null" }],
    ["another site that hides its origin", { origin: "null", "sec-fetch-site": "cross-site" }],
    ["another site", { "sec-fetch-site": "same-site" }],
  ])("cannot post to the sign-in forms: %s", async (_, headers: Record<string, string>) => {
    const pool = await aPool();
    await signUp(pool);

    for (const path of ["/login", "/signup"]) {
      const answer = await aBrowser(pool).submit(`${path}?${await aQuery(pool)}`, reader, headers);
      expect(answer.status).toBe(403);
      expect(answer.headers.get("set-cookie")).toBeNull();
    }
  });

  test("is told apart from our own pages, whose browsers send Origin: null under no-referrer", async () => {
    const pool = await aPool();
    const headers = { origin: "null", "sec-fetch-site": "same-origin" };

    const answer = await aBrowser(pool).submit(`/signup?${await aQuery(pool)}`, reader, headers);

    expect(locationOf(answer).searchParams.get("code")).toBeTruthy();
  });

  test("cannot put a script into a page", async () => {
    const pool = await aPool();
    const query = await aQuery(pool, { state: script, nonce: script, [script]: script });
    const browser = aBrowser(pool);
    const answers = [
      await browser.visit(`/login?${query}`),
      await browser.visit(`/signup?${query}`),
      await browser.submit(`/login?${query}`, { email: script, password: script }),
      await browser.submit(`/signup?${query}`, { email: script, password: "Gutenberg1455" }),
      await browser.visit(
        `/oauth2/authorize?redirect_uri=${encodeURIComponent(script)}&client_id=${pool.clientId}`,
      ),
      await browser.visit(`/oauth2/authorize?client_id=${encodeURIComponent(script)}`),
      await browser.visit(`/logout?client_id=${pool.clientId}&logout_uri=${encodeURIComponent(script)}`),
    ];

    for (const answer of answers) {
      const page = await answer.text();
      expect(page).toContain("Local stand-in for Cognito");
      expect(page).not.toContain("<script");
      expect(answer.headers.get("content-security-policy")).toMatch(
        /^default-src 'none'; style-src 'sha256-\S+';/,
      );
      expect(answer.headers.get("x-frame-options")).toBe("DENY");
      expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    }
    expect(await (await browser.submit(`/login?${query}`, { email: script, password: "" })).text()).toContain(
      "&lt;script&gt;",
    );
  });

  test("cannot style a page either, since only the style that is there is allowed", async () => {
    const pool = await aPool();

    const answer = await aBrowser(pool).visit(`/login?${await aQuery(pool)}`);

    const style = /<style>(.*)<\/style>/s.exec(await answer.text())?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(answer.headers.get("content-security-policy")).toContain(`style-src 'sha256-${hash}';`);
  });

  test("cannot put a line into a header by the state it passes", async () => {
    const pool = await aPool();
    const state = "a\r\nset-cookie: b=c";

    const answer = await aBrowser(pool).submit(`/signup?${await aQuery(pool, { state })}`, reader);

    expect(answer.headers.getSetCookie()).toHaveLength(1);
    expect(locationOf(answer).searchParams.get("state")).toBe(state);
  });

  test("may not read what pages of this machine may", async () => {
    const pool = await aPool();
    const preflight = async (path: string, origin: string) => {
      const headers = {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
      };
      return (await fetch(`${pool.url}${path}`, { method: "OPTIONS", headers })).headers;
    };
    const wellKnown = `/${pool.userPoolId}/.well-known`;
    const open = ["/", "/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke"];
    for (const path of [...open, `${wellKnown}/jwks.json`, `${wellKnown}/openid-configuration`]) {
      const ours = await preflight(path, "http://localhost:5173");
      expect(ours.get("access-control-allow-origin")).toBe("http://localhost:5173");
      expect(ours.get("access-control-allow-headers")).toContain("authorization");
      expect((await preflight(path, "https://evil.example")).get("access-control-allow-origin")).toBeNull();
    }
    expect(
      (await preflight("/login", "http://localhost:5173")).get("access-control-allow-origin"),
    ).toBeNull();
  });
});

describe("The pool's file", () => {
  test("keeps users, sessions, refresh tokens and the key when the system is stopped", async () => {
    const file = aFile();
    const before = await aPool({ file });
    const browser = aBrowser(before);
    const { body } = await redeem(before, await signUp(before, browser));
    const jwks = async (pool: Pool) =>
      (await fetch(`${pool.url}/${pool.userPoolId}/.well-known/jwks.json`)).json();
    const keys = await jwks(before);
    await before.close();

    const after = await aPool({ file });

    expect(await jwks(after)).toEqual(keys);
    expect((await refresh(after, body.refresh_token)).status).toBe(200);
    const again = await aBrowser(after).submit(`/login?${await aQuery(after)}`, reader);
    expect(locationOf(again).searchParams.get("code")).toBeTruthy();
    const returning = aBrowser(after);
    for (const [name, value] of browser.cookies) returning.cookies.set(name, value);
    const back = locationOf(await returning.visit(`/oauth2/authorize?${await aQuery(after)}`));
    expect(back.searchParams.get("code")).toBeTruthy();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await after.close();
    const kept = readFileSync(file, "latin1");
    expect(kept).not.toContain(reader.password);
    expect(kept).not.toContain(body.refresh_token);
  });

  const inAnotherProcess = async (file: string, then: string) => {
    const module = new URL("../infra/local/user-pool/user-pool.ts", import.meta.url).href;
    const program = `
      const { openUserPool } = await import(${JSON.stringify(module)});
      const options = { file: ${JSON.stringify(file)}, url: "http://127.0.0.1:3000", onConfirmed: async () => {} };
      try { const pool = await openUserPool(options); ${then} } catch (error) { console.log(error.message); }`;
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
    return run.catch((killed: { stdout: string; stderr: string; signal: string }) => killed);
  };

  test("is still there after the process was killed, and nothing is locked", async () => {
    const file = aFile();
    const killed = await inAnotherProcess(
      file,
      `const headers = { "x-amz-target": "LocalUserPool.IssueTokens" };
       const body = JSON.stringify({ Username: "reader@example.com" });
       const answer = await pool.fetch(new Request("http://127.0.0.1:3000/", { method: "POST", headers, body }));
       console.log((await answer.json()).refresh_token);
       process.kill(process.pid, "SIGKILL");`,
    );
    expect(killed).toMatchObject({ signal: "SIGKILL", stderr: "" });

    const pool = await aPool({ file });

    expect((await refresh(pool, killed.stdout.trim())).status).toBe(200);
  });

  test("belongs to one running bookshop at a time", async () => {
    const file = aFile();
    await aPool({ file });

    const second = await inAnotherProcess(file, `console.log("opened");`);

    expect(second.stdout).toBe(`${file} is in use by another running bookshop\n`);
    await expect(aPool({ file })).rejects.toThrow(/ is in use by another running bookshop$/);
  });

  test.each([
    ["something else", () => "Dear reader, this is no database. ".repeat(400)],
    ["cut short", (whole: Buffer) => whole.subarray(0, whole.length / 2)],
    ["garbled inside", (whole: Buffer) => Buffer.from(whole).fill(0xaa, 4096, whole.length - 4096)],
  ])("is left as it is when it is damaged: %s", async (_, damage) => {
    const file = aFile();
    const pool = await aPool({ file });
    await signUp(pool);
    await pool.close();
    writeFileSync(file, damage(readFileSync(file)));
    const damaged = readFileSync(file);

    await expect(aPool({ file })).rejects.toThrow(/^[^\n]+ is damaged or no user pool[^\n]+$/);

    expect(readFileSync(file).equals(damaged)).toBe(true);
  });

  test("that cannot be there is one plain line too", async () => {
    await expect(aPool({ file: "/nowhere/pool.sqlite" })).rejects.toThrow(
      "/nowhere/pool.sqlite cannot be opened (ENOENT)",
    );
  });
});

test("Sign-in owns its own paths, and everything else is the shop's", async () => {
  const pool = await aPool();
  const owned = ["GET /login", "POST /signup", "GET /logout", "GET /oauth2/authorize", "POST /oauth2/token"];
  const ofPool = [`GET /${pool.userPoolId}/.well-known/jwks.json`, "POST /", "OPTIONS /"];
  const ofShop = [
    "GET /",
    "GET /api/books",
    "POST /api/cart/add",
    "GET /loginx",
    "GET /docs",
    "GET /openapi.json",
  ];
  const owns = (request: string) => pool.owns(...(request.split(" ") as [string, string]));

  expect([...owned, ...ofPool].filter((request) => !owns(request))).toEqual([]);
  expect(ofShop.filter(owns)).toEqual([]);
});

test("A request that is too large is not read to its end", async () => {
  const pool = await aPool();
  const body = "x".repeat(65_537);

  expect((await fetch(`${pool.url}/oauth2/token`, { method: "POST", body })).status).toBe(413);
});
