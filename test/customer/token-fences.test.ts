import { generateKeyPairSync } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import { beforeAll, expect, test } from "vitest";
import { aCustomer, type Person } from "../given.ts";
import { call } from "../shop.ts";

// The attacks for which nobody needs a key of the pool: what answers them differs from one gateway to another, and the
// status does not.

let ada: Person;
beforeAll(async () => {
  ada = await aCustomer();
});

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const json = (part = "") => JSON.parse(Buffer.from(part, "base64url").toString());
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const partsOf = ({ token }: Person) => token.split(".");
const headerOf = (person: Person) => json(partsOf(person)[0]);
const claimsOf = (person: Person) => json(partsOf(person)[1]);
/** All that ada's token says, signed by somebody else. */
const forged = async (header: object = {}) =>
  `Bearer ${await new SignJWT(claimsOf(ada)).setProtectedHeader({ ...headerOf(ada), ...header }).sign(privateKey)}`;

const attacks: Record<string, () => string | undefined | Promise<string>> = {
  "no token": () => undefined,
  "another scheme": () => `Basic ${ada.token}`,
  "two tokens": () => `Bearer ${ada.token},Bearer ${ada.token}`,
  junk: () => "Bearer not.a.token",
  "no signature": () => `Bearer ${partsOf(ada).slice(0, 2).join(".")}.`,
  "alg none": () => `Bearer ${new UnsecuredJWT(claimsOf(ada)).encode()}`,
  "alg none and a signature": () =>
    `Bearer ${[encoded({ ...headerOf(ada), alg: "none" }), ...partsOf(ada).slice(1)].join(".")}`,
  "a changed payload": () => {
    const [header, , signature] = partsOf(ada);
    return `Bearer ${header}.${encoded({ ...claimsOf(ada), "cognito:groups": ["admins"] })}.${signature}`;
  },
  "a key of the caller's under the pool's name": () => forged(),
  "a key of the caller's within the token": () => forged({ jwk: publicKey.export({ format: "jwk" }) }),
  "a kid that nobody knows": () => forged({ kid: "unknown" }),
};

test.each(Object.entries(attacks))(
  "%s is refused as nobody, and ada's own token is not",
  async (_, attack) => {
    const authorization = await attack();
    const refused = await call({
      method: "GET",
      path: "/api/cart",
      headers: authorization === undefined ? {} : { authorization },
    });

    expect(refused.status).toBe(401);
    expect((await ada.get("/api/cart")).status).toBe(200);
  },
);
