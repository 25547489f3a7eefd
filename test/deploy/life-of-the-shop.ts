import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  AdminInitiateAuthCommand,
  AdminRemoveUserFromGroupCommand,
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  ListUsersCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { files } from "../../functions/docs/files.ts";
import { type Deployed, deployed } from "../../infra/tools/deployed.ts";
import { remoteCalls } from "../../infra/tools/remote-calls.ts";
import { throwAwayAccounts } from "../../infra/tools/throw-away-accounts.ts";
import { ownersCommand } from "../owners-command.ts";
import { bootstrap, changedSource, deploy, destroy, differs, synthesize } from "./cdk.ts";
import { region } from "./emulator.ts";
import { browserOf, type Tokens } from "./hosted-sign-in.ts";
import { add, found, phase } from "./report.ts";
import "./names.ts";

type Ada = { email: string; password: string; tokens: Tokens };
type Order = { orderId: string; status: string };

const patienceMs = 15_000;

/** Deploys dev and staging to the AWS of the environment's variables, and takes them away again. */
export async function lifeOfTheShop(folder: string): Promise<void> {
  const [devTemplates, changedTemplates, stagingTemplates] = ["dev", "changed", "staging"].map((name) =>
    join(folder, name),
  ) as [string, string, string];

  await phase("cdk bootstrap", () => bootstrap(region));
  await phase("cdk synth of dev", () => synthesize("dev", devTemplates));
  await phase("cdk deploy of dev", () => deploy(devTemplates));
  const dev = await deployed("dev");

  const ada = await phase("a customer signs up and in", () => signUpAndIn(dev));
  await phase("the page at /docs", () => docsAreServed(dev, ada));
  await phase("smoke, with nothing to sell", () => smokeFindsNoBook());
  await phase("the customer cases against the deployed API", () => customerCases(dev));
  await phase("smoke", () => smokePasses(dev, ada));
  await phase("the owner's people and orders", () => peopleAndOrders(dev, ada));

  const orders = await phase("Ada orders three times", () => orderThreeTimes(dev, ada));
  const changed = changedSource(join(folder, "source"), change);
  await phase("cdk synth of a change", () => synthesize("dev", changedTemplates, changed));
  const items = await everyItem(dev);
  await phase("cdk deploy of the change", () => deploy(changedTemplates));
  found(`all ${items.length} items of the table are there after the change`, await everyItem(dev), items);
  await phase("the change is there, and all that was", () => changeOverLiveData(dev, ada, orders));
  await phase("cdk deploy of dev as it was", () => deploy(devTemplates));

  await phase("cdk synth of staging", () => synthesize("staging", stagingTemplates));
  await phase("cdk deploy of staging", () => deploy(stagingTemplates));
  const staging = await deployed("staging");
  await phase("dev and staging side by side", () => sideBySide(dev, staging, ada, orders));

  await phase("cdk diff of both", async () => {
    found("what is deployed to dev is what was synthesized", await differs(devTemplates), false);
    found("what is deployed to staging is what was synthesized", await differs(stagingTemplates), false);
    found("a difference is seen where there is one", await differs(changedTemplates));
  });
  await phase("cdk destroy of dev", () => destroy(devTemplates));
  await phase("staging without dev", () => stagingAlone(dev, staging));
  await phase("cdk destroy of staging", () => destroy(stagingTemplates));
  found("nothing of staging is left", await isThere("staging"), false);
}

const addedOrigin = "https://shop.example";

/** Touches table, pool, client, API and functions, and takes a right away from one function. */
const change: [file: string, from: string, to: string][] = [
  [
    "infra/environments.ts",
    'const localPages = ["http://localhost:5173"];',
    `const localPages = ["http://localhost:5173", "${addedOrigin}"];`,
  ],
  ["infra/environments.ts", "ordering: true", "ordering: false"],
  [
    "infra/data-stack.ts",
    "pointInTimeRecoveryEnabled: environment.protectData",
    "pointInTimeRecoveryEnabled: true",
  ],
  ["infra/identity-stack.ts", "minLength: 12", "minLength: 14"],
  [
    "functions/routes.ts",
    '"cancel-order": { table: ["BatchGetItem", "UpdateItem", "ConditionCheckItem"]',
    '"cancel-order": { table: ["BatchGetItem", "ConditionCheckItem"]',
  ],
];

