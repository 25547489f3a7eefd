import { inject, vi } from "vitest";
import { routed } from "../infra/local/event.ts";
import type { Handler } from "../infra/local/gateway.ts";
import { type Reply, reply } from "./shop.ts";

/** A handler instance as a Lambda environment is one: modules of its own, told its settings by its environment. */
export type Instance = {
  send(
    token: string,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Reply>;
};

/** Loads the functions anew; `clockMs` puts their clock ahead. Later settings do not reach an instance that is there. */
export async function anInstance(
  names: readonly string[],
  settings: Record<string, string> = {},
  clockMs = 0,
): Promise<Instance> {
  vi.resetModules();
  vi.doMock("../shared/chance.ts", async (original) => ({
    ...(await original<typeof import("../shared/chance.ts")>()),
    now: () => Date.now() + clockMs,
  }));
  // biome-ignore lint/style/noProcessEnv: where the functions read their settings
  Object.assign(process.env, inject("variables"), settings);
  const handlers = new Map<string, Handler>();
  for (const name of names) handlers.set(name, (await import(`../functions/${name}.ts`)).handler);
  // the SDK reads where the store is at its first call, and never again
  const { openTable } = await import("../shared/table/client.ts");
  await openTable().read([{ pk: "NOBODY", sk: "NOTHING" }]);
  // biome-ignore lint/style/noProcessEnv: what is loaded after this is not this instance's
  Object.assign(process.env, inject("variables"));
  vi.doUnmock("../shared/chance.ts");
  vi.resetModules();
  return {
    send: async (token, method, path, body, headers = {}) => {
      const given: Record<string, string> = {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      };
      const request = routed({
        method,
        target: path,
        headers: Object.fromEntries(Object.entries(given).map(([name, value]) => [name, [value]])),
        body: Buffer.from(body === undefined ? "" : JSON.stringify(body)),
      });
      const handler = handlers.get(request?.functionName ?? "");
      if (!request || !handler) throw new Error(`This instance does not have ${method} ${path}`);
      const result = await handler(request.event, {});
      return reply(
        result.statusCode ?? 200,
        new Headers(result.headers as Record<string, string>),
        result.body ?? "",
      );
    },
  };
}

/** The functions that customers and staff meet between a cart and an order's end. */
export const ordering = [
  "add-to-cart",
  "view-cart",
  "change-cart",
  "place-order",
  "order-history",
  "cancel-order",
];
