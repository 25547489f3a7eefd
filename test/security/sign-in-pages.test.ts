import { createHash, scrypt } from "node:crypto";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { issueTokens } from "../given.ts";
import { aBrowser, administer, aPerson, aQuery, callback, cognito, reader } from "../user-pool.ts";
import { canary, noiseOf } from "./canary.ts";
import { overTheWire, type Sent } from "./exact-requests.ts";
import { overheard } from "./overhear.ts";
import { form, pool } from "./own-pool.ts";
import { headersOf } from "./safe-headers.ts";

// What the pages of the local stand-in for hosted sign-in say, and to whom.

vi.mock(import("node:crypto"), async (original) => {
  const real = await original();
  return { ...real, scrypt: vi.fn(real.scrypt) as never };
});

describe("a page of sign-in", () => {
  const escaped = (text: string) =>
    text.replace(
      /[&<>"']/g,
      (one) => `&${{ "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "#39" }[one]};`,
    );
  const inQuery = (text: string) => escaped(new URLSearchParams({ x: text }).toString().slice(2));

  /** Somebody whose password was given to them, and has to be replaced. */
  const newcomer = aPerson();
  beforeAll(async () => {
    await administer(pool, cognito("AdminCreateUser"), {
      UserPoolId: pool.userPoolId,
      Username: newcomer.email,
      TemporaryPassword: newcomer.password,
    });
  });

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
    "the state, where a new password is asked for": (browser, state) =>
      browser.submit(`/login?${aQuery(pool, { state })}`, newcomer),
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
    await issueTokens(passwordless.email, undefined, pool.url);
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

  test("is nobody any more where the account goes while the password is looked at", async () => {
    const leaver = aPerson();
    await aBrowser(pool).submit(`/signup?${aQuery(pool)}`, leaver);
    const gone = { UserPoolId: pool.userPoolId, Username: leaver.email };
    const { scrypt: hash } = await vi.importActual<typeof import("node:crypto")>("node:crypto");
    vi.mocked(scrypt).mockImplementationOnce((...given: unknown[]) => {
      void administer(pool, cognito("AdminDeleteUser"), gone).then(() =>
        hash(...(given as Parameters<typeof hash>)),
      );
    });

    const answer = await attempt(leaver);

    expect(answer).toMatchObject({ status: 400, cookie: null, hashed: [32] });
    expect(answer).toEqual(await attempt(aPerson()));
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

describe("every page of sign-in runs no script, stands in no frame, and is kept and told to nobody", () => {
  const written = overheard();
  const back = encodeURIComponent("http://localhost:5173/callback");
  const query = () =>
    `client_id=${pool.clientId}&response_type=code&scope=openid&redirect_uri=${back}&state=${canary}&code_challenge=${"c".repeat(43)}&code_challenge_method=S256`;
  const password = `Aa1${canary}`;
  const email = `${canary}-new@example.com`;

  const page = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": expect.stringMatching(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self' http:\/\/localhost:\* http:\/\/127\.0\.0\.1:\*; frame-ancestors 'none'; base-uri 'none'$/,
    ),
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
  };

  test.each<[string, string, string, number, Partial<Sent>?]>([
    ["a page", "GET", "/login?QUERY", 200],
    ["a page to sign up", "GET", "/signup?QUERY", 200],
    ["a page of an error", "GET", `/login?client_id=${canary}`, 400],
    ["a page of an error for who asks nothing", "GET", "/oauth2/authorize", 400],
    ["a redirect to a page", "GET", "/oauth2/authorize?QUERY", 302],
    ["a sign-up, with its code", "POST", "/signup?QUERY", 302, form({ email, password })],
    ["a sign-up that is refused", "POST", "/signup?QUERY", 400, form({ email, password })],
    ["a weak password", "POST", "/signup?QUERY", 400, form({ email, password: "weak" })],
    ["a wrong password", "POST", "/login?QUERY", 400, form({ email, password: canary })],
    [
      "a broken form",
      "POST",
      "/login?QUERY",
      400,
      { headers: { "content-type": `multipart/form-data; boundary=${canary}` }, body: canary },
    ],
    [
      "a form of another site",
      "POST",
      "/login?QUERY",
      403,
      { ...form({ email }), headers: { origin: `https://${canary}.example` } },
    ],
    ["a way out", "GET", `/logout?QUERY&logout_uri=${back}`, 302],
    ["a way out of nothing", "GET", "/logout", 400],
    ["a way out to elsewhere", "GET", `/logout?QUERY&logout_uri=https://${canary}.example`, 400],
  ])("%s", async (_, method, path, status, more = {}) => {
    const answer = await overTheWire(
      { method, target: path.replace("QUERY", query()), headers: noiseOf(canary), ...more },
      { url: pool.url },
    );
    const { "content-type": type, "set-cookie": cookie, ...headers } = headersOf(answer);

    expect([answer.status, headers]).toEqual([status, page]);
    if (status !== 302) expect(type).toMatch(/^text\/html; charset=utf-8$/i);
    if (cookie) expect(cookie).toMatch(/^cognito=(;|.*; HttpOnly; SameSite=Lax$)/);
  });

  test("and nothing of it all is written", () => {
    expect(written()).toBe("");
  });
});
