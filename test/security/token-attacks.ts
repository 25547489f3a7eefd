import { generateKeyPairSync, randomUUID } from "node:crypto";
import { UnsecuredJWT } from "jose";
import { jwkOf } from "../signing-keys.ts";
import { aToken, claims, clientId, foreign, issuer, now, ours, served, signed } from "./own-keys.ts";

/** The values of the Authorization headers that are sent: none, one, or one and another. */
type Attack = () => Promise<string | string[] | undefined> | string | string[] | undefined;

/** Where a token says that its key is to be had; nobody may go there. */
export const elsewhere = { requests: 0 };
const url = await served((_, outgoing) => {
  elsewhere.requests++;
  outgoing.end(foreignKeys);
});
const foreignJwk = await jwkOf(foreign.publicKey, "ours");
const foreignKeys = JSON.stringify({ keys: [foreignJwk] });

const as = async (token: Promise<string> | string) => `Bearer ${await token}`;
const claiming = (change: Record<string, unknown>) => () => as(aToken(change));
const headed = (header: Record<string, unknown>) => () => as(aToken({}, header));
/** With our key, but what only a text can say. */
const reading = (change: Record<string, string>) => () =>
  as(
    signed(
      Object.entries(change).reduce(
        (text, [name, value]) => text.replace(/\}$/, `,"${name}":${value}}`),
        JSON.stringify(claims()),
      ),
    ),
  );
const parts = (edit: (header: string, payload: string, signature: string) => string[]) => async () => {
  const [header = "", payload = "", signature = ""] = (await aToken()).split(".");
  return `Bearer ${edit(header, payload, signature).join(".")}`;
};
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const unsigned = (header: unknown) => parts((_, payload, signature) => [encoded(header), payload, signature]);
const pem = ours.publicKey.export({ type: "spki", format: "pem" });
const der = ours.publicKey.export({ type: "spki", format: "der" });
const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const ecKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const edKey = generateKeyPairSync("ed25519").privateKey;

/**
 * Each is refused with 401. Over HTTP by API Gateway where it checks for it by its documentation, or has nothing to
 * decode (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html), else by the function; and
 * by the function in any case, where the gateway is gone round.
 */
