import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { routes } from "../../functions/routes.ts";
import { issueTokens } from "../given.ts";
import { inProcess, type Reply } from "../shop.ts";

// The second fence: what a handler makes of a token by itself, past API Gateway's authorizer. Its key server and its
// store are servers of this file, so that it can sign what Cognito never would, and count what reaches the store.

const { USER_POOL_ID: userPoolId, CLIENT_ID: clientId, JWKS_URI: poolKeys } = inject("variables");
const issuer = `https://cognito-idp.us-east-1.amazonaws.com/${userPoolId}`;
const now = () => Math.floor(Date.now() / 1000);

type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void;
async function aServer(listener: Listener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => server.close().closeAllConnections() };
}

let storeCalls = 0;
const store = await aServer((incoming, outgoing) => {
  storeCalls++;
  const { method, headers } = incoming;
  const onwards = request(
    inject("variables").AWS_ENDPOINT_URL_DYNAMODB ?? "",
    { method, headers },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    },
  );
  incoming.pipe(onwards);
});

let keyRequests = 0;
let serveKeys: Listener = () => {};
const keyServer = await aServer((incoming, outgoing) => {
  keyRequests++;
  serveKeys(incoming, outgoing);
});

// biome-ignore lint/style/noProcessEnv: what the handlers are to find when they are first imported
Object.assign(process.env, { JWKS_URI: `${keyServer.url}/keys`, AWS_ENDPOINT_URL_DYNAMODB: store.url });

const algorithm = "RS256";
const ours = await generateKeyPair(algorithm, { extractable: true });
const foreign = await generateKeyPair(algorithm);
const { keys: keysOfPool } = (await (await fetch(poolKeys ?? "")).json()) as { keys: object[] };
const jwks = JSON.stringify({
  keys: [{ ...(await exportJWK(ours.publicKey)), kid: "ours", alg: algorithm, use: "sig" }, ...keysOfPool],
});
const withKeys: Listener = (_, outgoing) => void outgoing.end(jwks);

const claims = () => ({
  sub: randomUUID(),
  "cognito:groups": ["customers"],
  iss: issuer,
  client_id: clientId,
  token_use: "access",
  scope: "openid email",
  auth_time: now(),
  iat: now(),
  exp: now() + 900,
  jti: randomUUID(),
});

/** A token of ours but for what is said. */
const aToken = (
  change: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key: CryptoKey | Uint8Array = ours.privateKey,
) =>
  new SignJWT({ ...claims(), ...change })
    .setProtectedHeader({ kid: "ours", alg: algorithm, ...header } as { alg: string })
    .sign(key, { crit: { "x-new": true } });

/** A signed token whose payload is exactly this text. */
async function signed(payload: string): Promise<string> {
  const encode = (text: string) => Buffer.from(text).toString("base64url");
  const input = `${encode(JSON.stringify({ kid: "ours", alg: algorithm }))}.${encode(payload)}`;
  const bytes = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", ours.privateKey, Buffer.from(input));
  return `${input}.${Buffer.from(bytes).toString("base64url")}`;
}

const cartOf = (authorization?: string): Promise<Reply> =>
  inProcess("GET", "/api/cart", authorization === undefined ? {} : { authorization });

const problem = (status: number, code: string) => ({
  type: `urn:bookshop:${code}`,
  title: expect.any(String),
  status,
  detail: expect.any(String),
  code,
});

function expectUnauthenticated({ status, headers, body }: Reply) {
  expect(status).toBe(401);
  expect(headers.get("www-authenticate")).toBe("Bearer");
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(headers.get("x-request-id")).toMatch(/\S/);
  expect(body).toEqual(problem(401, "unauthenticated"));
}

beforeAll(() => {
  serveKeys = withKeys;
});
beforeEach(() => {
  storeCalls = 0;
});
afterAll(() => {
  store.close();
  keyServer.close();
});

