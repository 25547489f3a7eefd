import { randomUUID } from "node:crypto";
import {
  AdminDeleteUserCommand,
  AdminRemoveUserFromGroupCommand,
  CognitoIdentityProviderClient,
} from "@aws-sdk/client-cognito-identity-provider";
import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { bearer, issueTokens } from "../given.ts";
import { inProcess, overHttp } from "../shop.ts";

// A session that has ended gives no new tokens; the access token that is out cannot be called back, and lives 15 minutes.

const lifeSeconds = 15 * 60;
const { USER_POOL_ID: UserPoolId = "", CLIENT_ID: client_id = "" } = inject("variables");
const pool = new CognitoIdentityProviderClient({ endpoint: inject("url") });
afterAll(() => pool.destroy());

type Tokens = Awaited<ReturnType<typeof issueTokens>>;
let email: string;
let tokens: Tokens;
let refreshToken: string;

const post = (path: string, form: Record<string, string>) =>
  fetch(inject("url") + path, { method: "POST", body: new URLSearchParams(form) });
const refresh = async () => {
  const form = { grant_type: "refresh_token", client_id, refresh_token: refreshToken };
  const answer = await post("/oauth2/token", form);
  const body = (await answer.json()) as { error?: string } & Partial<Tokens>;
  refreshToken = body.refresh_token ?? refreshToken;
  return body;
};

beforeEach(async () => {
  email = `reader-${randomUUID()}@example.com`;
  tokens = await issueTokens(email);
  refreshToken = tokens.refresh_token;
});
afterEach(() => vi.useRealTimers());

/** What ends it, and what a refresh token gives from then on: the tokens of somebody in no group, or none. */
const ends: [string, () => Promise<unknown>, "no group" | "none"][] = [
  ["signed out", () => post("/oauth2/revoke", { client_id, token: refreshToken }), "none"],
  ["deleted", () => pool.send(new AdminDeleteUserCommand({ UserPoolId, Username: email })), "none"],
  [
    "taken out of the group",
    () =>
      pool.send(new AdminRemoveUserFromGroupCommand({ UserPoolId, Username: email, GroupName: "customers" })),
    "no group",
  ],
];

describe.each(ends)("somebody who has been %s", (_, end, given) => {
  test("gets no new token that would let them in", async () => {
    expect((await refresh()).access_token).toBeDefined();
    await end();

    const { error, access_token } = await refresh();
    if (given === "none") expect({ error, access_token }).toEqual({ error: "invalid_grant" });
    else
      expect((await inProcess("GET", "/api/cart", bearer({ token: access_token ?? "" }))).status).toBe(403);
  });

  test("is let in by the access token that is out for at most 15 minutes from its issue, and no longer", async () => {
    await end();
    const { iat = 0, exp = 0 } = decodeJwt(tokens.access_token);
    expect(exp - iat).toBe(lifeSeconds);

    const ask = async () =>
      (await inProcess("GET", "/api/cart", bearer({ token: tokens.access_token }))).status;
    expect((await overHttp("GET", "/api/cart", bearer({ token: tokens.access_token }))).status).toBe(200);
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime((exp - 1) * 1000);
    expect(await ask()).toBe(200);
    vi.setSystemTime(exp * 1000 + 1);
    expect(await ask()).toBe(401);
  });
});

test("an ID token is let in by nobody, from its issue on", async () => {
  for (const send of [inProcess, overHttp])
    expect((await send("GET", "/api/cart", bearer({ token: tokens.id_token }))).status).toBe(401);
});
