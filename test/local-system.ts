import { spawn } from "node:child_process";
import { once } from "node:events";
import type { TestProject } from "vitest/node";
import { environments } from "../infra/environments.ts";
import { dynamoDbEndpoint } from "../infra/local/command-line.ts";
import { openDynamoDb } from "../infra/local/dynamodb.ts";
import { type Deployed, deployed } from "../infra/tools/deployed.ts";
import { patient } from "./patient.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Whether requests go to the handlers in this process, or to a server. */
    through: "handlers" | "http";
    /** Where the system under test answers, and what its functions find in their environment where they run here. */
    url: string;
    variables: Record<string, string>;
    /** The environment that TEST_URL leads to; null for the local system. */
    deployed: Deployed | null;
  }
}

// biome-ignore lint/style/noProcessEnv: where the cases are to be run
const { TEST_URL } = process.env;

/**
 * What TEST_URL leads to; else one local system for the whole run: the real `start.ts`, on an embedded table that the
 * tests see too.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (TEST_URL) {
    const found = await deployedAt(TEST_URL.replace(/\/$/, ""));
    project.provide("url", found.apiUrl);
    project.provide("variables", {});
    project.provide("deployed", found);
    return;
  }
  const dynamoDb = await openDynamoDb(dynamoDbEndpoint, null);
  const { url, clientId, stop } = await startShop(["--in-memory"], { DYNAMODB_ENDPOINT: dynamoDb.endpoint });
  const { localVariables } = await import("../infra/local/environment.ts");
  project.provide("url", url);
  project.provide("deployed", null);
  project.provide("variables", {
    ...localVariables({
      dynamoDbEndpoint: dynamoDb.endpoint,
      signInUrl: url,
      userPoolId: "us-east-1_local",
      clientId,
    }),
    ...patient,
  });
  return async () => {
    await stop();
    await dynamoDb.stop();
  };
}

/** The environment whose API this is. */
async function deployedAt(url: string): Promise<Deployed> {
  const names = Object.keys(environments);
  const found = await Promise.allSettled(names.map(deployed));
  for (const each of found) if (each.status === "fulfilled" && each.value.apiUrl === url) return each.value;
  const reasons = found.flatMap((each) => (each.status === "rejected" ? [each.reason.message] : []));
  throw new Error(`TEST_URL is no API of ${names.join(", ")}. ${reasons.join(" ")}`);
}

/** Runs `start.ts` as a process of its own until it serves. */
export async function startShop(args: string[], variables: Record<string, string> = {}) {
  const child = spawn(process.execPath, ["infra/local/start.ts", ...args], {
    // biome-ignore lint/style/noProcessEnv: a child gets what we have, and more
    env: { ...process.env, PORT: "0", ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  let said = "";
  const ready = new Promise<void>((resolve) => {
    const hear = (chunk: Buffer) => {
      said += chunk;
      if (said.includes("Ctrl-C")) resolve();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
  });
  await Promise.race([ready, ended]);
  const url = /open on (\S+)/.exec(said)?.[1];
  const clientId = /client id\s+(\S+)/.exec(said)?.[1];
  if (!url || !clientId) throw new Error(`The local system did not start: ${said}`);
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    child.kill(signal);
    await ended;
  };
  return { url, clientId, child, stop };
}
