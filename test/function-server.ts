import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gateway } from "../infra/local/gateway.ts";
import { loadFunctions } from "../infra/local/system.ts";

// The functions behind a gateway, and nothing else: all that it knows stands in its environment. Prints where it
// serves, and ends with whoever started it.
// biome-ignore lint/style/noProcessEnv: it is a process of its own
const { ISSUER = "", CLIENT_ID = "", JWKS_URI = "" } = process.env;

const shop = gateway(await loadFunctions({}), { issuer: ISSUER, clientId: CLIENT_ID, jwksUri: JWKS_URI });
const server = createServer((...exchange) => void shop(...exchange));
server.listen(0, "127.0.0.1", () =>
  console.log(`serving on http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
process.stdin.resume().once("end", () => process.exit(0));
