import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { inject } from "vitest";
import { functions } from "../functions/routes.ts";
import { createTable, localClient } from "../infra/local/dynamodb.ts";
import type { Item } from "../shared/table/client.ts";
import { type Fault, type StoreCall, storeProxy } from "./faults/store-proxy.ts";
import { anInstance } from "./instances.ts";
import { putItems } from "./plenty.ts";
import type { Reply } from "./shop.ts";
import { ownSigner } from "./signing-keys.ts";

/** Someone whose account the test chooses. */
export type Account = { sub: string; group: "customers" | "admins" };

export type OwnShop = Awaited<ReturnType<typeof ownShop>>;

/** The functions on a table that no other test writes to, for accounts of the test's own choice. */
export async function ownShop(tableName: string) {
  const {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint = "",
    USER_POOL_ID: userPoolId = "",
    CLIENT_ID: clientId = "",
  } = inject("variables");
  await createTable(endpoint, tableName);
  const signer = await ownSigner({ userPoolId, clientId });
  const calm = (): Fault => "none";
  let decide: (call: StoreCall) => Fault | Promise<Fault> = calm;
  const proxy = await storeProxy(endpoint, { decide: (call) => decide(call) });
  const instance = await anInstance([...Object.keys(functions), "fallback"], {
    TABLE_NAME: tableName,
    AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
    JWKS_URI: `${signer.url}/keys`,
  });
  const client = DynamoDBDocumentClient.from(localClient(endpoint));

  return {
    endpoint,
    tableName,
    send: async (
      { sub, group }: Account,
      method: string,
      path: string,
      body?: unknown,
      headers?: Record<string, string>,
    ): Promise<Reply> =>
      instance.send(await signer.tokenOf({ sub, groups: [group] }), method, path, body, headers),
    /** What each call to the store meets while `work` runs. */
    meeting: async <T>(fault: typeof decide, work: () => Promise<T>): Promise<T> => {
      decide = fault;
      return work().finally(() => {
        decide = calm;
      });
    },
    /** Everything in the table. */
    items: async (): Promise<Item[]> => {
      const items: Item[] = [];
      for await (const page of paginateScan({ client }, { TableName: tableName, ConsistentRead: true }))
        items.push(...(page.Items ?? []));
      return items;
    },
    put: (items: readonly Item[]): Promise<void> => putItems(client, tableName, items),
    close: async () => {
      client.destroy();
      await proxy.close();
      signer.close();
    },
  };
}
