import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { startShop } from "../local-system.ts";

// `npm run test:client`: are the typed client's types what the API's description makes of them? `-- --write` makes them so.

const folder = import.meta.dirname;
const file = join(folder, "api.d.ts");
const generator = join(folder, "node_modules/openapi-typescript/bin/cli.js");
const run = promisify(execFile);

if (!existsSync(generator))
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder });
const shop = await startShop(["--in-memory"]);
const { stdout } = await run(process.execPath, [generator, `${shop.url}/openapi.json`], {
  maxBuffer: 4 * 1024 * 1024,
}).finally(() => shop.stop());

if (process.argv.includes("--write")) writeFileSync(file, stdout);
const isUpToDate = stdout.includes("interface paths") && readFileSync(file, "utf8") === stdout;
if (!isUpToDate)
  console.log("The types of test/client/api.d.ts are not the description's: npm run test:client -- --write");
console.log(isUpToDate ? "1 passed, 0 failed, 0 skipped" : "0 passed, 1 failed, 0 skipped");
process.exitCode = isUpToDate ? 0 : 1;
