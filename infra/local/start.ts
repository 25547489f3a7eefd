import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { command, dynamoDbEndpoint, port } from "./command-line.ts";
import { startSystem } from "./system.ts";

const defaultFolder = fileURLToPath(new URL("../../.local", import.meta.url));

await command(async () => {
  const { values } = parseArgs({
    options: {
      fresh: { type: "boolean", default: false },
      "in-memory": { type: "boolean", default: false },
      data: { type: "string", default: defaultFolder },
    },
  });
  const system = await startSystem({
    port: port(),
    folder: values["in-memory"] ? null : values.data,
    fresh: values.fresh,
    dynamoDbEndpoint,
    report: (progress) => console.error(`${progress} ...`),
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void system.stop().then(() => process.exit(0)));
  console.log(welcome(system.url, system.clientId, system.issuer));
});

function welcome(url: string, clientId: string, issuer: string): string {
  const signIn = new URL("/login", url);
  signIn.search = new URLSearchParams({
    client_id: clientId,
    response_type: "code",
    scope: "openid email",
    redirect_uri: `${url}/docs`,
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