describe("a token of the pool", () => {
  test("lets its owner in, and names whose cart it is", async () => {
    const { access_token: token } = await issueTokens(`reader-${randomUUID()}@example.com`);

    for (const authorization of [`Bearer ${token}`, `bearer ${token}`, `Bearer ${await aToken()}`])
      expect((await cartOf(authorization)).status).toBe(200);
    expect(storeCalls).toBeGreaterThan(0);
  });

  test("is used as it stands for as long as it says, with a minute for clocks that differ", async () => {
    const token = await aToken({ iat: now() + 30, exp: now() + 30 + 24 * 60 * 60 });

    expect((await cartOf(`Bearer ${token}`)).status).toBe(200);
  });

  test("is refused where it is its owner's ID token", async () => {
    const { id_token: token } = await issueTokens(`reader-${randomUUID()}@example.com`);

    expectUnauthenticated(await cartOf(`Bearer ${token}`));
    expect(storeCalls).toBe(0);
  });
});

const wrong: Record<string, () => Promise<string> | string | undefined> = {
  "no token": () => undefined,
  "an empty header": () => "",
  "the scheme alone": () => "Bearer",
  "no scheme": () => aToken(),
  "another scheme": async () => `Basic ${await aToken()}`,
  "two tokens": async () => `Bearer ${await aToken()} ${await aToken()}`,
  "two headers": async () => `Bearer ${await aToken()},Bearer ${await aToken()}`,
  "two spaces": async () => `Bearer  ${await aToken()}`,
  "2 parts": async () => `Bearer ${(await aToken()).split(".").slice(0, 2).join(".")}`,
  "4 parts": async () => `Bearer ${await aToken()}.eA`,
  "an empty part": async () => `Bearer ${(await aToken()).replace(/\.[^.]*$/, ".")}`,
  junk: () => "Bearer not.a.token",
  "JSON that is no object": () =>
    `Bearer ${["null", "1", "x"]
      .map((part) => btoa(part))
      .join(".")
      .replaceAll("=", "")}`,
  "a `=` at its end": async () => `Bearer ${await aToken()}=`,
  "a changed signature": async () => {
    const [header, payload, signature = ""] = (await aToken()).split(".");
    return `Bearer ${header}.${payload}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
  },
  "a changed payload": async () => {
    const [header, , signature] = (await aToken()).split(".");
    return `Bearer ${header}.${Buffer.from(JSON.stringify(claims())).toString("base64url")}.${signature}`;
  },
  "alg none": () => `Bearer ${new UnsecuredJWT(claims()).encode()}`,
  "alg none and a signature": async () => {
    const [, payload, signature] = (await aToken()).split(".");
    return `Bearer ${Buffer.from('{"alg":"none","kid":"ours"}').toString("base64url")}.${payload}.${signature}`;
  },
  "HS256 with the public key": async () => {
    const secret = new TextEncoder().encode(await exportSPKI(ours.publicKey));
    return `Bearer ${await aToken({}, { alg: "HS256" }, secret)}`;
  },
  "a key of the caller's under our name": async () => `Bearer ${await aToken({}, {}, foreign.privateKey)}`,
  "a key of the caller's within the token": async () =>
    `Bearer ${await aToken({}, { jwk: await exportJWK(foreign.publicKey) }, foreign.privateKey)}`,
  "no kid": async () => `Bearer ${await aToken({}, { kid: undefined })}`,
  "a kid that is a number": async () => `Bearer ${await aToken({}, { kid: 1 })}`,
  "an extension that must be understood": async () =>
    `Bearer ${await aToken({}, { crit: ["x-new"], "x-new": true })}`,
  "another pool's issuer": async () =>
    `Bearer ${await aToken({ iss: issuer.replace(/[^/]*$/, "us-east-1_other") })}`,
  "an issuer elsewhere": async () =>
    `Bearer ${await aToken({ iss: "https://evil.example/us-east-1_local" })}`,
  "no issuer": async () => `Bearer ${await aToken({ iss: undefined })}`,
  "another client": async () => `Bearer ${await aToken({ client_id: "another" })}`,
  "no client": async () => `Bearer ${await aToken({ client_id: undefined })}`,
  "our client as the audience only": async () =>
    `Bearer ${await aToken({ client_id: undefined, aud: clientId })}`,
  "the use of an ID token": async () => `Bearer ${await aToken({ token_use: "id", aud: clientId })}`,
  "no use": async () => `Bearer ${await aToken({ token_use: undefined })}`,
  expired: async () => `Bearer ${await aToken({ iat: now() - 901, exp: now() - 1 })}`,
  "not yet valid": async () => `Bearer ${await aToken({ nbf: now() + 300 })}`,
  "issued in the future": async () => `Bearer ${await aToken({ iat: now() + 300, exp: now() + 1200 })}`,
  "no time of issue": async () => `Bearer ${await aToken({ iat: undefined })}`,
  "no end": async () => `Bearer ${await aToken({ exp: undefined })}`,
  "an end that never comes": async () =>
    `Bearer ${await signed(JSON.stringify({ ...claims(), exp: 0 }).replace('"exp":0', '"exp":1e308'))}`,
  "an end beyond all numbers": async () =>
    `Bearer ${await signed(JSON.stringify({ ...claims(), exp: 0 }).replace('"exp":0', '"exp":1e400'))}`,
  "an end as a text": async () =>
    `Bearer ${await signed(JSON.stringify({ ...claims(), exp: `${now() + 900}` }))}`,
  "a life of more than a day": async () => `Bearer ${await aToken({ exp: now() + 24 * 60 * 60 + 1 })}`,
  nobody: async () => `Bearer ${await aToken({ sub: undefined })}`,
  "a sub that is no account's": async () => `Bearer ${await aToken({ sub: "ada" })}`,
  "a sub with more behind it": async () => `Bearer ${await aToken({ sub: `${randomUUID()}#CART` })}`,
  "a sub that is a list": async () =>
    `Bearer ${await signed(JSON.stringify({ ...claims(), sub: [randomUUID()] }))}`,
  "groups as a text": async () => `Bearer ${await aToken({ "cognito:groups": "customers" })}`,
  "groups as numbers": async () => `Bearer ${await aToken({ "cognito:groups": [1] })}`,
  "a payload that is a list": async () => `Bearer ${await signed(JSON.stringify([claims()]))}`,
};

describe("what is no token of the pool", () => {
  test.each(Object.entries(wrong))("%s: 401, and the store is not asked", async (_, make) => {
    expectUnauthenticated(await cartOf(await make()));
    expect(storeCalls).toBe(0);
  });

  test("is refused by every route that asks who calls, before it looks at anything else", async () => {
    for (const { method, path, who } of routes) {
      if (who === "anyone") continue;
      const target = path.replace(/\{.+\}/, "x");
      const body = method === "GET" ? undefined : "{";
      const plain = await inProcess(method, target, { "content-type": "text/plain", "if-match": "x" }, body);
      const junk = await inProcess(method, target, { authorization: "Bearer a.b.c" }, body);
      for (const answer of [plain, junk]) expectUnauthenticated(answer);
      expect(junk.text).toBe(plain.text);
    }
    expect(storeCalls).toBe(0);
  });

  test("says nothing of why", async () => {
    const texts = new Set<string>();
    for (const make of [wrong["no token"], wrong.expired, wrong["another client"], wrong["alg none"]])
      texts.add((await cartOf(await make?.())).text);

    expect(texts.size).toBe(1);
  });

  test("a kid that nobody knows: 401, and the key server is not asked again and again", async () => {
    await cartOf(`Bearer ${await aToken()}`);
    storeCalls = keyRequests = 0;

    for (let count = 0; count < 5; count++)
      expectUnauthenticated(await cartOf(`Bearer ${await aToken({}, { kid: `unknown-${count}` })}`));

    expect(keyRequests).toBeLessThanOrEqual(1);
    expect(storeCalls).toBe(0);
    expect((await cartOf(`Bearer ${await aToken()}`)).status).toBe(200);
  });
});

describe("a token of somebody in another group", () => {
  test.each([
    ["no groups", undefined],
    ["an empty list", []],
    ["a group whose name contains ours", ["customers-former", "no-customers", "customers,admins"]],
    ["our group in capitals", ["Customers"]],
    ["the staff's alone", ["admins"]],
  ])("%s: 403 on a customer's route, and the store is not asked", async (_, groups) => {
    const { status, headers, body } = await cartOf(`Bearer ${await aToken({ "cognito:groups": groups })}`);

    expect(status).toBe(403);
    expect(headers.get("www-authenticate")).toBeNull();
    expect(body).toEqual(problem(403, "forbidden"));
    expect(storeCalls).toBe(0);
  });

  test("every route takes members of its own group alone, before it looks at anything else", async () => {
    const [customer, admin] = [await aToken(), await aToken({ "cognito:groups": ["admins"] })];

    for (const { method, path, who } of routes) {
      if (who === "anyone") continue;
      const body = method === "GET" ? undefined : "{";
      const authorization = `Bearer ${who === "admin" ? customer : admin}`;
      const refused = await inProcess(method, path.replace(/\{.+\}/, "x"), { authorization }, body);
      expect({ method, path, status: refused.status }).toEqual({ method, path, status: 403 });
    }
    expect(storeCalls).toBe(0);
  });

  test("one who is in both may do both", async () => {
    const authorization = `Bearer ${await aToken({ "cognito:groups": ["customers", "admins", "others"] })}`;

    expect((await cartOf(authorization)).status).toBe(200);
    expect((await inProcess("GET", "/api/admin/books", { authorization })).status).toBe(200);
  });
});

describe("the key server", () => {
  const silent: Listener = () => {};
  const garbage: Record<string, Listener> = {
    "cut off": (incoming) => incoming.socket.destroy(),
    "an error": (_, outgoing) => void outgoing.writeHead(500).end(jwks),
    "a page": (_, outgoing) => void outgoing.end("<html>Welcome to the hotel's network</html>"),
    nothing: (_, outgoing) => void outgoing.end(),
    "half of the keys": (_, outgoing) => {
      outgoing.writeHead(200, { "content-length": jwks.length });
      outgoing.write(jwks.slice(0, 99), () => outgoing.destroy());
    },
    "too slow": silent,
  };

  async function coldWith(listener: Listener) {
    serveKeys = listener;
    vi.resetModules();
    return cartOf(`Bearer ${await aToken()}`);
  }

  function expectUnavailable({ status, headers, body }: Reply) {
    expect(status).toBe(503);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(body).toEqual(problem(503, "temporarily-unavailable"));
    expect(storeCalls).toBe(0);
  }

  test.each(Object.entries(garbage))(
    "gives %s: 503 to a function that has no keys yet, until it is back",
    async (_, listener) => {
      expectUnavailable(await coldWith(listener));

      serveKeys = withKeys;
      expect((await cartOf(`Bearer ${await aToken()}`)).status).toBe(200);
    },
  );

  test.each(["{}", "[]", '{"message":"Try later"}', "null"])("gives %s: 503 too", async (text) => {
    expectUnavailable(await coldWith((_, outgoing) => void outgoing.end(text)));
  });

  test("may be gone for as long as it likes once a function has the keys", async () => {
    await coldWith(withKeys);
    serveKeys = garbage["cut off"] as Listener;

    for (let count = 0; count < 3; count++)
      expect((await cartOf(`Bearer ${await aToken()}`)).status).toBe(200);
    const unknown = await cartOf(`Bearer ${await aToken({}, { kid: "new" })}`);
    expect(unknown).toMatchObject({ status: 503, body: { code: "temporarily-unavailable" } });
    expect((await cartOf(`Bearer ${await aToken()}`)).status).toBe(200);
  });

  test("is not asked about a token that cannot be ours", async () => {
    serveKeys = silent;
    vi.resetModules();
    keyRequests = 0;

    for (const what of ["junk", "alg none", "another pool's issuer", "no kid"] as const)
      expectUnauthenticated(await cartOf(await wrong[what]?.()));
    expect(keyRequests).toBe(0);
    serveKeys = withKeys;
  });

  test("is not needed to look at books", async () => {
    serveKeys = silent;
    vi.resetModules();

    expect((await inProcess("GET", "/api/books?limit=1", {})).status).toBe(200);
  });
});
