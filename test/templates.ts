import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { bookshop } from "../infra/app.ts";
import { everyFunction } from "../infra/bundle.ts";
import type { Environment } from "../infra/environments.ts";

/** Where templates and their empty bundles are written to: whoever loads this removes it in the end. */
export const folder = mkdtempSync(join(tmpdir(), "bookshop-stacks-"));

export const emptyBundles = join(folder, "bundles");
for (const name of everyFunction) {
  mkdirSync(join(emptyBundles, name), { recursive: true });
  writeFileSync(join(emptyBundles, name, "index.mjs"), "");
}

export const appIn = (outdir: string) => new App({ outdir: join(folder, outdir), ...withoutExtras });
/** Checked against CloudFormation's schemas, but without what synthesis keeps beside the templates. */
const withoutExtras = {
  analyticsReporting: false,
  stackTraces: false,
  treeMetadata: false,
  context: { "aws:cdk:disable-asset-staging": true, "@aws-cdk/core:validateAgainstDefaultRules": true },
};

/** An environment's app and stacks, with functions that are empty. */
export const stacksOf = (environment: Environment, outdir: string = environment.name) => {
  const app = appIn(outdir);
  return { app, stacks: bookshop(app, environment, emptyBundles) };
};
