import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import type { Key } from "../../../shared/table/keys.ts";

const created = "http.client.request.created";

/**
 * Tells of each write of this process that takes effect, by the keys that it touches, before whoever sent it hears. The
 * product writes in one way, and reads in others.
 */
export function whenWritten(tell: (keys: Key[]) => void): { stop(): void } {
  const watch = (message: unknown) => {
    const { request } = message as { request: ClientRequest };
    if (request.getHeader("x-amz-target") !== "DynamoDB_20120810.TransactWriteItems") return;
    const end = request.end.bind(request);
    request.end = (body: unknown) => {
      const keys = keysOf(JSON.parse(String(body)));
      request.prependOnceListener("response", ({ statusCode }) => statusCode === 200 && tell(keys));
      return end(body);
    };
  };
  subscribe(created, watch);
  return { stop: () => void unsubscribe(created, watch) };
}

type Action = { Item?: Names; Key?: Names };
type Names = { pk: { S: string }; sk: { S: string } };

/** In DynamoDB's own JSON. */
function keysOf({ TransactItems }: { TransactItems: Record<string, Action>[] }): Key[] {
  return TransactItems.flatMap((item) =>
    Object.entries(item).flatMap(([action, { Item, Key }]) => {
      const names = action === "ConditionCheck" ? undefined : (Item ?? Key);
      return names ? [{ pk: names.pk.S, sk: names.sk.S }] : [];
    }),
  );
}
