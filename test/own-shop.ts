import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { inject } from "vitest";
import { functions } from "../functions/routes.ts";
import { createTable, localClient } from "../infra/local/dynamodb.ts";
import type { Item } from "../shared/table/client.ts";
import { type Fault, type StoreCall, storeProxy } from "./faults/store-proxy.ts";
import { anInstance } from "./instances.ts";
import { putItems } from "./plenty.ts";
import type { Reply } from "./shop.ts";

/** Someone whose account the test chooses. */
export type Account = { sub: string; group: "customers" | "admins" };

export type OwnShop = Awaited<ReturnType<typeof ownShop>>;

/** The functions, with what else they are told, on a table that no other test writes to, for accounts of the test's own choice. */
export async function ownShop(tableName: string, settings: Record<string, string> = {}) {
  const { AWS_ENDPOINT_URL_DYNAMODB: endpoint = "", USER_POOL_ID, CLIENT_ID } = inject("variables");
  await createTable(endpoint, tableName);
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const keys = [{ ...(await exportJWK(publicKey)), kid: "own", alg: "RS256", use: "sig" }];
  const keyServer = createServer((_, answer) => answer.end(JSON.stringify({ keys })));
  await new Promise<void>((resolve) => keyServer.listen(0, "127.0.0.1", resolve));
  const calm = (): Fault => "none";
  let decide: (call: StoreCall) => Fault | Promise<Fault> = calm;
  const proxy = await storeProxy(endpoint, { decide: (call) => decide(call) });
  const instance = await anInstance([...Object.keys(functions), "fallback"], {
    TABLE_NAME: tableName,
    AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
    JWKS_URI: `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/keys`,
    ...settings,
  });
  const client = DynamoDBDocumentClient.from(localClient(endpoint));

  const tokenOf = ({ sub, group }: Account): Promise<string> =>
    new SignJWT({ client_id: CLIENT_ID, token_use: "access", "cognito:groups": [group], username: sub })
      .setProtectedHeader({ alg: "RS256", kid: "own" })
      .setSubject(sub)
      .setIssuer(`https://cognito-idp.us-east-1.amazonaws.com/${USER_POOL_ID}`)
      .setIssuedAt()
      .setExpirationTime("15m")
      .sign(privateKey);

  return {
    endpoint,
    tableName,
    send: async (
      who: Account,
      method: string,
      path: string,
      body?: unknown,
      headers?: Record<string, string>,
    ): Promise<Reply> => instance.send(await tokenOf(who), method, path, body, headers),
    /** What each call to the store meets while `work` runs. */
    meeting: async <T>(fault: typeof decide, work: () => Promise<T>): Promise<T> => {
      decide = fault;
      return work().finally(() => {
        decide = calm;
      });
    },
    /** Everything in the table; a test's table is less than one page. */
    items: async (): Promise<Item[]> =>
      (await client.send(new ScanCommand({ TableName: tableName, ConsistentRead: true }))).Items ?? [],
    put: (items: readonly Item[]): Promise<void> => putItems(client, tableName, items),
    close: async () => {
      client.destroy();
      await proxy.close();
      keyServer.close();
    },
  };
}
