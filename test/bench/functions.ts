import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "../../infra/bundle.ts";
import { command } from "../../infra/local/command-line.ts";
import { openDynamoDb } from "../../infra/local/dynamodb.ts";
import { localVariables } from "../../infra/local/environment.ts";
import { startShop } from "../local-system.ts";
import { bareNodeMs, startLambda } from "./lambda.ts";
import { median } from "./load.ts";
import { machine } from "./machine.ts";
import { pipelineUs } from "./pipeline.ts";
import { showProgress } from "./progress.ts";
import { refusedAdd, type Usual, usualRequests } from "./requests.ts";
import { printTargets, type Target } from "./targets.ts";

// `npm run bench:functions`: each bundle as Lambda would run it. Cold: from the process's start to its code being there and
// to its first answer, beside a bare Node process of the same minute. Warm: CPU of the 100th to the 500th request.
const coldRuns = 15;
const [warmFrom, warmTo] = [100, 500];
const pipelineRuns = 5;

/** Milliseconds are medians, but for `warmCpuMs`, a mean; `kib` is the size of the bundle. */
export type FunctionMeasured = {
  name: string;
  kib: number;
  readyMs: number;
  firstMs: number;
  firstCpuMs: number;
  warmCpuMs: number;
};

export type FunctionsMeasured = {
  /** How long a Node process takes that has nothing to do. */
  bareMs: number;
  functions: FunctionMeasured[];
  /** CPU of a request that is answered without the table. */
  pipelineUs: number;
};

/** Bundles the functions and runs them against a local system of their own, which ends with it. */
export async function measureFunctions(report: (progress: string) => void): Promise<FunctionsMeasured> {
  const folder = mkdtempSync(join(tmpdir(), "bookshop-bench-"));
  const open: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true })];
  try {
    report("bundling");
    const { outputs } = await bundle(folder);
    const dynamoDb = await openDynamoDb(null, null);
    open.push(dynamoDb.stop);
    const shop = await startShop(["--in-memory"], { DYNAMODB_ENDPOINT: dynamoDb.endpoint });
    open.push(shop.stop);
    const variables = localVariables({
      dynamoDbEndpoint: dynamoDb.endpoint,
      signInUrl: shop.url,
      userPoolId: "us-east-1_local",
      clientId: shop.clientId,
    });
    const codeOf = (name: string) => join(folder, name, "index.mjs");
    const start = (name: string) => startLambda(codeOf(name), variables);
    const usual = await usualRequests(shop.url);

    const { bareMs, starts } = await measureStarts(usual, start, report);
    const functions: FunctionMeasured[] = [];
    for (const each of usual) {
      const name = each.functionName;
      report(`warm, ${name}`);
      const [, { bytes } = { bytes: Number.NaN }] =
        Object.entries(outputs).find(([path]) => path.endsWith(`/${name}/index.mjs`)) ?? [];
      const found = starts.get(name) ?? [];
      functions.push({
        name,
        kib: bytes / 1024,
        readyMs: median(found.map(({ readyMs }) => readyMs)),
        firstMs: median(found.map(({ firstMs }) => firstMs)),
        firstCpuMs: median(found.map(({ firstCpuMs }) => firstCpuMs)),
        warmCpuMs: await warmCpuMs(each, start),
      });
    }
    const refused = await refusedAdd(shop.url);
    const pipelines: number[] = [];
    for (let run = 1; run <= pipelineRuns; run++) {
      report(`without the table, run ${run} of ${pipelineRuns}`);
      pipelines.push(await pipelineUs(codeOf("add-to-cart"), variables, refused));
    }
    return { bareMs, functions, pipelineUs: median(pipelines) };
  } finally {
    for (const close of open.reverse()) await close();
  }
}

type Start = (name: string) => ReturnType<typeof startLambda>;

/** All functions in turn, each beside a bare process, so that a busy minute is everyone's. */
async function measureStarts(usual: readonly Usual[], start: Start, report: (progress: string) => void) {
  const bare: number[] = [];
  const starts = new Map<string, Pick<FunctionMeasured, "readyMs" | "firstMs" | "firstCpuMs">[]>(
    usual.map(({ functionName }) => [functionName, []]),
  );
  for (let run = 1; run <= coldRuns; run++) {
    report(`cold, run ${run} of ${coldRuns}`);
    for (const { functionName, next } of usual) {
      const event = await next();
      bare.push(await bareNodeMs());
      const lambda = await start(functionName);
      const { readyMs } = await lambda.started;
      const { status, body, sinceStartMs, cpuUs } = await lambda.invoke(event);
      await lambda.stop();
      if (status >= 300) throw new Error(`${functionName}: ${status} ${body}`);
      starts.get(functionName)?.push({ readyMs, firstMs: sinceStartMs, firstCpuMs: cpuUs / 1000 });
    }
  }
  return { bareMs: median(bare), starts };
}

async function warmCpuMs({ functionName, next }: Usual, start: Start): Promise<number> {
  const lambda = await start(functionName);
  const cpuUs: number[] = [];
  for (let call = 1; call <= warmTo; call++) cpuUs.push((await lambda.invoke(await next())).cpuUs);
  await lambda.stop();
  const measured = cpuUs.slice(warmFrom);
  return measured.reduce((sum, one) => sum + one, 0) / measured.length / 1000;
}

/** What the functions are to be, and are: starts and sizes of the worst of them. */
export function functionTargets({ bareMs, functions, pipelineUs }: FunctionsMeasured): Target[] {
  const worst = (of: (one: FunctionMeasured) => number) => Math.max(...functions.map(of));
  const placeOrder = functions.find(({ name }) => name === "place-order");
  return [
    {
      what: "Code there, as often as bare Node",
      unit: "x",
      measured: worst(({ readyMs }) => readyMs) / bareMs,
      atMost: 3.1,
      stretch: 2.4,
    },
    {
      what: "First answer, as often as bare Node",
      unit: "x",
      measured: worst(({ firstMs }) => firstMs) / bareMs,
      atMost: 5.6,
      stretch: 4.4,
    },
    {
      what: "Warm place-order, CPU",
      unit: "ms",
      measured: placeOrder?.warmCpuMs ?? Number.NaN,
      atMost: 4.5,
      stretch: 2.5,
    },
    { what: "A request without the table, CPU", unit: "µs", measured: pipelineUs, atMost: 130 },
    {
      what: "Largest bundle of the functions below",
      unit: "KiB",
      measured: worst(({ kib }) => kib),
      atMost: 300,
      stretch: 200,
    },
  ];
}

function print(measured: FunctionsMeasured): void {
  const { bareMs, functions } = measured;
  console.log(`A bare Node process: ${bareMs.toFixed(1)} ms\n`);
  console.log("function        KiB   ready ms (x)   first answer ms (x)   first CPU ms   warm CPU ms");
  const ratio = (ms: number) => `${ms.toFixed(0)} (${(ms / bareMs).toFixed(1)})`;
  for (const { name, kib, readyMs, firstMs, firstCpuMs, warmCpuMs } of functions)
    console.log(
      `${name.padEnd(14)} ${kib.toFixed(0).padStart(4)} ${ratio(readyMs).padStart(14)} ${ratio(firstMs).padStart(21)} ${firstCpuMs.toFixed(1).padStart(14)} ${warmCpuMs.toFixed(2).padStart(13)}`,
    );
  console.log();
  printTargets(functionTargets(measured));
}

if (import.meta.main)
  await command(async () => {
    console.log(machine());
    print(await measureFunctions(showProgress).finally(() => showProgress("")));
  });
