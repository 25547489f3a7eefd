import { createHash, randomBytes } from "node:crypto";
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { command, dynamoDbEndpoint, onNpmGone, port } from "./command-line.ts";

// by itself Node keeps what it will run in a folder of the machine that anybody may have made before
const compiled = fileURLToPath(new URL("../../node_modules/.cache/compiled", import.meta.url));
const defaultFolder = fileURLToPath(new URL("../../.local", import.meta.url));

await command(async () => {
  const { values } = parseArgs({
    options: {
      fresh: { type: "boolean", default: false },
      "in-memory": { type: "boolean", default: false },
      data: { type: "string", default: defaultFolder },
    },
  });
  const chosen = port();
  // what the command line gets wrong, it says at once: all that is heavy is loaded from here on, and faster the next time
  enableCompileCache(compiled);
  const { startSystem } = await import("./system.ts");
  const system = await startSystem({
    port: chosen,
    folder: values["in-memory"] ? null : values.data,
    fresh: values.fresh,
    dynamoDbEndpoint,
    report: (progress) => console.log(`${progress} ...`),
  });
  let stopping = false;
  const stop = async () => {
    // npm passes on the signal that a terminal sends to both, so it may come twice
    if (stopping) return;
    stopping = true;
    await system.stop();
    process.exit(0);
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  onNpmGone(stop);
  console.log(welcome(system.url, system.clientId, system.issuer));
});

function welcome(url: string, clientId: string, issuer: string): string {
  const signIn = new URL("/login", url);
  signIn.search = new URLSearchParams({
    client_id: clientId,
    response_type: "code",
    scope: "openid email",
    redirect_uri: `${url}/api/books`,
    code_challenge: createHash("sha256").update(randomBytes(32)).digest("base64url"),
    code_challenge_method: "S256",
  }).toString();
  const port = new URL(url).port === "3000" ? "" : `PORT=${new URL(url).port} `;
  return `
The bookshop is open on ${url}

  client id  ${clientId}
  issuer     ${issuer}
  sign in    ${signIn.href}

Try this in another terminal:

  TOKEN=$(${port}npm run -s token -- reader@example.com)
  curl -s '${url}/api/books?limit=3'
  curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{"bookId":"moby-dick","quantity":2}' ${url}/api/cart/add
  curl -s -H "Authorization: Bearer $TOKEN" ${url}/api/cart
  curl -s -H "Authorization: Bearer $TOKEN" -X POST ${url}/api/orders
  curl -s -H "Authorization: Bearer $TOKEN" ${url}/api/orders

Ctrl-C stops it.`;
}