async function docsAreServed(dev: Deployed, ada: Ada): Promise<void> {
  const open = (path: string) => fetch(dev.apiUrl + path, { signal: AbortSignal.timeout(patienceMs) });
  const page = await open("/docs");
  found(
    "the page at /docs may ask sign-in",
    page.headers.get("content-security-policy")?.includes(`'self' ${dev.signInUrl};`),
  );
  for (const [name, { type, gzipped }] of Object.entries(files)) {
    const file = await open(`/docs/${name}`);
    const is = [file.status, file.headers.get("content-type"), Buffer.from(await file.arrayBuffer())];
    found(`${name} is served as it is`, is, [200, type, gunzipSync(Buffer.from(gzipped, "base64"))]);
  }
  const callback = `${dev.apiUrl}/docs/oauth2-redirect.html`;
  found(
    "hosted sign-in leads back to it",
    !!(await browserOf(dev).signIn(ada.email, ada.password, callback)),
  );
}

async function signUpAndIn(dev: Deployed): Promise<Ada> {
  const browser = browserOf(dev);
  const email = `ada-${randomUUID()}@example.com`;
  const password = `Aa1!${randomUUID()}`;
  await browser.signUp(email, password);
  found("a sign-in before the address is confirmed is refused", await browser.signIn(email, password), null);
  found(
    "a wrong confirmation code is refused",
    await refused(browser.confirm(email, "000000")),
    "CodeMismatchException",
  );
  await browser.confirm(email, await mailedCode(email));

  found("a wrong password is refused", await browser.signIn(email, `${password}!`), null);
  found(
    "a callback that is not ours is refused",
    await browser.signIn(email, password, `${addedOrigin}/callback`),
    null,
  );
  const first = await signedIn(browser.signIn(email, password));
  const wrong = await browser.exchange(first.code, "x".repeat(43));
  found("a code with another verifier is refused", [wrong.status, wrong.body.error], [400, "invalid_grant"]);
  const { code, verifier } = await signedIn(browser.signIn(email, password));
  const { status, body: tokens } = await browser.exchange(code, verifier);
  found("hosted sign-in gives tokens for code and verifier", status, 200);
  const again = await browser.exchange(code, verifier);
  found("a code works once", [again.status, again.body.error], [400, "invalid_grant"]);
  const claims = claimsOf(tokens.access_token);
  found(
    "the post-confirmation function put the new customer into the group customers, and no other",
    claims["cognito:groups"],
    ["customers"],
  );
  found(
    "access tokens live 15 minutes, and carry the scopes asked for",
    [claims.exp - claims.iat, claims.scope],
    [900, "openid email"],
  );
  const publicFlow = new InitiateAuthCommand({
    ClientId: dev.clientId,
    AuthFlow: "USER_PASSWORD_AUTH",
    AuthParameters: { USERNAME: email, PASSWORD: password },
  });
  found(
    "nobody signs in by password through Cognito's public API",
    await refused(new CognitoIdentityProviderClient({ ...remoteCalls, region }).send(publicFlow)),
    "InvalidParameterException",
  );
  found("the access token opens the cart", await statusOf(dev, tokens.access_token), 200);
  found("the ID token does not", await statusOf(dev, tokens.id_token), 401);
  found(
    "nor does a token with a changed signature",
    await statusOf(dev, `${tokens.access_token.slice(0, -8)}AAAAAAAA`),
    401,
  );
  return { email, password, tokens };
}

async function smokeFindsNoBook(): Promise<void> {
  const { code, said } = await smoke("dev");
  found(
    "smoke says plainly that there is no book",
    [code, said.includes("\nThe catalogue has no book.")],
    [1, true],
  );
}

async function smokePasses(dev: Deployed, ada: Ada): Promise<void> {
  const { code, said } = await smoke("dev");
  console.log(said.trimEnd().replaceAll(/^/gm, "".padStart(10)));
  found("smoke orders and cancels", code, 0);
  const BOOKSHOP_TOKEN = ada.tokens.access_token;
  const asAda = await smoke("dev", { BOOKSHOP_TOKEN });
  found("it does so too with the token of a customer", asAda.code, 0);
  await ask(dev, ada, "POST", "/api/cart/add", { bookId: (await books(dev, ada))[0]?.bookId });
  const spared = await smoke("dev", { BOOKSHOP_TOKEN });
  found(
    "but never orders what a customer has in the cart",
    [spared.code, spared.said.includes("\nThis customer has a cart"), (await history(dev, ada)).length],
    [1, true, 1],
  );
  await ask(dev, ada, "DELETE", "/api/cart");
  const { Users = [] } = await new CognitoIdentityProviderClient({ ...remoteCalls, region }).send(
    new ListUsersCommand({ UserPoolId: dev.userPoolId, Filter: 'email ^= "smoke-"' }),
  );
  found("smoke and the cases leave no account behind", Users.length, 0);
}

