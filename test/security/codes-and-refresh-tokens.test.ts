import { createHash } from "node:crypto";
import { decodeJwt } from "jose";
import { afterEach, describe, expect, test, vi } from "vitest";
import { issueTokens } from "../given.ts";
import {
  aBrowser,
  administer,
  aPerson,
  aPool,
  aQuery,
  callback,
  cognito,
  exchange,
  locationOf,
  redeem,
  refresh,
  signUp,
  verifier,
} from "../user-pool.ts";
import { canary, noiseOf } from "./canary.ts";
import { overTheWire, type Sent } from "./exact-requests.ts";
import { overheard } from "./overhear.ts";
import { form, pool, signedIn } from "./own-pool.ts";
import { headersOf } from "./safe-headers.ts";

// What the local stand-in for hosted sign-in gives for a code or a refresh token.

afterEach(() => {
  vi.useRealTimers();
});

/** Of the reader, who is signed in already. */
const aCode = async () =>
  locationOf(await signedIn.visit(`/oauth2/authorize?${aQuery(pool)}`)).searchParams.get("code") ?? "";
const invalidGrant = { status: 400, body: { error: "invalid_grant" } };

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
    return { ...(await issueTokens(person.email, undefined, at.url)), Username: person.email };
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
    const { refresh_token } = await issueTokens(Username, "admins", pool.url);
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
      const { refresh_token } = await issueTokens(aPerson().email, undefined, pool.url);
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

test("no form says a thing twice to sign-in", async () => {
  const form = `grant_type=refresh_token&client_id=${pool.clientId}&client_id=nobody&refresh_token=x`;
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await fetch(`${pool.url}/oauth2/token`, { method: "POST", body: form, headers });

  expect(await answer.json()).toEqual({ error: "invalid_request" });
  expect(await exchange(pool, {})).toMatchObject({ status: 400 });
});

describe("what sign-in answers to a program is kept by nobody, and its type not guessed", () => {
  const written = overheard();
  const target = (name: string) => ({
    ...noiseOf(canary),
    "x-amz-target": cognito(name),
  });

  test.each<[string, string, string, number, Partial<Sent>?]>([
    [
      "a code that is none",
      "POST",
      "/oauth2/token",
      400,
      form({
        grant_type: "authorization_code",
        client_id: "CLIENT",
        code: canary,
        redirect_uri: canary,
        code_verifier: canary,
      }),
    ],
    [
      "a refresh token that is none",
      "POST",
      "/oauth2/token",
      400,
      form({ grant_type: "refresh_token", client_id: "CLIENT", refresh_token: canary }),
    ],
    [
      "a token that is given back",
      "POST",
      "/oauth2/revoke",
      200,
      form({ client_id: "CLIENT", token: canary }),
    ],
    [
      "who signed in, asked with no token",
      "GET",
      "/oauth2/userInfo",
      401,
      { headers: { authorization: `Bearer ${canary}` } },
    ],
    ["the keys", "GET", "/us-east-1_local/.well-known/jwks.json", 200],
    ["the API, sent no JSON", "POST", "/", 400, { headers: target("SignUp"), body: `{"${canary}` }],
    ["the API, of something unknown", "POST", "/", 400, { headers: target(canary), body: "{}" }],
    [
      "the API, of a user unknown",
      "POST",
      "/",
      400,
      {
        headers: target("AdminGetUser"),
        body: JSON.stringify({ UserPoolId: "us-east-1_local", Username: canary }),
      },
    ],
    ["a body too large", "POST", "/oauth2/token", 413, { body: canary.repeat(7000) }],
    ["nothing", "GET", `/oauth2/${canary}`, 404],
  ])("%s", async (_, method, path, status, more = {}) => {
    const body = more.body?.replace("CLIENT", pool.clientId);
    const answer = await overTheWire(
      { method, target: path, headers: noiseOf(canary), ...more, ...(body && { body }) },
      { url: pool.url },
    );
    const { "content-type": _type, vary, ...headers } = headersOf(answer);

    if (status === 200) expect(vary).toBe("Origin");
    expect([answer.status, headers]).toEqual([
      status,
      { "cache-control": "no-store", "x-content-type-options": "nosniff" },
    ]);
  });

  test("and nothing of it all is written", () => {
    expect(written()).toBe("");
  });
});