export const attacks: Record<"gateway" | "function", Record<string, Attack>> = {
  gateway: {
    "no token": () => undefined,
    "an empty header": () => "",
    "the scheme alone": () => "Bearer",
    "another scheme": async () => `Basic ${await aToken()}`,
    "a scheme that begins like ours": async () => `Bearers ${await aToken()}`,
    "two tokens": async () => `Bearer ${await aToken()} ${await aToken()}`,
    "two tokens and a comma": async () => `Bearer ${await aToken()},Bearer ${await aToken()}`,
    "two headers": async () => [await as(aToken()), await as(aToken())],
    "two headers, the second junk": async () => [await as(aToken()), "Bearer junk"],
    "two spaces": async () => `Bearer  ${await aToken()}`,
    "a tab": async () => `Bearer\t${await aToken()}`,
    quotes: async () => `Bearer "${await aToken()}"`,
    "2 parts": parts((header, payload) => [header, payload]),
    "4 parts": parts((header, payload, signature) => [header, payload, signature, "eA"]),
    "5 parts, as if encrypted": parts((header, payload, signature) => [header, "", payload, signature, "eA"]),
    "no signature": parts((header, payload) => [header, payload, ""]),
    "no payload": parts((header, _, signature) => [header, "", signature]),
    "no header": parts((_, payload, signature) => ["", payload, signature]),
    junk: () => "Bearer not.a.token",
    "15,000 characters of junk": () => `Bearer ${"e".repeat(15_000)}`,
    "15,000 characters of payload": () =>
      as(aToken({ "custom:more": "x".repeat(10_000) }, {}, foreign.privateKey)),
    "JSON that is no object": () => `Bearer ${[null, 1, "x"].map(encoded).join(".")}`,
    "a header that is a list": () => as(signed(JSON.stringify(claims()), '[{"kid":"ours","alg":"RS256"}]')),
    "a header that is null": () => as(signed(JSON.stringify(claims()), "null")),
    "a header that is a text": () => as(signed(JSON.stringify(claims()), '"RS256"')),
    "a header that is no JSON": () => as(signed(JSON.stringify(claims()), "{kid:ours}")),
    "a payload that is a list": () => as(signed(JSON.stringify([claims()]))),
    "a payload that is a text": () => as(signed(JSON.stringify(JSON.stringify(claims())))),
    "a payload that is no JSON": () => as(signed("sub=ada")),
    "a `=` at its end": async () => `${await as(aToken())}=`,
    "a changed signature": parts((header, payload, signature) => [
      header,
      payload,
      (signature.startsWith("A") ? "B" : "A") + signature.slice(1),
    ]),
    "a changed payload": parts((header, _, signature) => [header, encoded(claims()), signature]),
    "alg none": () => as(new UnsecuredJWT(claims()).encode()),
    "alg none and a signature": unsigned({ alg: "none", kid: "ours" }),
    "alg None in capitals": unsigned({ alg: "NONE", kid: "ours" }),
    "no alg": unsigned({ kid: "ours" }),
    "an alg that is a list": unsigned({ alg: ["RS256"], kid: "ours" }),
    "HS256 with the public key": () => as(aToken({}, { alg: "HS256" }, Buffer.from(pem))),
    "HS256 with the public key's bytes": () => as(aToken({}, { alg: "HS256" }, der)),
    ...Object.fromEntries(
      ["RS384", "RS512", "PS256"].map((alg) => [`${alg} with the pool's own key`, headed({ alg })]),
    ),
    "ES256 with a key of the caller's": () => as(aToken({}, { alg: "ES256" }, ecKey)),
    "EdDSA with a key of the caller's": () => as(aToken({}, { alg: "EdDSA" }, edKey)),
    "a key of the caller's under our name": () => as(aToken({}, {}, foreign.privateKey)),
    ...Object.fromEntries(
      Object.entries({
        jwk: foreignJwk,
        jku: `${url}/jwks.json`,
        x5u: `${url}/certificate.pem`,
        x5c: [foreign.publicKey.export({ type: "spki", format: "der" }).toString("base64")],
      }).map(([name, value]) => [
        `a key of the caller's, named in the token by ${name}`,
        () => as(aToken({}, { [name]: value }, foreign.privateKey)),
      ]),
    ),
    "no kid": headed({ kid: undefined }),
    "a kid that is a number": headed({ kid: 1 }),
    "a kid that nobody knows": headed({ kid: "unknown" }),
    "a kid that is a file": headed({ kid: "../../../../dev/null" }),
    // API Gateway's documentation says nothing of it; the local gateway's library refuses it
    "an extension that must be understood": headed({ crit: ["x-new"], "x-new": true }),
    "another pool's issuer": claiming({ iss: issuer.replace(/[^/]*$/, "us-east-1_other") }),
    "an issuer elsewhere": claiming({ iss: "https://evil.example/us-east-1_local" }),
    "our issuer and a slash": claiming({ iss: `${issuer}/` }),
    "an issuer that is a list": claiming({ iss: [issuer] }),
    "no issuer": claiming({ iss: undefined }),
    "another client": claiming({ client_id: "another" }),
    "our client in capitals": claiming({ client_id: clientId.toUpperCase() }),
    "no client": claiming({ client_id: undefined }),
    "a client that is a number": claiming({ client_id: 1 }),
    "our client as a name": claiming({ client_id: { [clientId]: true } }),
    "an audience that is another": claiming({ aud: "https://another.example" }),
    "all claims, one level too deep": () => as(signed(JSON.stringify({ claims: claims() }))),
    "expired a second ago": () => as(aToken({ iat: now() - 901, exp: now() - 1 })),
    "at its end": () => as(aToken({ exp: now() })),
    "an end before all times": reading({ exp: "-1e308" }),
    "no end": claiming({ exp: undefined }),
    "an end as a text": () => as(aToken({ exp: `${now() + 900}` })),
    "not yet valid": claiming({ nbf: now() + 300 }),
    "never valid": reading({ nbf: "1e308" }),
    // by more than the minute that the function lets clocks differ
    "issued in the future": () => as(aToken({ iat: now() + 90 })),
    "issued in milliseconds": claiming({ iat: now() * 1000 }),
    "issued as a text": claiming({ iat: `${now()}` }),
    "another client, said after ours": reading({ client_id: '"another"' }),
  },
  function: {
    "no scheme": () => aToken(),
    "the use of an ID token": claiming({ token_use: "id", aud: clientId }),
    "no use": claiming({ token_use: undefined }),
    "a use that is a list": claiming({ token_use: ["access"] }),
    "the use of an ID token, said after ours": reading({ token_use: '"id"' }),
    "its use in the prototype": reading({ token_use: "null", ["__proto__"]: '{"token_use":"access"}' }),
    "our client as the audience only": claiming({ client_id: undefined, aud: clientId }),
    "a client that is a list": claiming({ client_id: [clientId] }),
    "no time of issue": claiming({ iat: undefined }),
    "an end in milliseconds": claiming({ exp: (now() + 900) * 1000 }),
    "an end that never comes": reading({ exp: "1e308" }),
    "an end beyond all numbers": reading({ exp: "1e400" }),
    "an end that is no whole second": claiming({ exp: now() + 899.5 }),
    "a life of more than a day": () => as(aToken({ exp: now() + 24 * 60 * 60 + 1 })),
    nobody: claiming({ sub: undefined }),
    "a sub that is empty": claiming({ sub: "" }),
    "a sub that is no account's": claiming({ sub: "ada" }),
    "a sub in capitals": claiming({ sub: randomUUID().toUpperCase() }),
    "a sub with more behind it": claiming({ sub: `${randomUUID()}#CART` }),
    "a sub and a new line": claiming({ sub: `${randomUUID()}\n` }),
    "a sub that is a number": claiming({ sub: 1 }),
    "a sub that is a list": claiming({ sub: [randomUUID()] }),
    "a sub that is no account's, said after one": reading({ sub: '"ada"' }),
    "groups as a text": claiming({ "cognito:groups": "customers" }),
    "groups as API Gateway writes them": claiming({ "cognito:groups": "[customers admins]" }),
    "groups as an object": claiming({ "cognito:groups": { 0: "customers", length: 1 } }),
    "groups as null": claiming({ "cognito:groups": null }),
    "groups as a number": claiming({ "cognito:groups": 1 }),
    "groups as true": claiming({ "cognito:groups": true }),
    "groups as numbers": claiming({ "cognito:groups": [1] }),
    "groups within groups": claiming({ "cognito:groups": [["customers"]] }),
    "one group that is null": claiming({ "cognito:groups": ["customers", null] }),
    "groups as a text, said after a list": reading({ "cognito:groups": '"customers"' }),
  },
};

