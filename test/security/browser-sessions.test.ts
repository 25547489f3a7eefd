import { afterEach, describe, expect, test, vi } from "vitest";
import { issueTokens } from "../given.ts";
import { aBrowser, aPerson, aQuery, callback, locationOf, reader } from "../user-pool.ts";
import { pool } from "./own-pool.ts";

// What keeps somebody signed in with the local stand-in for hosted sign-in, and what another site can do with it.

afterEach(() => {
  vi.useRealTimers();
});

describe("a browser's session", () => {
  const cookieOf = async (browser = aBrowser(pool), person = aPerson()) =>
    (await browser.submit(`/signup?${aQuery(pool)}`, person)).headers.getSetCookie();
  const codeBy = async (cookie: string) => {
    const query = aQuery(pool, { prompt: "none" });
    const answer = await fetch(`${pool.url}/oauth2/authorize?${query}`, {
      headers: { cookie },
      redirect: "manual",
    });
    return locationOf(answer).searchParams.get("code");
  };

  test("is no script's to read, goes with no other site's posts, and lasts an hour", async () => {
    expect(await cookieOf()).toEqual([
      expect.stringMatching(/^cognito=[\w-]{43}; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
  });

  test("cannot be fixed beforehand: who signs in gets another, and the one before has ended", async () => {
    const browser = aBrowser(pool);
    browser.cookies.set("cognito", "fixed");
    await cookieOf(browser);
    const first = browser.cookies.get("cognito");
    const second = aPerson();
    await cookieOf(browser, second);

    expect(await codeBy("cognito=fixed")).toBeNull();
    expect(await codeBy(`cognito=${first}`)).toBeNull();
    expect(await codeBy(`cognito=${browser.cookies.get("cognito")}`)).toBeTruthy();
  });

  test("ends by signing out, also for who has copied it, and after an hour", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const browser = aBrowser(pool);
    const left = aBrowser(pool);
    await cookieOf(left);
    await cookieOf(browser);
    const [ofLeft = "", ofBrowser = ""] = [left, browser].map(
      ({ cookies }) => `cognito=${cookies.get("cognito")}`,
    );

    await browser.visit(`/logout?${new URLSearchParams({ client_id: pool.clientId, logout_uri: callback })}`);
    expect(await codeBy(ofBrowser)).toBeNull();
    expect(await codeBy(ofLeft)).toBeTruthy();
    vi.advanceTimersByTime(3600_000);
    expect(await codeBy(ofLeft)).toBeNull();
  });

  test("is not got by a guess, nor are a code or a refresh token: 256 random bits each", async () => {
    const browser = aBrowser(pool);
    await cookieOf(browser);
    const cookie = `cognito=${browser.cookies.get("cognito")}`;
    const { email } = aPerson();
    const of = (make: () => Promise<string | null | undefined>) =>
      Promise.all(Array.from({ length: 32 }, make));

    const aSession = async () => {
      const another = aBrowser(pool);
      await cookieOf(another);
      return another.cookies.get("cognito");
    };
    for (const secrets of [
      await of(aSession),
      await of(() => codeBy(cookie)),
      await of(async () => (await issueTokens(email, undefined, pool.url)).refresh_token),
    ]) {
      for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/);
      // each place of all of them says something: that 32 of 64 letters are one by chance comes once in 10^56
      for (let place = 0; place < 42; place++)
        expect(new Set(secrets.map((secret) => secret?.[place])).size).toBeGreaterThan(1);
    }
  });
});

describe("a page of another site", () => {
  test.each<[string, Record<string, string>]>([
    ["another origin", { origin: "https://evil.example" }],
    [
      "another origin that calls itself the same",
      { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
    ],
    ["an origin that begins like this machine's", { origin: "http://127.0.0.1.evil.example" }],
    ["another port of this machine", { origin: "http://localhost:5173" }],
    ["this machine's port, over TLS", { origin: "https://127.0.0.1:0" }],
    ["an origin that hides", { origin: "null" }],
    ["another site that hides its origin", { origin: "null", "sec-fetch-site": "cross-site" }],
    ["another site", { "sec-fetch-site": "cross-site" }],
    ["a neighbour of the same site", { "sec-fetch-site": "same-site" }],
    ["nobody's page", { "sec-fetch-site": "none" }],
  ])("cannot post to the sign-in forms: %s", async (_, headers) => {
    const given = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        value.replace(":0", `:${new URL(pool.url).port}`),
      ]),
    );

    for (const [path, person] of [
      ["/login", reader],
      ["/signup", aPerson()],
    ] as const) {
      const answer = await aBrowser(pool).submit(`${path}?${aQuery(pool)}`, person, given);
      expect(answer.status).toBe(403);
      expect(answer.headers.get("set-cookie")).toBeNull();
      expect(answer.headers.get("location")).toBeNull();
    }
  });

  test("is told apart from our own, whose browsers send Origin: null under no-referrer", async () => {
    const headers = { origin: "null", "sec-fetch-site": "same-origin" };

    const answer = await aBrowser(pool).submit(`/signup?${aQuery(pool)}`, aPerson(), headers);

    expect(locationOf(answer).searchParams.get("code")).toBeTruthy();
  });

  test("may not read what pages of this machine may", async () => {
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
      for (const origin of ["https://evil.example", "http://localhost.evil.example", "null"])
        expect((await preflight(path, origin)).get("access-control-allow-origin")).toBeNull();
    }
    for (const path of ["/login", "/signup", "/logout", "/oauth2/authorize"])
      expect((await preflight(path, "http://localhost:5173")).get("access-control-allow-origin")).toBeNull();
  });

  test("gets no tokens that it may read", async () => {
    const form = {
      grant_type: "refresh_token",
      client_id: pool.clientId,
      ...(await issueTokens(aPerson().email, undefined, pool.url)),
    };
    const headers = { origin: "https://evil.example" };
    const answer = await fetch(`${pool.url}/oauth2/token`, {
      method: "POST",
      body: new URLSearchParams(form),
      headers,
    });

    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });
});
