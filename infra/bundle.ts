import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Metafile, type Plugin } from "esbuild";
import { functions } from "../functions/routes.ts";

/** Every function there is, those that no route names included. */
export const everyFunction = [...Object.keys(functions), "fallback", "welcome-customer"];

const root = dirname(import.meta.dirname);

const usesTable = (name: string) =>
  Object.entries(functions).some(([one, { table }]) => one === name && table.length > 0);

/** Bundles each function, SDK included, into `<folder>/<function>/index.mjs`, and says what went into them. */
export const bundle = async (folder: string): Promise<Metafile> => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: everyFunction.map((name) => ({
      in: usesTable(name) ? `warmed:${name}` : `functions/${name}.ts`,
      out: `${name}/index`,
    })),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    minify: true,
    legalComments: "none",
    format: "esm",
    platform: "node",
    target: "node24",
    // esbuild's own order takes the SDK's CommonJS files: 200 KiB more.
    mainFields: ["module", "main"],
    plugins: [warmed, filesEmbedded, withoutDeadWeight],
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
};

/** A function that has the table warms up while Lambda starts it, before its first request. */
const warmed: Plugin = {
  name: "warmed",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^warmed:/ }, ({ path }) => ({
      path: path.slice("warmed:".length),
      namespace: "warmed",
    }));
    onLoad({ filter: /.*/, namespace: "warmed" }, ({ path }) => ({
      contents: `
        import { warmUp } from "./shared/warm-up.ts";
        export { handler } from "./functions/${path}.ts";
        await warmUp();`,
      resolveDir: root,
    }));
  },
};

/** A bundle has the page's files as they were read here: there are none to read on Lambda. */
const filesEmbedded: Plugin = {
  name: "files-embedded",
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]functions[\\/]docs[\\/]files\.ts$/ }, async ({ path }) => {
      const { files } = await import(pathToFileURL(path).href);
      return { contents: `export const files = ${JSON.stringify(files)};` };
    });
  },
};

const smithy = "@smithy/core/dist-es/submodules";

/** Files that the SDK brings along and never needs here, nearly half of each bundle, and what stands in for them. */
const deadWeight: Record<string, string> = {
  // Lambda hands credentials over in variables
  "@aws-sdk/credential-provider-node/dist-es/index.js": `export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";`,
  // and settings and the region too, not in files or by a service of the machine
  [`${smithy}/config/shared-ini-file-loader/loadSharedConfigFiles.js`]: `
    export { CONFIG_PREFIX_SEPARATOR } from "./constants";
    export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
  [`${smithy}/config/config-resolver/regionConfig/getInstanceMetadataRegion.js`]:
    "export const getInstanceMetadataRegion = async () => {};",
  // its runtime has an X-Ray id in a variable for a function that takes one request at a time
  "@aws/lambda-invoke-store/dist-es/invoke-store.js":
    "export const InvokeStore = { getInstanceAsync: async () => {} };",
  // no operation of ours streams events: loaded on demand, and never demanded
  [`${smithy}/event-streams/index.js`]: `throw new Error("Bundled without event streams");`,
  // shared/plain-json.ts has simpler ones of its own
  "@aws-sdk/dynamodb-codec/dist-es/index.js": "export class DynamoDBJsonCodec2 {}",
  [`${smithy}/protocols/json/codec-v2/JsonShapeSerializer2.js`]: "export class JsonShapeSerializer2 {}",
  [`${smithy}/protocols/json/codec-v2/JsonShapeDeserializer2.js`]: "export class JsonShapeDeserializer2 {}",
  // DynamoDB's address is known from its region
  "@aws-sdk/middleware-endpoint-discovery/dist-es/index.js": `
    export const resolveEndpointDiscoveryConfig = (config) => config;
    export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
      environmentVariableSelector() {}, configFileSelector() {}, default: false,
    };`,
  // no AWS_RETRY_MODE asks for it
  [`${smithy}/retry/util-retry/AdaptiveRetryStrategy.js`]: "export class AdaptiveRetryStrategy {}",
  // Node has one that is faster
  [`${smithy}/checksum/sha256/Sha256Js.js`]: "export class Sha256Js {}",
  // the version is for a header that shared/table/client.ts leaves out
  "@aws-sdk/client-dynamodb/package.json": "export default {};",
};

const withoutDeadWeight: Plugin = {
  name: "without-dead-weight",
  setup: ({ onLoad, onEnd }) => {
    const missed = new Set(Object.keys(deadWeight));
    onLoad({ filter: /[\\/]node_modules[\\/]@(aws|aws-sdk|smithy)[\\/]/ }, ({ path }) => {
      const file = path.replaceAll("\\", "/").split("/node_modules/").at(-1) ?? "";
      missed.delete(file);
      return file in deadWeight ? { contents: deadWeight[file] as string } : null;
    });
    // another version of the SDK may have moved it
    onEnd(() => ({ errors: [...missed].map((file) => ({ text: `${file} is not there to be left out` })) }));
  },
};
