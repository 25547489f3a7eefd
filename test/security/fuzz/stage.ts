import { Agent } from "node:http";
import { BatchGetCommand, BatchWriteCommand, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { inject } from "vitest";
import { localClient } from "../../../infra/local/dynamodb.ts";
import { gateway } from "../../../infra/local/gateway.ts";
import { loadFunctions } from "../../../infra/local/system.ts";
import type { Item } from "../../../shared/table/client.ts";
import type { Key } from "../../../shared/table/keys.ts";
import { bearer } from "../../given.ts";
import { held, inProcess, type Reply } from "../../shop.ts";
import { issuerOf, serve } from "../../signing-keys.ts";
import { overTheWire } from "../exact-requests.ts";
import { theCast } from "./cast.ts";
import type { Asked } from "./requests.ts";
import { whenWritten } from "./written.ts";

export type Stage = Awaited<ReturnType<typeof aStage>>;

const mostInOneCall = 25;

/**
 * A shop with its cast, asked through its handlers or over HTTP, both in this process. What a request has written is known,
 * and put back before the next, so that each meets the same shop.
 */
export async function aStage() {
  const variables = inject("variables");
  const {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint = "",
    TABLE_NAME = "",
    USER_POOL_ID = "",
    CLIENT_ID = "",
  } = variables;
  let written: Key[] = [];
  const watch = whenWritten((keys) => written.push(...keys));
  const handlers = await loadFunctions(variables);
  const shop = gateway(handlers, {
    issuer: issuerOf(USER_POOL_ID),
    clientId: CLIENT_ID,
    jwksUri: variables.JWKS_URI ?? "",
  });
  const { url, close } = await serve((...exchange) => void shop(...exchange));
  const agent = new Agent({ keepAlive: true });
  const table = DynamoDBDocumentClient.from(localClient(endpoint));

  const { people, live } = await theCast();
  const before = await itemsAt(written);
  written = [];

  async function itemsAt(keys: Key[]): Promise<Map<string, Item>> {
    const found = new Map<string, Item>();
    const distinct = [...new Map(keys.map((key) => [nameOf(key), key])).values()];
    for (let from = 0; from < distinct.length; from += mostInOneCall) {
      const Keys = distinct.slice(from, from + mostInOneCall);
      const input = { RequestItems: { [TABLE_NAME]: { Keys, ConsistentRead: true } } };
      const { Responses } = await table.send(new BatchGetCommand(input));
      for (const item of Responses?.[TABLE_NAME] ?? []) found.set(nameOf(item as Key), item);
    }
    return found;
  }

  async function putBack(keys: Key[]): Promise<void> {
    const requests = [...new Map(keys.map((key) => [nameOf(key), key]))].map(([name, Key]) => {
      const Item = before.get(name);
      return Item ? { PutRequest: { Item } } : { DeleteRequest: { Key } };
    });
    for (let from = 0; from < requests.length; from += mostInOneCall) {
      const RequestItems = { [TABLE_NAME]: requests.slice(from, from + mostInOneCall) };
      await table.send(new BatchWriteCommand({ RequestItems }));
    }
  }

  async function send({ who, through, method, target, headers: given, body }: Asked): Promise<Reply> {
    const token = people[who]?.token;
    const headers = { ...given, ...(token !== undefined && bearer({ token })) };
    if (through === "handlers") return inProcess(method, target, headers, body);
    const answer = await overTheWire(
      { method, target, headers, ...(body !== undefined && { body }) },
      { url, agent },
    );
    return held({ method, target, body }, answer);
  }

  return {
    /** Who may call, by name, and all that there is to name. */
    people,
    live,
    /** The answer, and the keys of what the request has written, which is put back. */
    ask: async (asked: Asked): Promise<{ answer: Reply; wrote: Key[] }> => {
      try {
        const answer = await send(asked);
        return { answer, wrote: written };
      } finally {
        await putBack(written);
        written = [];
      }
    },
    close: () => {
      table.destroy();
      agent.destroy();
      close();
      watch.stop();
    },
  };
}

const nameOf = ({ pk, sk }: Key) => `${pk} ${sk}`;
