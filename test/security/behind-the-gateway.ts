import { expect } from "vitest";
import { gateway } from "../../infra/local/gateway.ts";
import { loadFunctions } from "../../infra/local/system.ts";
import { held, type Reply } from "../shop.ts";
import { overTheWire } from "./exact-requests.ts";
import { clientId, issuer, served, store, variables } from "./own-keys.ts";

// The local gateway, and the functions behind it, with the keys of own-keys.ts.

export type HeaderLines = Record<string, string | string[]>;

const shop = gateway(await loadFunctions(variables), { issuer, clientId, jwksUri: variables.JWKS_URI });
export const url = await served((...exchange) => void shop(...exchange));

export const overHttp = async (
  method: string,
  target: string,
  headers: HeaderLines,
  body = "",
): Promise<Reply> => {
  const sent = { method, target, headers, body };
  return held({ method, target, body }, await overTheWire(sent, { url }));
};

/** Where the path with a slash at its end leads to, whoever calls. */
export async function withoutSlash(target: string, headers: HeaderLines): Promise<string> {
  const [path, query] = target.split("?");
  const answer = await overHttp("GET", `${path}/${query === undefined ? "" : `?${query}`}`, headers);
  const location = answer.headers.get("location") ?? "";
  expect({ status: answer.status, location }).toEqual({ status: 308, location: target });
  expect(store.calls).toBe(0);
  return location;
}
