import { dirname } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import { functions } from "../functions/routes.ts";

/** Every function there is, those that no route names included. */
export const everyFunction = [...Object.keys(functions), "fallback", "welcome-customer"];

/** Bundles each function, SDK included, into `<folder>/<function>/index.mjs`, and says what went into them. */
export const bundle = async (folder: string): Promise<Metafile> => {
  const { metafile } = await build({
    absWorkingDir: dirname(import.meta.dirname),
    entryPoints: everyFunction.map((name) => ({ in: `functions/${name}.ts`, out: `${name}/index` })),
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
    plugins: [credentialsFromVariables],
    metafile: true,
    logLevel: "warning",
  });
  return metafile;
};

/** Lambda hands credentials over in variables; the SDK's search for them elsewhere would be a third of each bundle. */
const credentialsFromVariables: Plugin = {
  name: "credentials-from-variables",
  setup: ({ onLoad }) =>
    onLoad({ filter: /@aws-sdk\/credential-provider-node\/dist-es\/index\.js$/ }, ({ path }) => ({
      contents: 'export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";',
      resolveDir: dirname(path),
    })),
};
