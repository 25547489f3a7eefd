import { describe, expect, test } from "vitest";
import { aBrowser, aPerson, aQuery, callback, locationOf, reader } from "../user-pool.ts";
import { pool, signedIn } from "./own-pool.ts";

// Where the local stand-in for hosted sign-in sends somebody, and for what. What the templates ask of Cognito itself,
// stacks.test.ts says.

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
