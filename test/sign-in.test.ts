import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import * as oidc from "openid-client";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  aBrowser,
  aPool,
  aQuery,
  callback,
  locationOf,
  type Pool,
  reader,
  redeem,
  refresh,
  signUp,
} from "./user-pool.ts";

afterEach(() => {
  vi.useRealTimers();
});

const aFile = () => {
  const folder = mkdtempSync(join(tmpdir(), "user-pool-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
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
      scope: "openid email",
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
      scope: "openid email",
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
      locationOf(await browser.visit(`/oauth2/authorize?${aQuery(pool, changes)}`));
    const signedOut = "http://localhost:5173/bye";

    expect((await authorize({ prompt: "none" })).searchParams.get("error")).toBe("login_required");
    const answer = await browser.submit(`/signup?${aQuery(pool)}`, reader);
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

    expect(locationOf(await browser.visit(`/oauth2/authorize?${aQuery(pool)}`)).pathname).toBe("/login");
  });

  test("gets no ID token where the application did not ask for openid", async () => {
    const pool = await aPool();
    const browser = aBrowser(pool);
    const back = locationOf(await browser.submit(`/signup?${aQuery(pool, { scope: "email" })}`, reader));

    const { body } = await redeem(pool, back.searchParams.get("code") ?? "");

    expect(Object.keys(body).sort()).toEqual(["access_token", "expires_in", "refresh_token", "token_type"]);
    const headers = { authorization: `Bearer ${body.access_token}` };
    expect((await fetch(`${pool.url}/oauth2/userInfo`, { headers })).status).toBe(401);
  });
});

describe("A person who types something wrong", () => {
  test("signs in with the e-mail in any case", async () => {
    const pool = await aPool();
    await signUp(pool);

    const answer = await aBrowser(pool).submit(`/login?${aQuery(pool)}`, {
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

    const answer = await aBrowser(pool).submit(`/signup?${aQuery(pool)}`, { ...reader, password });

    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain(reason);
    expect(welcomed).not.toHaveBeenCalled();
  });

  test("cannot sign up twice, nor with something that is no e-mail", async () => {
    const pool = await aPool();
    await signUp(pool);
    const again = async (email: string) =>
      (await aBrowser(pool).submit(`/signup?${aQuery(pool)}`, { ...reader, email })).text();

    expect(await again("Reader@example.com")).toContain("already exists");
    expect(await again("no e-mail")).toContain("should be an email");
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
    const again = await aBrowser(after).submit(`/login?${aQuery(after)}`, reader);
    expect(locationOf(again).searchParams.get("code")).toBeTruthy();
    const returning = aBrowser(after);
    for (const [name, value] of browser.cookies) returning.cookies.set(name, value);
    const back = locationOf(await returning.visit(`/oauth2/authorize?${aQuery(after)}`));
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
