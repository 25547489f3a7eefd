import { createHash, scrypt } from "node:crypto";
import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import {
  aBrowser,
  administer,
  aPool,
  aQuery,
  callback,
  exchange,
  locationOf,
  type Pool,
  reader,
  redeem,
  refresh,
  servePool,
  signUp,
  verifier,
} from "../user-pool.ts";

// Attacks on the local stand-in for Cognito's hosted sign-in. What the templates ask of Cognito itself, stacks.test.ts says.

vi.mock(import("node:crypto"), async (original) => {
  const real = await original();
  return { ...real, scrypt: vi.fn(real.scrypt) as never };
});

let pool: Pool;
let signedIn: ReturnType<typeof aBrowser>;
beforeAll(async () => {
  pool = await servePool();
  signedIn = aBrowser(pool);
  await signUp(pool, signedIn);
});
afterAll(() => pool.close());
afterEach(() => {
  vi.useRealTimers();
});

let people = 0;
const aPerson = () => ({ ...reader, email: `reader-${++people}@example.com` });
/** Of the reader, who is signed in already. */
const aCode = async () =>
  locationOf(await signedIn.visit(`/oauth2/authorize?${aQuery(pool)}`)).searchParams.get("code") ?? "";
const cognito = (operation: string) => `AWSCognitoIdentityProviderService.${operation}`;
type Tokens = Record<"access_token" | "id_token" | "refresh_token", string>;
const issueTokens = async (person: { Username: string; Group?: string }, at: { url: string } = pool) =>
  (await administer(at, "LocalUserPool.IssueTokens", person)).body as Tokens;
const invalidGrant = { status: 400, body: { error: "invalid_grant" } };

