import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as fc from "fast-check";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { startDynamoDb } from "../../infra/local/dynamodb.ts";
import { localVariables, tableName } from "../../infra/local/environment.ts";
import { type Director, storeProxy } from "../faults/store-proxy.ts";
import { breaches } from "./check.ts";
import { type History, play } from "./history.ts";
import { plans, size } from "./plan.ts";
import { Statistics } from "./statistics.ts";
import { Store } from "./store.ts";

// biome-ignore lint/style/noProcessEnv: how long a run is asked for, and which
const { HISTORIES = "300", TURNS = "64", SEED, SHRINK_MS = "60000" } = process.env;
const runs = Number(HISTORIES);
const seed = SEED === undefined ? Date.now() % 2 ** 31 : Number(SEED);

const userPoolId = "us-east-1_histories";
const clientId = "histories";
const { privateKey, publicKey } = await generateKeyPair("RS256");
const keys = JSON.stringify({
  keys: [{ ...(await exportJWK(publicKey)), kid: "1", alg: "RS256", use: "sig" }],
});
const keyServer = createServer((_, answer) => answer.end(keys));
await new Promise<void>((resolve) => keyServer.listen(0, "127.0.0.1", resolve));
const dynamoDb = await startDynamoDb(null);

let director: Director | undefined;
const proxy = await storeProxy(dynamoDb.endpoint, {
  impatient: true,
  decide: (call) => director?.decide(call) ?? "none",
  between: async (call) => director?.between?.(call),
  late: async (work) => director?.late?.(work),
  committed: async (call) => director?.committed?.(call),
  ending: (call) => director?.ending?.(call),
});
const variables = localVariables({
  dynamoDbEndpoint: proxy.url,
  signInUrl: `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}`,
  userPoolId,
  clientId,
});
// biome-ignore lint/style/noProcessEnv: the functions read their settings there; what takes long is the world's to say
Object.assign(process.env, variables, {
  STORE_CONNECT_MS: "60000",
  STORE_REQUEST_MS: "60000",
  STORE_TOTAL_MS: "60000",
});

const tokens = new Map<string, string>();
async function tokenOf(sub: string, group: string): Promise<string> {
  const known = tokens.get(sub);
  if (known) return known;
  // good by the clock of every instance, and by the real one, which aws-jwt-verify goes by
  const issued = Math.floor(Date.now() / 1000) - 20 * 60;
  const token = await new SignJWT({
    client_id: clientId,
    token_use: "access",
    "cognito:groups": [group],
    username: sub,
  })
    .setProtectedHeader({ alg: "RS256", kid: "1" })
    .setSubject(sub)
    .setIssuer(`https://cognito-idp.us-east-1.amazonaws.com/${userPoolId}`)
    .setIssuedAt(issued)
    .setExpirationTime(issued + 23 * 60 * 60)
    .sign(privateKey);
  tokens.set(sub, token);
  return token;
}
const store = new Store(dynamoDb.endpoint, tableName);
const statistics = new Statistics();
let smallest: History | undefined;
let breachAt = 0;

const outcome = await fc.check(
  fc.asyncProperty(plans(Number(TURNS)), async (plan) => {
    // a breach is made smaller for so long, and then shown
    if (breachAt > 0 && Date.now() - breachAt > Number(SHRINK_MS)) return;
    const history = await play(plan, {
      store,
      proxyUrl: proxy.url,
      direct: (by) => {
        director = by;
      },
      tokenOf,
    });
    const found = breaches(history);
    if (found.length > 0) {
      breachAt ||= Date.now();
      smallest = history;
      throw new Error(found.join("\n"));
    }
    statistics.add(history);
    if (statistics.histories % 25 === 0) console.log(`${statistics.histories} of ${runs} histories`);
  }),
  { numRuns: runs, seed, endOnFailure: false },
);

console.log(`\n${statistics}`);
console.log(`seed ${seed}: ${runs} histories of ${TURNS} operations by ${size.clients} clients`);
const misses = outcome.failed ? [] : statistics.zeros(Number(TURNS) * runs);
for (const miss of misses) console.log(`not seen: ${miss}`);
if (outcome.failed) {
  console.log(
    `\nA breach, after ${outcome.numShrinks} times made smaller (SEED=${seed}):\n${(outcome.errorInstance as Error).message}`,
  );
  console.log(JSON.stringify(outcome.counterexample, null, 1));
  for (const { id, method, path, body, customer, invoked, completed, reply } of smallest?.operations ?? [])
    console.log(
      id,
      invoked,
      completed,
      customer ?? "staff",
      method,
      path,
      JSON.stringify(body),
      reply?.status,
      reply?.text.slice(0, 200),
    );
}
for (const { operation, step, after } of outcome.failed ? (smallest?.transitions ?? []) : [])
  console.log(
    step,
    operation,
    JSON.stringify(after.carts),
    JSON.stringify(after.books),
    Object.keys(after.orders).length,
  );
const failed = (outcome.failed ? 1 : 0) + misses.length;
await proxy.close();
keyServer.close();
await dynamoDb.stop();
console.log(`${outcome.failed ? outcome.numRuns - 1 : runs} passed, ${failed} failed, 0 skipped`);
process.exit(failed === 0 ? 0 : 1);
