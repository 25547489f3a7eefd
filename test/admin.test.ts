import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminRemoveUserFromGroupCommand,
  CognitoIdentityProviderClient,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startShop } from "./local-system.ts";
import { ownersCommand } from "./owners-command.ts";

// On a local system of its own, since all the accounts that there are get listed and mended.

type Shop = Awaited<ReturnType<typeof startShop>>;
let people = 0;
const anEmail = (name: string) => `${name}-${people++}@example.com`;
const uuid = "[0-9a-f-]{36}";

let shop: Shop;
let cognito: CognitoIdentityProviderClient;
beforeAll(async () => {
  shop = await startShop(["--in-memory"], { DYNAMODB_ENDPOINT: "" });
  cognito = new CognitoIdentityProviderClient({
    endpoint: shop.url,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
});
afterAll(async () => {
  cognito.destroy();
  await shop.stop();
});

const ofPool = { UserPoolId: "us-east-1_local" };
const admin = (...args: string[]) => ownersCommand("admin", args, { PORT: new URL(shop.url).port });

/** The one line that a command prints where it does what it was asked. */
async function done(...args: string[]): Promise<string> {
  const { code, out, err } = await admin(...args);
  expect({ code, err, lines: out.split("\n").length - 1 }).toEqual({ code: 0, err: "", lines: 1 });
  return out.trimEnd();
}

/** The one line with which it refuses. */
async function refused(...args: string[]): Promise<string> {
  const { code, out, err } = await admin(...args);
  expect({ code, out, lines: err.split("\n").length - 1 }).toEqual({ code: 1, out: "", lines: 1 });
  return err.trimEnd();
}

/** A customer's token, or with a group that of somebody who is in it too. */
async function tokenOf(email: string, group?: string): Promise<string> {
  const answer = await fetch(shop.url, {
    method: "POST",
    headers: { "x-amz-target": "LocalUserPool.IssueTokens" },
    body: JSON.stringify({ Username: email, ...(group && { Group: group }) }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}
const groupsOf = async (email: string) => decodeJwt(await tokenOf(email))["cognito:groups"] ?? [];

/** What a browser does at the sign-in page. */
function signInPage() {
  const verifier = randomBytes(32).toString("base64url");
  const redirectUri = "http://localhost:5173/callback";
  const query = new URLSearchParams({
    client_id: shop.clientId,
    response_type: "code",
    scope: "openid email",
    redirect_uri: redirectUri,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  return {
    submit: async (form: Record<string, string>) => {
      const body = new URLSearchParams(form);
      const answer = await fetch(`${shop.url}/login?${query}`, { method: "POST", body, redirect: "manual" });
      const location = answer.headers.get("location");
      return { page: await answer.text(), code: location && new URL(location).searchParams.get("code") };
    },
    redeem: async (code: string) => {
      const answer = await fetch(`${shop.url}/oauth2/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "authorization_code",
          client_id: shop.clientId,
          redirect_uri: redirectUri,
          code_verifier: verifier,
          code,
        }),
      });
      return ((await answer.json()) as { access_token: string }).access_token;
    },
  };
}

describe("npm run admin -- create", () => {
  test("makes an admin, who signs in with the printed password once, and then with one of their own", async () => {
    const boss = anEmail("boss");
    const line = await done("create", boss);
    expect(line).toMatch(new RegExp(`^${boss} \\(${uuid}\\) is an admin\\. Their password, .*: \\S{20}$`));
    const temporary = line.split(" ").at(-1) ?? "";
    const { submit, redeem } = signInPage();
    const [email, own] = [boss, "Gutenberg1455"];

    expect((await submit({ email, password: temporary })).page).toContain('name="newPassword"');
    const weak = await submit({ email, password: temporary, newPassword: "weak" });
    expect(weak.page).toMatch(/did not conform.*name="newPassword"/s);
    const { code } = await submit({ email, password: temporary, newPassword: own });
    const token = await redeem(code ?? "");

    expect(decodeJwt(token)["cognito:groups"]).toEqual(["admins"]);
    const orders = (route: string) =>
      fetch(`${shop.url}${route}`, { headers: { authorization: `Bearer ${token}` } });
    expect((await orders("/api/admin/orders")).status).toBe(200);
    // no sign-up was confirmed, so nobody made a customer of them
    expect((await orders("/api/orders")).status).toBe(403);
    expect((await submit({ email, password: temporary })).page).toContain("Incorrect username or password.");
    expect((await submit({ email, password: own })).code).toBeTruthy();
  });

  test("gives another password to one who has not signed in yet, also where it broke off before the right", async () => {
    const boss = anEmail("boss");
    const UserAttributes = [{ Name: "email", Value: boss }];
    await cognito.send(new AdminCreateUserCommand({ ...ofPool, Username: boss, UserAttributes }));

    const [first, second] = [await done("create", boss), await done("create", boss)];

    const password = (line: string) => line.split(" ").at(-1) ?? "";
    const { submit } = signInPage();
    expect((await submit({ email: boss, password: password(first) })).page).toContain("Incorrect username");
    expect((await submit({ email: boss, password: password(second) })).page).toContain("newPassword");
    expect((await admin("list")).out).toContain(`  ${boss}  FORCE_CHANGE_PASSWORD  `);
  });

  test("leaves the account of somebody who has one as it is", async () => {
    const reader = anEmail("reader");
    await tokenOf(reader);

    expect(await refused("create", reader)).toBe(
      `${reader} has an account in the local system already: npm run admin -- grant makes it an admin.`,
    );
    expect(await groupsOf(reader)).toEqual(["customers"]);
  });
});

describe("npm run admin -- grant and revoke", () => {
  test("give the right and take it, by e-mail or sub, harmlessly twice", async () => {
    const reader = anEmail("reader");
    const { sub = "" } = decodeJwt(await tokenOf(reader));

    for (const who of [reader.toUpperCase(), sub])
      expect(await done("grant", who)).toBe(`${reader} (${sub}) is an admin, from their next token on.`);
    expect(await groupsOf(reader)).toEqual(["admins", "customers"]);
    for (const who of [sub, reader])
      expect(await done("revoke", who)).toMatch(new RegExp(`^${reader} \\(${sub}\\) is no admin\\. `));
    expect(await groupsOf(reader)).toEqual(["customers"]);
  });
});

test("nobody becomes an admin whose e-mail a stranger may have signed up with", async () => {
  const boss = anEmail("boss");
  await cognito.send(
    new SignUpCommand({ ClientId: shop.clientId, Username: boss, Password: "Gutenberg1455" }),
  );

  for (const command of ["grant", "create"])
    expect(await refused(command, boss)).toBe(
      `Somebody signed up as ${boss} and has not confirmed that e-mail yet: a right would be theirs.`,
    );
  expect(await groupsOf(boss)).toEqual(["customers"]);
});

describe("npm run admin -- erase", () => {
  test("erases a customer by their sub, also one whose account is gone already", async () => {
    const reader = anEmail("reader");
    const token = await tokenOf(reader);
    const { sub = "" } = decodeJwt(token);
    const ask = (method: string, path: string, body?: object) =>
      fetch(`${shop.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(body && { body: JSON.stringify(body) }),
      });
    const shippingAddress = { name: "Ada", lines: ["1 Any Street"], city: "Anytown", country: "GB" };
    await ask("POST", "/api/cart/add", { bookId: "emma" });
    await ask("POST", "/api/orders", { shippingAddress });
    await cognito.send(new AdminDeleteUserCommand({ ...ofPool, Username: sub }));

    for (const _ of ["once", "again"])
      expect(await done("erase", sub)).toBe(
        `${sub} is erased: account, cart, addresses and keys are gone, the orders stay.`,
      );

    const { items } = (await (await ask("GET", "/api/orders")).json()) as { items: object[] };
    expect(items).toMatchObject([{ status: "pending", shippingAddress: null }]);
    expect((await ask("POST", "/api/cart/add", { bookId: "emma" })).status).toBe(403);
    expect(await refused("show", sub)).toMatch(/^There is no account /);
  });

  test("takes a sub alone, since an e-mail may be somebody else's by then", async () => {
    expect(await refused("erase", anEmail("reader"))).toMatch(/^Whom to erase is said by their sub: /);
  });
});

describe("npm run admin -- list", () => {
  test("names all admins, over as many pages as there are, and nobody else", async () => {
    const listed = async () => {
      const { code, out, err } = await admin("list");
      expect({ code, err }).toEqual({ code: 0, err: "" });
      const lines = out.trimEnd().split("\n");
      expect(lines.pop()).toBe(`admins: ${lines.length}`);
      return lines;
    };
    const before = await listed();
    const emails = Array.from({ length: 61 }, () => anEmail("boss"));
    for (const email of emails) await tokenOf(email, "admins");
    await tokenOf(anEmail("reader"));

    const after = await listed();

    expect(after.slice(0, before.length)).toEqual(before);
    const added = after.slice(before.length);
    expect(added.map((line) => line.split("  ")[1])).toEqual(emails);
    expect(added[0]).toMatch(new RegExp(`^${uuid}  \\S+  CONFIRMED  20\\S+Z$`));
  });
});

describe("npm run admin -- show", () => {
  test("tells an account's status, groups and latest orders", async () => {
    const reader = anEmail("reader");
    const token = await tokenOf(reader, "admins");
    const { sub = "" } = decodeJwt(token);
    const send = async (path: string, body?: object) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const given = { method: "POST", headers, ...(body && { body: JSON.stringify(body) }) };
      return (await (await fetch(shop.url + path, given)).json()) as { orderId: string; placedAt: string };
    };
    const account = [
      `e-mail   ${reader}`,
      `sub      ${sub}`,
      "status   CONFIRMED",
      "groups   admins, customers",
      expect.stringMatching(/^created {2}20\S+Z$/),
    ];
    const shown = async (who: string) => (await admin("show", who)).out.trimEnd().split("\n");
    expect(await shown(reader)).toEqual([...account, "orders   0"]);

    const lines: string[] = [];
    for (let order = 0; order < 21; order++) {
      await send("/api/cart/add", { bookId: "emma", quantity: 2 });
      const { orderId, placedAt } = await send("/api/orders");
      lines.unshift(`${orderId}  ${placedAt}  pending    2 copies`);
      if (order === 0) expect(await shown(sub)).toEqual([...account, "orders   1", ...lines]);
    }
    expect(await shown(sub)).toEqual([...account, "orders   more than 20", ...lines.slice(0, 20)]);
  });
});

describe("npm run admin -- repair", () => {
  test("makes customers of the confirmed who have no right, over all pages, and of nobody else", async () => {
    const { out: before } = await admin("repair");
    const accounts = Number(/^accounts: (\d+), repaired: \d+\n$/m.exec(before)?.[1]);
    const [boss, invited, unconfirmed] = [anEmail("boss"), anEmail("invited"), anEmail("unconfirmed")];
    const welcomeFails = async (email: string) => {
      await tokenOf(email);
      const member = { ...ofPool, Username: email, GroupName: "customers" };
      await cognito.send(new AdminRemoveUserFromGroupCommand(member));
    };
    const stranded = [anEmail("stranded"), anEmail("stranded")];
    await tokenOf(boss, "admins");
    await welcomeFails(boss);
    await welcomeFails(stranded[0] ?? "");
    for (let reader = 0; reader < 60; reader++) await tokenOf(anEmail("reader"));
    await welcomeFails(stranded[1] ?? "");
    await done("create", invited);
    await done("revoke", invited);
    const signUp = { ClientId: shop.clientId, Username: unconfirmed, Password: "Gutenberg1455" };
    await cognito.send(new SignUpCommand(signUp));

    const { code, out, err } = await admin("repair");

    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.split("\n")).toEqual([
      ...stranded.map((email) =>
        expect.stringMatching(new RegExp(`^${email} \\(${uuid}\\) is a customer\\.$`)),
      ),
      `accounts: ${accounts + 65}, repaired: 2`,
      "",
    ]);
    for (const email of stranded) expect(await groupsOf(email)).toEqual(["customers"]);
    expect(await groupsOf(boss)).toEqual(["admins"]);
    expect((await admin("repair")).out).toBe(`accounts: ${accounts + 65}, repaired: 0\n`);
  });
});

describe("npm run admin", () => {
  test.each([
    ["no action", [], /^Usage: npm run admin -- create EMAIL \| /],
    ["an unknown action", ["promote", "ada@example.com"], /^Usage: /],
    ["nobody to grant", ["grant"], /^Usage: /],
    ["somebody to list", ["list", "ada@example.com"], /^Usage: /],
    ["what every object has", ["toString"], /^Usage: /],
    ["two people", ["grant", "ada@example.com", "ben@example.com"], /^Usage: /],
    ["an unknown flag", ["list", "--stage", "dev"], /^Unknown option '--stage'/],
    ["an unknown environment", ["list", "--env", "production"], /^Which environment\? Add --env dev/],
    ["what is no e-mail", ["create", "boss"], /^Username should be an email\.$/],
    [
      "an unknown e-mail",
      ["grant", "ada@example.com"],
      /^There is no account ada@example\.com in the local system\.$/,
    ],
    [
      "an unknown sub",
      ["show", `${"0".repeat(8)}-0`],
      /^There is no account 00000000-0 in the local system\.$/,
    ],
  ])("refuses %s in one line", async (_, args, line) => {
    expect(await refused(...args)).toMatch(line);
  });

  test("reaches the local system whatever AWS profile its owner works with", async () => {
    const variables = { PORT: new URL(shop.url).port, AWS_PROFILE: "elsewhere" };

    expect(await ownersCommand("admin", ["list"], variables)).toMatchObject({ code: 0, err: "" });
  });

  test("takes no settings from whatever else listens there", async () => {
    const names = { userPoolId: "us-east-1_local", clientId: "a-client", folder: null };
    for (const [answer, line] of [
      [
        { variables: { NODE_OPTIONS: "x" } },
        /^What answers on \S+ is no bookshop: start one with npm start\.\n$/,
      ],
      [{ ...names, dynamoDbEndpoint: "file:///etc/passwd" }, /^What answers on \S+ is no bookshop/],
    ] as const) {
      const server = createServer((_incoming, outgoing) => void outgoing.end(JSON.stringify(answer)));
      await once(server.listen(0, "127.0.0.1"), "listening");
      const port = String((server.address() as AddressInfo).port);

      const { code, out, err } = await ownersCommand("admin", ["list"], { PORT: port });

      server.close();
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toMatch(line);
    }
  });

  test("says in one line that no shop is running there", async () => {
    const { code, out, err } = await ownersCommand("admin", ["list"], { PORT: "9" });

    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(
      /^No bookshop answers on http:\/\/127\.0\.0\.1:9\/: start it with npm start, [^\n]*\n$/,
    );
  });
});
