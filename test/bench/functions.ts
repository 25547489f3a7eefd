import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "../../infra/bundle.ts";
import { openDynamoDb } from "../../infra/local/dynamodb.ts";
import { localVariables } from "../../infra/local/environment.ts";
import { startShop } from "../local-system.ts";
import { bareNodeMs, startLambda } from "./lambda.ts";
import { usualRequests } from "./requests.ts";

// `npm run bench:functions`: each bundle as Lambda would run it. Cold: from the process's start to its code being there and
// to its first answer, as ratios to a bare Node process of the same minute. Warm: CPU of the 100th to the 500th request.
const runs = 15;
const [from, to] = [100, 500];

const machine = `${availableParallelism()} cores of ${cpus()[0]?.model ?? "an unknown kind"}`;
console.log(
  `${process.platform} ${process.arch}, ${machine}, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
);

const folder = mkdtempSync(join(tmpdir(), "bookshop-bench-"));
const { outputs } = await bundle(folder);
const kib = new Map(
  Object.entries(outputs).map(([path, { bytes }]) => [path.split("/").at(-2) ?? "", bytes / 1024]),
);
const dynamoDb = await openDynamoDb(null, null);
const shop = await startShop(["--in-memory"], { DYNAMODB_ENDPOINT: dynamoDb.endpoint });
const variables = localVariables({
  dynamoDbEndpoint: dynamoDb.endpoint,
  signInUrl: shop.url,
  userPoolId: "us-east-1_local",
  clientId: shop.clientId,
});
const usual = await usualRequests(shop.url);
const start = (functionName: string) => startLambda(join(folder, functionName, "index.mjs"), variables);

type Cold = { readyMs: number; firstMs: number; firstCpuMs: number };
const cold = new Map<string, Cold[]>(usual.map(({ functionName }) => [functionName, []]));
const bare: number[] = [];
for (let run = 1; run <= runs; run++) {
  process.stderr.write(`\rcold, run ${run} of ${runs} `);
  for (const { functionName, next } of usual) {
    const event = await next();
    bare.push(await bareNodeMs());
    const lambda = await start(functionName);
    const { readyMs } = await lambda.started;
    const { status, body, sinceStartMs, cpuUs } = await lambda.invoke(event);
    if (status >= 300) throw new Error(`${functionName}: ${status} ${body}`);
    cold.get(functionName)?.push({ readyMs, firstMs: sinceStartMs, firstCpuMs: cpuUs / 1000 });
    await lambda.stop();
  }
}
const floor = median(bare);

const warm = new Map<string, number>();
for (const { functionName, next } of usual) {
  process.stderr.write(`\rwarm, ${functionName.padEnd(20)} `);
  const lambda = await start(functionName);
  const cpu: number[] = [];
  for (let call = 1; call <= to; call++) cpu.push((await lambda.invoke(await next())).cpuUs);
  await lambda.stop();
  const measured = cpu.slice(from);
  warm.set(functionName, measured.reduce((sum, one) => sum + one, 0) / measured.length / 1000);
}
process.stderr.write(`${"\r".padEnd(40)}\r`);

console.log(`A bare Node process: ${floor.toFixed(1)} ms, median of ${bare.length}\n`);
console.log("function        KiB   ready ms (x)   first answer ms (x)   first CPU ms   warm CPU ms");
for (const [name, starts] of cold) {
  const ready = median(starts.map(({ readyMs }) => readyMs));
  const first = median(starts.map(({ firstMs }) => firstMs));
  const firstCpu = median(starts.map(({ firstCpuMs }) => firstCpuMs));
  const ratio = (ms: number) => `${ms.toFixed(0)} (${(ms / floor).toFixed(1)})`;
  console.log(
    `${name.padEnd(14)} ${(kib.get(name) ?? 0).toFixed(0).padStart(4)} ${ratio(ready).padStart(14)} ${ratio(first).padStart(21)} ${firstCpu.toFixed(1).padStart(14)} ${(warm.get(name) ?? 0).toFixed(2).padStart(13)}`,
  );
}
await shop.stop();
await dynamoDb.stop();
rmSync(folder, { recursive: true });

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