async function peopleAndOrders(dev: Deployed, ada: Ada): Promise<void> {
  const cognito = new CognitoIdentityProviderClient({ ...remoteCalls, region });
  const admin = async (...args: string[]) => (await ownersCommand("admin", [...args, "--env", "dev"])).out;
  const admins = async () => (await admin("list")).match(/\S+@\S+|\d+$/gm)?.sort();
  const boss = `boss-${randomUUID()}@example.com`;

  const [, password = ""] = / is an admin\. .*: (\S+)\n$/.exec(await admin("create", boss)) ?? [];
  const signIn = new AdminInitiateAuthCommand({
    UserPoolId: dev.userPoolId,
    ClientId: dev.clientId,
    AuthFlow: "ADMIN_USER_PASSWORD_AUTH",
    AuthParameters: { USERNAME: boss, PASSWORD: password },
  });
  found(
    "the first admin has a password that has to be replaced",
    (await cognito.send(signIn)).ChallengeName,
    "NEW_PASSWORD_REQUIRED",
  );
  found("the list of admins names them, and nobody else", await admins(), ["1", boss]);
  await admin("grant", ada.email);
  found("a right that was granted is on the list", await admins(), ["2", ada.email, boss]);
  await admin("revoke", ada.email);
  found("one that was revoked is not", await admins(), ["1", boss]);

  const asCustomer = { UserPoolId: dev.userPoolId, Username: ada.email, GroupName: "customers" };
  await cognito.send(new AdminRemoveUserFromGroupCommand(asCustomer));
  const { sub } = claimsOf(ada.tokens.access_token);
  found(
    "repair makes a customer of who was not welcomed, and of nobody else",
    await admin("repair"),
    `${ada.email} (${sub}) is a customer.\naccounts: 2, repaired: 1\n`,
  );
  found(
    "an account is shown with its groups and its orders",
    /^groups {3}customers$.*^orders {3}1$/ms.test(await admin("show", sub)),
  );

  const expire = async () => {
    const { out } = await ownersCommand("orders", ["expire", "--older-than", "0s", "--env", "dev"]);
    return out.trimEnd().split("\n");
  };
  const expired = await expire();
  const cancelled = expired.length - 1;
  found(
    "the unpaid orders that the cases left give their stock back",
    [cancelled > 0, expired.at(-1)],
    [true, `dev: ${cancelled} cancelled, 0 moved on`],
  );
  found("and then there are no more", await expire(), ["dev: 0 cancelled, 0 moved on"]);
}

async function orderThreeTimes(dev: Deployed, ada: Ada): Promise<Order[]> {
  const items = await books(dev, ada);
  for (const { bookId } of items.slice(0, 3)) {
    await ask(dev, ada, "POST", "/api/cart/add", { bookId });
    await ask(dev, ada, "POST", "/api/orders");
  }
  await ask(dev, ada, "POST", "/api/cart/add", { bookId: items[0]?.bookId, quantity: 3 });
  const orders = await history(dev, ada);
  found(
    "three orders are in the history, before that of smoke",
    orders.map(({ status }) => status),
    ["pending", "pending", "pending", "cancelled"],
  );
  return orders;
}

async function everyItem({ tableName }: Deployed): Promise<unknown[]> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({ ...remoteCalls, region }));
  const items = [];
  for await (const page of paginateScan({ client }, { TableName: tableName, ConsistentRead: true }))
    items.push(...(page.Items ?? []));
  return items.sort((one, other) => (one.pk + one.sk < other.pk + other.sk ? -1 : 1));
}

async function changeOverLiveData(dev: Deployed, ada: Ada, orders: Order[]): Promise<void> {
  found("table, pool, client, API and domain are the ones that were there", await deployed("dev"), dev);
  found("every order is there after the change, to the letter", await history(dev, ada), orders);
  found("the cart too", (await ask(dev, ada, "GET", "/api/cart")).body.itemCount, 3);
  const browser = browserOf(dev);
  const { status, body } = await browser.renew(ada.tokens.refresh_token ?? "");
  found("a sign-in from before the change can be renewed", status, 200);
  found("for the same account", claimsOf(body.access_token).sub, claimsOf(ada.tokens.access_token).sub);
  found(
    "an account from before signs in at a callback that the change added",
    !!(await browser.signIn(ada.email, ada.password, `${addedOrigin}/callback`)),
  );
  found("a page of the added origin may call", await allowedOrigin(dev, addedOrigin), addedOrigin);
  found("a page of another origin may not", await allowedOrigin(dev, "https://evil.example"), null);
  const paused = await ask(dev, ada, "POST", "/api/orders");
  found(
    "ordering is paused, as the change says",
    [paused.status, paused.body.code],
    [503, "ordering-paused"],
  );
  const cancel = `/api/orders/${orders[0]?.orderId}/cancel`;
  found(
    "IAM stops a function whose right the change took away",
    (await ask(dev, ada, "POST", cancel)).status,
    500,
  );
  found("and it wrote nothing", await history(dev, ada), orders);
}

