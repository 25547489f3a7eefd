import { dynamoDbEndpoint } from "../../infra/local/command-line.ts";
import { openDynamoDb } from "../../infra/local/dynamodb.ts";
import { localVariables, tableName } from "../../infra/local/environment.ts";
import { type Director, storeProxy } from "../faults/store-proxy.ts";
import { ownSigner } from "../signing-keys.ts";
import type { Surroundings } from "./history.ts";
import { Store } from "./store.ts";

const userPoolId = "us-east-1_histories";
const clientId = "histories";

/** A table, the proxy before it, and a key server whose tokens the functions take. */
export async function surroundings(): Promise<Surroundings> {
  const signer = await ownSigner({ userPoolId, clientId });
  const dynamoDb = await openDynamoDb(dynamoDbEndpoint, null);

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
    signInUrl: signer.url,
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
    const token = await signer.tokenOf({ sub, groups: [group], issued, seconds: 23 * 60 * 60 });
    tokens.set(sub, token);
    return token;
  }
  return {
    store: new Store(dynamoDb.endpoint, tableName),
    proxyUrl: proxy.url,
    direct: (by) => {
      director = by;
    },
    tokenOf,
    stop: async () => {
      await proxy.close();
      signer.close();
      await dynamoDb.stop();
    },
  };
}
