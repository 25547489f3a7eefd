import { dirname } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import { functions } from "../functions/routes.ts";

/** Every function there is, those that no route names included. */
export const everyFunction = [...Object.keys(functions), "fallback", "welcome-customer"];

const root = dirname(import.meta.dirname);

/** Bundles each function, SDK included, into `<folder>/<function>/index.mjs`, and says what went into them. */
export const bundle = async (folder: string): Promise<Metafile> => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: everyFunction.map((name) => ({
      in: name in functions ? `warmed:${name}` : `functions/${name}.ts`,
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
    plugins: [warmed, withoutDeadWeight],
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

/** Modules that the SDK brings along and never needs here, a third of each bundle, and what stands in for them. */
const deadWeight: Record<string, string> = {
  // Lambda hands credentials over in variables
  "@aws-sdk/credential-provider-node": `export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";`,
  // no operation of ours streams events: loaded on demand, and never demanded
  "@smithy/core/event-streams": `throw new Error("Bundled without event streams");`,
  // the table's client has a simpler one of its own
  "@aws-sdk/dynamodb-codec": "export class DynamoDBJsonCodec2 {}",
  // DynamoDB's address is known from its region
  "@aws-sdk/middleware-endpoint-discovery": `
    export const resolveEndpointDiscoveryConfig = (config) => config;
    export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
      environmentVariableSelector() {}, configFileSelector() {}, default: false,
    };`,
};

const withoutDeadWeight: Plugin = {
  name: "without-dead-weight",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^@(aws-sdk|smithy)\// }, ({ path }) =>
      path in deadWeight ? { path, namespace: "dead-weight" } : null,
    );
    onLoad({ filter: /.*/, namespace: "dead-weight" }, ({ path }) => ({
      contents: deadWeight[path] ?? "",
      resolveDir: root,
    }));
  },
};
