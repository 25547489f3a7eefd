import { inject, vi } from "vitest";
import type { Handler } from "../infra/local/gateway.ts";
import { invoke, type Reply } from "./shop.ts";

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
  const handlerOf = async (name: string) => {
    const handler = handlers.get(name);
    if (!handler) throw new Error(`This instance has no ${name}`);
    return handler;
  };
  return {
    send: (token, method, path, body, headers = {}) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const given = {
        authorization: `Bearer ${token}`,
        ...(payload && { "content-type": "application/json" }),
        ...headers,
      };
      return invoke(handlerOf, method, path, given, payload);
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