describe("an address that is not the application's", () => {
  const elsewhere = [
    "https://evil.example/callback",
    "http://evil.example/callback",
    "http://localhost.evil.example/",
    "http://127.0.0.1.evil.example/",
    "http://localhost。evil.example/",
    "http://localhost%2eevil.example/",
    "http://localhost:3000@evil.example/",
    "http://localhost%40evil.example/",
    "http://person@localhost:3000/",
    "http://:password@localhost:3000/",
    "http://evil.example\\@localhost/",
    "http://evil.example/@localhost/",
    "http://evil.example?@localhost/",
    "http://evil.example#@localhost/",
    "http:evil.example",
    "https://localhost:3000/",
    "http://localhost:99999/",
    "http://127.0.0.2/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://*/",
    "javascript:alert(1)",
    "javascript://localhost/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "blob:http://localhost/callback",
    "com.evil.app://localhost/callback",
    "//localhost/callback",
    "\\\\localhost\\callback",
    "/callback",
    "localhost",
    "",
    undefined,
  ];

  test.each([...elsewhere, `${callback}#fragment`, `${callback}#`])(
    "gets no answer: redirect_uri %s",
    async (redirect_uri) => {
      const query = aQuery(pool, { redirect_uri });
      const browser = aBrowser(pool);

      for (const answer of [
        await browser.visit(`/oauth2/authorize?${query}`),
        await browser.visit(`/oauth2/authorize?${query}&prompt=none`),
        await browser.visit(`/login?${query}`),
        await browser.submit(`/login?${query}`, reader),
        await browser.submit(`/signup?${query}`, reader),
      ]) {
        expect(answer.status).toBe(400);
        expect(answer.headers.get("location")).toBeNull();
        expect(answer.headers.get("set-cookie")).toBeNull();
      }
    },
  );

  test.each(elsewhere)("nobody is sent there by signing out: logout_uri %s", async (logout_uri) => {
    const query = new URLSearchParams({ client_id: pool.clientId, ...(logout_uri && { logout_uri }) });

    const answer = await aBrowser(pool).visit(`/logout?${query}`);

    expect(answer.status).toBe(400);
    expect(answer.headers.get("location")).toBeNull();
  });

  test.each([
    "http://localhost\\@evil.example/",
    "http:\\\\localhost\\callback",
    "http:/localhost/callback",
    "http:localhost/callback",
    "HTTP://LOCALHOST:5173/callback",
    "http://local\thost/callback",
    "http://ⓛocalhost/callback",
    "http://2130706433/",
    "http://127.1/",
    "http://0x7f.0.0.1/",
  ])("is not reached by writing this machine's oddly: %s", async (odd) => {
    const browser = aBrowser(pool);
    const asked = aQuery(pool, { redirect_uri: odd, prompt: "none" });
    const signedOut = new URLSearchParams({ client_id: pool.clientId, logout_uri: odd });

    for (const answer of [
      await browser.visit(`/oauth2/authorize?${asked}`),
      await browser.visit(`/logout?${signedOut}`),
    ])
      expect(answer.headers.get("location")).toMatch(/^http:\/\/(localhost|127\.0\.0\.1)(:5173)?\//);
  });

  test("hears nothing where another client asks, or a parameter stands there twice", async () => {
    const twice = ["state", "redirect_uri", "client_id", "code_challenge"].map(
      (name) => `${aQuery(pool)}&${name}=b`,
    );

    for (const query of [aQuery(pool, { client_id: "nobody" }), aQuery(pool, { client_id: "" }), ...twice]) {
      const answer = await aBrowser(pool).visit(`/oauth2/authorize?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.headers.get("location")).toBeNull();
    }
  });

  test("cannot smuggle an answer of its own into the application's address", async () => {
    const redirect_uri = `${callback}?code=evil&code=worse&error=evil&state=evil`;

    const answer = await aBrowser(pool).submit(`/signup?${aQuery(pool, { redirect_uri })}`, aPerson());

    const { searchParams } = locationOf(answer);
    expect(searchParams.getAll("code")).toEqual([expect.stringMatching(/^[\w-]{43}$/)]);
    expect(searchParams.getAll("state")).toEqual(["kept"]);
  });

  test("cannot be put into a header by a line in the state", async () => {
    const state = "a\r\nset-cookie: b=c\r\nlocation: https://evil.example";

    const answer = await aBrowser(pool).submit(`/signup?${aQuery(pool, { state })}`, aPerson());

    expect(answer.headers.getSetCookie()).toHaveLength(1);
    expect(locationOf(answer).origin).toBe("http://localhost:5173");
    expect(locationOf(answer).searchParams.get("state")).toBe(state);
  });
});

describe("a request to sign in", () => {
  test.each([
    ["without PKCE", { code_challenge: undefined, code_challenge_method: undefined }, "invalid_request"],
    ["with plain PKCE", { code_challenge_method: "plain" }, "invalid_request"],
    ["with PKCE of no named method", { code_challenge_method: undefined }, "invalid_request"],
    ["with PKCE's method in lower case", { code_challenge_method: "s256" }, "invalid_request"],
    ["with a method and no challenge", { code_challenge: undefined }, "invalid_request"],
    ["with an empty challenge", { code_challenge: "" }, "invalid_request"],
    ["with a challenge that is no digest", { code_challenge: "short" }, "invalid_request"],
    ["with a longer challenge", { code_challenge: "c".repeat(44) }, "invalid_request"],
    ["for a token at once", { response_type: "token" }, "unsupported_response_type"],
    ["for a code and a token", { response_type: "code id_token" }, "unsupported_response_type"],
    ["for nothing", { response_type: undefined }, "unsupported_response_type"],
    ["for its user's administration", { scope: "openid aws.cognito.signin.user.admin" }, "invalid_scope"],
    ["for what the deployed client may not have", { scope: "openid profile" }, "invalid_scope"],
  ])("is refused, and gives no code: %s", async (_, changes, error) => {
    const query = aQuery(pool, changes);

    for (const answer of [
      await signedIn.visit(`/oauth2/authorize?${query}`),
      await aBrowser(pool).submit(`/signup?${query}`, aPerson()),
    ]) {
      const { origin, pathname, searchParams } = locationOf(answer);
      expect(origin + pathname).toBe(callback);
      expect(Object.fromEntries(searchParams)).toEqual({
        error,
        error_description: expect.any(String),
        state: "kept",
      });
    }
  });
});

describe("a code", () => {
  test.each([
    ["with another verifier", { code_verifier: "w".repeat(43) }, "invalid_grant"],
    [
      "with the challenge as its verifier",
      { code_verifier: createHash("sha256").update(verifier).digest("base64url") },
      "invalid_grant",
    ],
    ["with a part of the verifier", { code_verifier: verifier.slice(1) }, "invalid_grant"],
    ["with more than the verifier", { code_verifier: `${verifier}\n` }, "invalid_grant"],
    ["with an empty verifier", { code_verifier: "" }, "invalid_request"],
    ["for another redirect_uri", { redirect_uri: `${callback}2` }, "invalid_grant"],
    ["for a redirect_uri with a slash more", { redirect_uri: `${callback}/` }, "invalid_grant"],
    ["for a redirect_uri in capitals", { redirect_uri: callback.toUpperCase() }, "invalid_grant"],
    [
      "for the same page by another name",
      { redirect_uri: callback.replace("localhost", "127.0.0.1") },
      "invalid_grant",
    ],
    ["for no redirect_uri", { redirect_uri: "" }, "invalid_request"],
    ["that was never given out", { code: "guess" }, "invalid_grant"],
    ["that is empty", { code: "" }, "invalid_request"],
    ["as another client", { client_id: "nobody" }, "invalid_client"],
    ["as no client", { client_id: "" }, "invalid_request"],
    ["with the grant of a password", { grant_type: "password" }, "unsupported_grant_type"],
    ["with the grant of a machine", { grant_type: "client_credentials" }, "unsupported_grant_type"],
    ["with a grant by the name of a built-in", { grant_type: "__proto__" }, "unsupported_grant_type"],
    ["without a grant", { grant_type: "" }, "unsupported_grant_type"],
  ])("gives no tokens %s", async (_, changes, error) => {
    expect(await redeem(pool, await aCode(), changes)).toEqual({ status: 400, body: { error } });
  });

  test("gives tokens once", async () => {
    const code = await aCode();

    expect((await redeem(pool, code)).status).toBe(200);
    expect(await redeem(pool, code)).toEqual(invalidGrant);
  });

  test("gives tokens once to many who ask at once", async () => {
    const code = await aCode();

    const answers = await Promise.all(Array.from({ length: 10 }, () => redeem(pool, code)));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test("is spent by a wrong guess of its verifier", async () => {
    const code = await aCode();

    expect(await redeem(pool, code, { code_verifier: "w".repeat(43) })).toEqual(invalidGrant);
    expect(await redeem(pool, code)).toEqual(invalidGrant);
  });

  test("gives no tokens after five minutes", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const code = await aCode();

    vi.advanceTimersByTime(5 * 60_000);

    expect(await redeem(pool, code)).toEqual(invalidGrant);
  });

  test("gives no tokens to a client of another pool, nor once its user is deleted", async () => {
    const other = await aPool();
    const person = aPerson();
    const code = await signUp(pool, aBrowser(pool), person);

    expect(await redeem(other, code)).toEqual(invalidGrant);
    await administer(pool, cognito("AdminDeleteUser"), {
      UserPoolId: pool.userPoolId,
      Username: person.email,
    });
    expect(await redeem(pool, code)).toEqual(invalidGrant);
  });

  test("is not read to its end where it is too large", async () => {
    const body = "x".repeat(65_537);

    expect((await fetch(`${pool.url}/oauth2/token`, { method: "POST", body })).status).toBe(413);
  });
});

describe("a refresh token", () => {
  const aSignIn = async (at = pool) => {
    const person = aPerson();
    return { ...(await issueTokens({ Username: person.email }, at)), Username: person.email };
  };

  test("is refused once it has been used, ten seconds later", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { refresh_token: first } = await aSignIn();
    const { body: second } = await refresh(pool, first);
    expect(second.refresh_token).not.toBe(first);

    vi.advanceTimersByTime(9_000);
    expect((await refresh(pool, first)).status).toBe(200);
    vi.advanceTimersByTime(1_000);

    expect(await refresh(pool, first)).toEqual(invalidGrant);
    expect((await refresh(pool, second.refresh_token)).status).toBe(200);
  });

  test("is refused at once where there is no time of grace", async () => {
    const strict = await aPool({ refreshGraceSeconds: 0 });
    const { refresh_token: first } = await aSignIn(strict);

    expect((await refresh(strict, first)).status).toBe(200);
    expect(await refresh(strict, first)).toEqual(invalidGrant);
  });

  test("is refused after 30 days, however often it was renewed", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { refresh_token: first } = await aSignIn();

    vi.advanceTimersByTime(29 * 24 * 3600_000);
    const { status, body } = await refresh(pool, first);
    expect(status).toBe(200);
    vi.advanceTimersByTime(24 * 3600_000);

    expect(await refresh(pool, body.refresh_token)).toEqual(invalidGrant);
  });

  test("ends with all that came of the same sign-in, by whichever of them it is revoked", async () => {
    const { refresh_token: first = "", access_token } = await aSignIn();
    const { body: second } = await refresh(pool, first);
    const userInfo = async (token = "") =>
      (await fetch(`${pool.url}/oauth2/userInfo`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await userInfo(access_token)).toBe(200);

    const form = new URLSearchParams({ client_id: pool.clientId, token: first });
    expect((await fetch(`${pool.url}/oauth2/revoke`, { method: "POST", body: form })).status).toBe(200);

    for (const token of [first, second.refresh_token])
      expect(await refresh(pool, token)).toEqual(invalidGrant);
    for (const token of [access_token, second.access_token]) expect(await userInfo(token)).toBe(401);
  });

  test("is refused once its user is deleted", async () => {
    const { refresh_token, Username } = await aSignIn();

    await administer(pool, cognito("AdminDeleteUser"), { UserPoolId: pool.userPoolId, Username });

    expect(await refresh(pool, refresh_token)).toEqual(invalidGrant);
  });

  test("gives no right that was taken away meanwhile", async () => {
    const { email: Username } = aPerson();
    const { refresh_token } = await issueTokens({ Username, Group: "admins" });
    const membership = { UserPoolId: pool.userPoolId, Username, GroupName: "admins" };

    await administer(pool, cognito("AdminRemoveUserFromGroup"), membership);

    const { body } = await refresh(pool, refresh_token);
    expect(decodeJwt(body.access_token ?? "")["cognito:groups"]).toBeUndefined();
  });

  test.each([
    ["that is a guess", { refresh_token: "guess" }, "invalid_grant"],
    ["of another client", { client_id: "nobody" }, "invalid_client"],
    ["as a code", { grant_type: "authorization_code" }, "invalid_request"],
    ["that is missing", { refresh_token: "" }, "invalid_request"],
  ])("gives no tokens %s", async (_, changes, error) => {
    const { refresh_token } = await aSignIn();

    expect(await refresh(pool, refresh_token, changes)).toEqual({ status: 400, body: { error } });
  });

  test.each(["text/plain", "application/json", "multipart/form-data; boundary=x"])(
    "gives no tokens in a body that calls itself %s",
    async (type) => {
      const { refresh_token } = await issueTokens({ Username: aPerson().email });
      const body = `grant_type=refresh_token&client_id=${pool.clientId}&refresh_token=${refresh_token}`;
      const headers = { "content-type": type };
      const answer = await fetch(`${pool.url}/oauth2/token`, { method: "POST", body, headers });

      expect([answer.status, await answer.json()]).toEqual([400, { error: "invalid_request" }]);
    },
  );

  test("is not what an access token or an ID token is", async () => {
    const { access_token, id_token } = await aSignIn();
    for (const token of [access_token, id_token]) expect(await refresh(pool, token)).toEqual(invalidGrant);

    const form = new URLSearchParams({ client_id: pool.clientId, token: access_token ?? "" });
    const answer = await fetch(`${pool.url}/oauth2/revoke`, { method: "POST", body: form });
    expect([answer.status, await answer.json()]).toEqual([400, { error: "unsupported_token_type" }]);
  });

  test("and its tokens tell userInfo alone, and it nothing by an ID token, an old one or none", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { access_token, id_token, refresh_token } = await aSignIn();
    const ask = async (authorization?: string) =>
      (await fetch(`${pool.url}/oauth2/userInfo`, { headers: authorization ? { authorization } : {} }))
        .status;

    expect(await ask(`Bearer ${access_token}`)).toBe(200);
    for (const wrong of [`Bearer ${id_token}`, `Bearer ${refresh_token}`, `Basic ${access_token}`, undefined])
      expect(await ask(wrong)).toBe(401);
    vi.advanceTimersByTime(900_000);
    expect(await ask(`Bearer ${access_token}`)).toBe(401);
  });
});

describe("a page of sign-in", () => {
  const escaped = (text: string) =>
    text.replace(
      /[&<>"']/g,
      (one) => `&${{ "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "#39" }[one]};`,
    );
  const inQuery = (text: string) => escaped(new URLSearchParams({ x: text }).toString().slice(2));

  type Browser = ReturnType<typeof aBrowser>;
  const reflecting: Record<string, (browser: Browser, value: string) => Promise<Response>> = {
    "the state, at the sign-in": (browser, state) => browser.visit(`/login?${aQuery(pool, { state })}`),
    "the state, at the sign-up": (browser, state) => browser.visit(`/signup?${aQuery(pool, { state })}`),
    "the nonce": (browser, nonce) => browser.visit(`/login?${aQuery(pool, { nonce })}`),
    "the hint of an e-mail": (browser, login_hint) => browser.visit(`/login?${aQuery(pool, { login_hint })}`),
    "a parameter's name": (browser, name) => browser.visit(`/signup?${aQuery(pool, { [name]: "1" })}`),
    "the path of the application": (browser, path) =>
      browser.visit(`/login?${aQuery(pool, { redirect_uri: `${callback}?${path}` })}`),
    "the e-mail, at the sign-in": (browser, email) =>
      browser.submit(`/login?${aQuery(pool)}`, { email, password: "wrong" }),
    "the e-mail, at the sign-up": (browser, email) =>
      browser.submit(`/signup?${aQuery(pool)}`, { email, password: reader.password }),
    "the password": (browser, password) =>
      browser.submit(`/signup?${aQuery(pool)}`, { email: "x", password: `${password} ${reader.password}` }),
    "the client": (browser, client_id) => browser.visit(`/oauth2/authorize?${aQuery(pool, { client_id })}`),
    "the address": (browser, redirect_uri) =>
      browser.visit(`/oauth2/authorize?${aQuery(pool, { redirect_uri })}`),
    "the address after signing out": (browser, logout_uri) =>
      browser.visit(`/logout?${new URLSearchParams({ client_id: pool.clientId, logout_uri })}`),
  };
  const scripts = [
    `"><script>alert(1)</script>`,
    `'><img src=x onerror=alert(1)>`,
    `" autofocus onfocus=alert(1) x="`,
    `' onmouseover='alert(1)`,
    "` onfocus=alert(1)",
    `</style><script>alert(1)</script>`,
    `</title><svg/onload=alert(1)>`,
    `--><script>alert(1)</script><!--`,
    `<script\0>alert(1)</script>`,
    `＂＞＜script＞alert(1)`,
    `&quot;&gt;&lt;script&gt;`,
    `%22%3E%3Cscript%3Ealert(1)`,
    `+ADw-script+AD4-alert(1)+ADw-/script+AD4-`,
    `javascript:alert(1)//`,
    `\${alert(1)}{{alert(1)}}`,
  ];

  test.each(Object.keys(reflecting))("takes %s for a text, whatever it says", async (field) => {
    const browser = aBrowser(pool);
    const ask = async (value: string) => {
      const answer = await reflecting[field]?.(browser, value);
      expect(answer?.headers.get("content-type")).toBe("text/html; charset=UTF-8");
      return (await answer?.text()) ?? "";
    };
    const plain = (await ask("harmless")).replaceAll("harmless", "*");

    for (const script of scripts) {
      const page = await ask(script);
      const inside = [inQuery(inQuery(script)), inQuery(script), escaped(script)];
      expect(inside.reduce((text, each) => text.replaceAll(each, "*"), page)).toBe(plain);
    }
  });

  test("takes no style either but the one that is there", async () => {
    const answer = await aBrowser(pool).visit(`/login?${aQuery(pool)}`);

    const style = /<style>(.*)<\/style>/s.exec(await answer.text())?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(answer.headers.get("content-security-policy")).toContain(`style-src 'sha256-${hash}';`);
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
      ...(await issueTokens({ Username: aPerson().email })),
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
    const [left, ended] = [aBrowser(pool), browser];
    await cookieOf(left);
    await cookieOf(ended);
    const copies = [left, ended].map(({ cookies }) => `cognito=${cookies.get("cognito")}`);

    await browser.visit(`/logout?${new URLSearchParams({ client_id: pool.clientId, logout_uri: callback })}`);
    expect(await codeBy(copies[1] ?? "")).toBeNull();
    expect(await codeBy(copies[0] ?? "")).toBeTruthy();
    vi.advanceTimersByTime(3600_000);
    expect(await codeBy(copies[0] ?? "")).toBeNull();
  });

  test("is not got by a guess, nor are a code or a refresh token: 256 random bits each", async () => {
    const browser = aBrowser(pool);
    await cookieOf(browser);
    const cookie = `cognito=${browser.cookies.get("cognito")}`;
    const username = { Username: aPerson().email };
    const of = (make: () => Promise<string | null | undefined>) =>
      Promise.all(Array.from({ length: 32 }, make));

    for (const secrets of [
      await of(() => codeBy(cookie)),
      await of(async () => (await issueTokens(username)).refresh_token),
    ]) {
      for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/);
      // each place of all of them says something: that 32 of 64 letters are one by chance comes once in 10^56
      for (let place = 0; place < 42; place++)
        expect(new Set(secrets.map((secret) => secret?.[place])).size).toBeGreaterThan(1);
    }
  });
});

describe("who has an account", () => {
  const attempt = async ({ email, password }: { email: string; password: string }) => {
    vi.mocked(scrypt).mockClear();
    const answer = await aBrowser(pool).submit(`/login?${aQuery(pool)}`, { email, password });
    const page = (await answer.text()).replaceAll(email, "");
    const hashed = vi.mocked(scrypt).mock.calls.map(([, , length]) => length);
    return { status: answer.status, cookie: answer.headers.get("set-cookie"), page, hashed };
  };

  test("cannot be heard at the sign-in, by words nor by how long it takes", async () => {
    const ofPool = { UserPoolId: pool.userPoolId, ClientId: pool.clientId };
    const [passwordless, unconfirmed, made, nobody] = [aPerson(), aPerson(), aPerson(), aPerson()];
    await issueTokens({ Username: passwordless.email });
    await administer(pool, cognito("SignUp"), {
      ...ofPool,
      Username: unconfirmed.email,
      Password: reader.password,
    });
    const temporary = { ...ofPool, Username: made.email, TemporaryPassword: reader.password };
    await administer(pool, cognito("AdminCreateUser"), temporary);

    const wrong = await attempt({ ...reader, password: "Gutenberg1456" });

    expect(wrong).toMatchObject({ status: 400, cookie: null, hashed: [32] });
    expect(wrong.page).toContain("Incorrect username or password.");
    for (const person of [passwordless, unconfirmed, made, nobody])
      expect(await attempt({ ...person, password: "Gutenberg1456" })).toEqual(wrong);
    expect(await attempt(nobody)).toEqual(wrong);
  });

  test("is heard at the sign-up, as Cognito says it there too, after the same work", async () => {
    vi.mocked(scrypt).mockClear();

    const answer = await aBrowser(pool).submit(`/signup?${aQuery(pool)}`, {
      ...reader,
      email: reader.email.toUpperCase(),
    });

    expect(await answer.text()).toContain("An account with the given email already exists.");
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(scrypt).toHaveBeenCalledOnce();
  });

  test("is not lost to a sign-up over it", async () => {
    await aBrowser(pool).submit(`/signup?${aQuery(pool)}`, { email: reader.email, password: "Attacker1455" });

    expect((await attempt({ ...reader, password: "Attacker1455" })).status).toBe(400);
    expect((await attempt(reader)).status).toBe(302);
  });
});

test("no form says a thing twice to sign-in", async () => {
  const form = `grant_type=refresh_token&client_id=${pool.clientId}&client_id=nobody&refresh_token=x`;
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await fetch(`${pool.url}/oauth2/token`, { method: "POST", body: form, headers });

  expect(await answer.json()).toEqual({ error: "invalid_request" });
  expect(await exchange(pool, {})).toMatchObject({ status: 400 });
});
