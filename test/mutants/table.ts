import { createTable, startDynamoDb } from "../../infra/local/dynamodb.ts";
import { localVariables, tableName } from "../../infra/local/environment.ts";
import { storeProxy } from "../faults/store-proxy.ts";
import { patient } from "../patient.ts";
import { conditionsOf, type Sent } from "./recorder.ts";

export type OwnTable = { variables: Record<string, string>; sent: Map<string, Sent>; stop(): Promise<void> };

/**
 * A table for one run of the tests, since what a mutant leaves in it is no other's to find; sign-in is that of the shop that
 * all runs share. Where it is recorded, all conditions that were sent are kept.
 */
export async function ownTable(
  shop: { url: string; clientId: string },
  isRecorded: boolean,
): Promise<OwnTable> {
  const dynamoDb = await startDynamoDb(null);
  const sent = new Map<string, Sent>();
  const recorder = isRecorded
    ? await storeProxy(dynamoDb.endpoint, {
        decide(call) {
          for (const one of conditionsOf(call)) sent.set(`${one.write} if ${one.condition}`, one);
          return "none";
        },
      })
    : undefined;
  const variables = {
    ...localVariables({
      dynamoDbEndpoint: recorder?.url ?? dynamoDb.endpoint,
      signInUrl: shop.url,
      userPoolId: "us-east-1_local",
      clientId: shop.clientId,
    }),
    ...patient,
  };
  await createTable(dynamoDb.endpoint, tableName);
  // biome-ignore lint/style/noProcessEnv: what is shared with the functions finds its settings as they do
  Object.assign(process.env, variables);
  const { stockShelves } = await import("../../infra/local/sample-catalogue.ts");
  await stockShelves(dynamoDb.endpoint, tableName, () => {});
  return {
    variables,
    sent,
    stop: async () => {
      await recorder?.close();
      await dynamoDb.stop();
    },
  };
}