async function sideBySide(dev: Deployed, staging: Deployed, ada: Ada, orders: Order[]): Promise<void> {
  found("dev is where it was", await deployed("dev"), dev);
  found("dev's orders are there", await history(dev, ada), orders);
  const cancelled = await ask(dev, ada, "POST", `/api/orders/${orders[0]?.orderId}/cancel`);
  found("dev cancels again, with the right given back", cancelled.body.status, "cancelled");
  const accounts = throwAwayAccounts(staging);
  const boris = await accounts.signIn(`boris-${randomUUID()}@example.com`, ["customers"]);
  found("staging serves its own customer", await statusOf(staging, boris), 200);
  found("staging refuses dev's token", await statusOf(staging, ada.tokens.access_token), 401);
  found("dev refuses staging's token", await statusOf(dev, boris), 401);
  found(
    "dev's password opens nothing in staging",
    await browserOf(staging).signIn(ada.email, ada.password),
    null,
  );
  found(
    "dev's books are not staging's",
    await (await fetch(`${staging.apiUrl}/api/books`)).text(),
    '{"items":[],"nextCursor":null}',
  );
  await accounts.remove();
}

async function stagingAlone(dev: Deployed, staging: Deployed): Promise<void> {
  found("nothing of dev is left", await isThere("dev"), false);
  found("dev's API is gone", (await fetch(`${dev.apiUrl}/api/books`)).status !== 200);
  found("staging is where it was", await deployed("staging"), staging);
  const accounts = throwAwayAccounts(staging);
  const carla = await accounts.signIn(`carla-${randomUUID()}@example.com`, ["customers"]);
  found("staging serves without dev", await statusOf(staging, carla), 200);
  await accounts.remove();
}

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

const isThere = (name: string) =>
  deployed(name).then(
    () => true,
    () => false,
  );

const refused = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    (error: Error) => error.name,
  );

async function signedIn(attempt: ReturnType<ReturnType<typeof browserOf>["signIn"]>) {
  const code = await attempt;
  if (!code) throw new Error("Hosted sign-in gave no code.");
  return code;
}

/** The confirmation code of the mail that the emulator kept. */
async function mailedCode(email: string): Promise<string> {
  // biome-ignore lint/style/noProcessEnv: the emulator shows the mails it kept
  const answer = await fetch(`${process.env.AWS_ENDPOINT_URL}/_ministack/ses/messages`);
  const code = new RegExp(`${email}[^]*?\\b(\\d{6})\\b`).exec(await answer.text())?.[1];
  if (!code) throw new Error("No mail with a confirmation code.");
  return code;
}

async function ask({ apiUrl }: Deployed, { tokens }: Ada, method: string, path: string, body?: unknown) {
  const answer = await fetch(apiUrl + path, {
    method,
    headers: {
      authorization: `Bearer ${tokens.access_token}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(patienceMs),
  });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

const books = async (dev: Deployed, ada: Ada): Promise<{ bookId: string }[]> =>
  (await ask(dev, ada, "GET", "/api/books")).body.items;

const history = async (dev: Deployed, ada: Ada): Promise<Order[]> =>
  (await ask(dev, ada, "GET", "/api/orders")).body.items;

async function statusOf({ apiUrl }: Deployed, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${apiUrl}/api/cart`, { headers, signal: AbortSignal.timeout(patienceMs) })).status;
}

async function allowedOrigin({ apiUrl }: Deployed, origin: string): Promise<string | null> {
  const headers = { origin, "access-control-request-method": "GET" };
  const signal = AbortSignal.timeout(patienceMs);
  const { headers: answered } = await fetch(`${apiUrl}/api/books`, { method: "OPTIONS", headers, signal });
  return answered.get("access-control-allow-origin");
}

async function smoke(name: string, variables = {}): Promise<{ code: unknown; said: string }> {
  const { code, out, err } = await ownersCommand("smoke", ["--env", name], variables);
  return { code, said: out + err };
}

/** The project "over HTTP" against the deployed API. */
function customerCases({ apiUrl }: Deployed): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["test/run.ts", "over HTTP"], {
      // biome-ignore lint/style/noProcessEnv: a child gets what we have, and where the shop is
      env: { ...process.env, TEST_URL: apiUrl },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    child.once("close", () => {
      const [, ...counted] = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(said) ?? [];
      const [passed = 0, failed = 1, skipped = 0] = counted.map(Number);
      if (failed > 0 || passed === 0) console.log(said);
      add("customer cases over HTTP", {
        passed,
        failed: passed === 0 ? Math.max(failed, 1) : failed,
        skipped,
      });
      resolve();
    });
  });
}