/** Larger than any HTTP server lets a header be; only who calls the function itself gets it there. */
export const tooLarge: Record<string, () => Promise<string> | string> = {
  "5 MB of junk": () => `Bearer ${"e".repeat(5_000_000)}`,
  "5 MB of payload": () => as(aToken({ "custom:more": "x".repeat(3_700_000) }, {}, foreign.privateKey)),
  "5 MB in a million parts": () => `Bearer ${"e...".repeat(1_250_000)}`,
  "a payload 20,000 deep": reading({ more: deep(20_000) }),
};

/** What says who somebody is without an Authorization header; nobody may listen. */
export const besides: Record<
  string,
  (token: string) => { query?: string; headers?: Record<string, string> }
> = {
  "the token in the query": (token) => ({
    query: `?access_token=${token}&token=${token}&Authorization=${token}&cognito=${token}`,
  }),
  "the token in a cookie": (token) => ({
    headers: { cookie: `access_token=${token}; cognito=${token}; Authorization=Bearer ${token}` },
  }),
  ...Object.fromEntries(
    [
      "proxy-authorization",
      "x-authorization",
      "x-amz-security-token",
      "x-access-token",
      "x-forwarded-authorization",
      "x-amzn-oidc-data",
    ].map((name) => [
      `the token in ${name}`,
      (token: string) => ({ headers: { [name]: `Bearer ${token}` } }),
    ]),
  ),
  "who and what in the query": () => ({
    query: `?customerId=${randomUUID()}&sub=${randomUUID()}&userId=${randomUUID()}&groups=admins&role=admin&_method=DELETE&path=%2Fapi%2Fbooks`,
  }),
  "what a proxy or a gateway would add": () => ({
    headers: {
      cookie: `sub=${randomUUID()}`,
      "x-amzn-oidc-identity": randomUUID(),
      "x-amzn-oidc-data": signed(JSON.stringify(claims())),
      "x-amzn-request-context": JSON.stringify({ authorizer: { jwt: { claims: claims() } } }),
      "x-amzn-apigateway-api-id": "local",
      "x-apigateway-event": JSON.stringify({ requestContext: { authorizer: { jwt: { claims: claims() } } } }),
      "x-user-id": randomUUID(),
      "x-customer-id": randomUUID(),
      "x-forwarded-for": "127.0.0.1",
      "x-sub": randomUUID(),
      "x-remote-user": randomUUID(),
      "x-groups": "admins",
      "cognito-groups": "admins",
      "x-role": "admins",
      "x-forwarded-user": "admin",
      "x-forwarded-host": "127.0.0.1",
      forwarded: "for=127.0.0.1",
      "x-original-url": "/api/books",
      "x-rewrite-url": "/api/books",
      "x-forwarded-path": "/api/books",
      "x-http-method-override": "OPTIONS",
      "x-http-method": "OPTIONS",
      "x-method-override": "OPTIONS",
    },
  }),
};
