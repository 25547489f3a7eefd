import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle, everyFunction } from "../infra/bundle.ts";
import { functionVariables } from "../infra/environments.ts";

// What Lambda has to load before a first request, in KiB: each function has its limit, some 20 KiB above what it is.
const mostKiB: Record<string, number> = {
  "describe-api": 105,
  // with the viewer, compressed
  "show-docs": 690,
  "browse-books": 230,
  "add-to-cart": 235,
  "view-cart": 230,
  "change-cart": 235,
  "place-order": 240,
  "order-history": 235,
  "cancel-order": 235,
  "staff-books": 240,
  "staff-orders": 235,
  // these two speak to Cognito too
  "export-me": 300,
  "erase-me": 300,
  fallback: 12,
  "welcome-customer": 160,
};

/** Twins in CommonJS, other places to find credentials and settings, tracing, other languages, and what never happens. */
const deadWeight =
  /dist-cjs|credential-provider-(?!env)|xray|zod\/v4\/(classic|locales\/(?!en\.js))|eventstream|endpoint-cache|parseIni|JsonShape|DefaultRateLimiter|Sha256Js/i;

/** Only what describes the API turns schemas into JSON's. */
const jsonSchema = /json-schema/;

const folder = mkdtempSync(join(tmpdir(), "bookshop-bundles-"));
afterAll(() => rmSync(folder, { recursive: true }));

let bundles: Map<string, Metafile["outputs"][string]>;
beforeAll(async () => {
  const { outputs } = await bundle(folder);
  bundles = new Map(Object.entries(outputs).map(([path, output]) => [path.split("/").at(-2) ?? "", output]));
}, 20_000);

test("there is one for each function", () => {
  expect([...bundles.keys()].sort()).toEqual(Object.keys(mostKiB).sort());
});

test.each(Object.entries(mostKiB))("%s has at most %i KiB", (name, most) => {
  expect((bundles.get(name)?.bytes ?? Number.NaN) / 1024).toBeLessThanOrEqual(most);
});

test.each(Object.keys(mostKiB))("%s carries no dead weight", (name) => {
  const inputs = Object.entries(bundles.get(name)?.inputs ?? {});
  const isDead = (path: string) =>
    deadWeight.test(path) || (name !== "describe-api" && jsonSchema.test(path));
  const carried = inputs.filter(([path, { bytesInOutput }]) => bytesInOutput > 100 && isDead(path));

  expect(inputs.length).toBeGreaterThan(0);
  expect(carried).toEqual([]);
});

/** Loads bundles in a plain Node, with store and key server at `url`; fails if one says a word or holds no handler. */
async function load(names: string[], url: string): Promise<void> {
  const script = `await Promise.all(${JSON.stringify(names)}.map(async (name) => {
      if (typeof (await import(\`${folder}/\${name}/index.mjs\`)).handler !== "function") throw new Error(name);
    }));
    process.exit(0);`;
  const env = {
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "none",
    AWS_SECRET_ACCESS_KEY: "none",
    AWS_ENDPOINT_URL: url,
    ...functionVariables({
      tableName: "books",
      userPoolId: "eu-west-1_example",
      clientId: "client",
      jwksUri: `${url}/jwks.json`,
      signInUrl: url,
      currency: "USD",
      ordering: true,
    }),
  };
  const node = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { env });
  await expect(node).resolves.toEqual({ stdout: "", stderr: "" });
}

test("all start where nothing can be reached, and hold a handler", { timeout: 20_000 }, () =>
  load(everyFunction, "http://127.0.0.1:9"),
);

test("one that is never answered starts all the same", { timeout: 20_000 }, async () => {
  const { url, close } = await aServer(() => {});
  await load(["place-order"], url);
  close();
});

const key = { kid: "one", kty: "RSA", alg: "RS256", use: "sig", n: "n".repeat(342), e: "AQAB" };

test.each([
  { name: "place-order", sent: ["DynamoDB_20120810.BatchGetItem", "GET /jwks.json"] },
  { name: "browse-books", sent: ["DynamoDB_20120810.BatchGetItem", "GET /jwks.json"] },
  { name: "describe-api", sent: [] },
  { name: "show-docs", sent: [] },
  { name: "fallback", sent: [] },
])("$name warms up by $sent", { timeout: 20_000 }, async ({ name, sent }) => {
  const seen: string[] = [];
  const { url, close } = await aServer((request, response) => {
    seen.push(String(request.headers["x-amz-target"] ?? `${request.method} ${request.url}`));
    response.end(JSON.stringify(request.method === "GET" ? { keys: [key] } : { Responses: {} }));
  });

  await load([name], url);

  expect(seen.sort()).toEqual(sent);
  close();
});

async function aServer(listener: RequestListener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
