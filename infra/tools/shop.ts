import { localVariables } from "../local/environment.ts";
import { runningSystem } from "../local/running-system.ts";
import { deployed } from "./deployed.ts";
import { remoteCalls } from "./remote-calls.ts";
import { actAsShop, settingsOf } from "./shop-settings.ts";

/** A shop whose people and orders a tool works on. */
export type Shop = {
  /** "the local system", or the environment's name. */
  name: string;
  userPoolId: string;
};

/** How long one piece of work may take at the table. */
const totalMs = 60_000;

/**
 * The deployed environment of that name; the running local system where there is no name. From here on this process acts
 * as that shop. @throws Error in one line where there is none
 */
export async function openShop(name: string | undefined): Promise<Shop> {
  const variables = await (name === undefined ? runningVariables() : deployedVariables(name));
  actAsShop({
    ...variables,
    STORE_CONNECT_MS: String(remoteCalls.requestHandler.connectionTimeout),
    STORE_REQUEST_MS: String(remoteCalls.requestHandler.requestTimeout),
    STORE_TOTAL_MS: String(totalMs),
  });
  return { name: name ?? "the local system", userPoolId: variables.USER_POOL_ID ?? "" };
}

async function runningVariables(): Promise<Record<string, string>> {
  const { url, ...running } = await runningSystem();
  return localVariables({ ...running, signInUrl: url });
}

async function deployedVariables(name: string): Promise<Record<string, string>> {
  const { environment, tableName, userPoolId, clientId } = await deployed(name);
  const { currency, ordering } = environment;
  return settingsOf({ tableName, userPoolId, clientId, currency, ordering });
}
