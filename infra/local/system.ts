import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { functions } from "../../functions/routes.ts";
import { createTable, openDynamoDb } from "./dynamodb.ts";
import { forgetCredentials, localVariables, tableName } from "./environment.ts";
import { gateway } from "./gateway.ts";
import { isLocal } from "./local-addresses.ts";
import { describeTarget, type Running } from "./running-system.ts";
import { openUserPool, type UserPool } from "./user-pool/user-pool.ts";

export type System = {
  url: string;
  clientId: string;
  issuer: string;
  /** What the functions find in their environment. */
  variables: Record<string, string>;
  stop(): Promise<void>;
};

/** The whole shop on one port of this machine: sign-in, and the API with the functions that Lambda runs. */
export async function startSystem(options: {
  /** 0 takes any that is free. */
  port: number;
  /** The folder that data is kept in; null keeps nothing. */
  folder: string | null;
  /** Begin with an empty folder. */
  fresh?: boolean;
  /** A DynamoDB that runs already; null starts the embedded one. */
  dynamoDbEndpoint: string | null;
  report(progress: string): void;
}): Promise<System> {
  const { folder, report } = options;
  const { promise: opening, resolve: open } = Promise.withResolvers<RequestListener>();
  // who comes before the shop is open waits
  const server = createServer((...exchange) => void opening.then((serve) => serve(...exchange)));
  const url = `http://127.0.0.1:${await listen(server, options.port)}`;
  const opened: (() => unknown)[] = [() => close(server)];
  const stop = async () => {
    // the server first: what it has begun, it finishes
    for (const part of opened) await part();
  };
  try {
    report("Opening sign-in");
    if (folder !== null) prepare(folder);
    const openPool = () =>
      openUserPool({
        file: folder === null ? ":memory:" : join(folder, "sign-in.db"),
        url,
        onConfirmed: ({ sub, email }) => welcome(pool, sub, email),
      });
    let pool: UserPool = await openPool();
    if (options.fresh && folder !== null) {
      // opening it proved that nobody else uses the folder
      pool.close();
      empty(folder);
      pool = await openPool();
    }
    opened.push(() => pool.close());

    report("Starting the embedded DynamoDB");
    const dynamoDb = await openDynamoDb(options.dynamoDbEndpoint, folder && join(folder, "table.db"));
    opened.push(() => dynamoDb.stop());
    await createTable(dynamoDb.endpoint, tableName);

    const { userPoolId, clientId, issuer } = pool;
    const variables = localVariables({
      dynamoDbEndpoint: dynamoDb.endpoint,
      signInUrl: url,
      userPoolId,
      clientId,
    });
    report("Loading the functions");
    const shop = gateway(await loadFunctions(variables), {
      issuer,
      clientId,
      jwksUri: variables.JWKS_URI ?? "",
    });
    // what is shared with the functions finds its settings as they do, so it comes after them
    await (await import("./sample-catalogue.ts")).stockShelves(dynamoDb.endpoint, tableName, report);
    const signIn = getRequestListener((request) => pool.fetch(request));
    const running: Running = {
      dynamoDbEndpoint: dynamoDb.endpoint,
      userPoolId,
      clientId,
      folder: folder && resolve(folder),
    };
    open((incoming, outgoing) => {
      const { host, origin, "x-amz-target": target } = incoming.headers;
      // a foreign name that leads to this machine makes another site's page look like one of ours
      if (!isLocal(`http://${host}`))
        return outgoing.writeHead(403, { "content-type": "application/json" }).end('{"message":"Forbidden"}');
      const path = (incoming.url ?? "/").split("?")[0] ?? "/";
      // the tools ask this, and no page: a browser says where a post comes from
      if (path === "/" && target === describeTarget && origin === undefined)
        return outgoing.end(JSON.stringify(running));
      const serve = pool.owns(incoming.method ?? "", path) ? signIn : shop;
      // a client that goes away in the middle of its request
      serve(incoming, outgoing).catch(() => outgoing.destroy());
    });
    return { url, clientId, issuer, variables, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The handlers by function name, loaded into the environment that they would find on Lambda. */
export async function loadFunctions(variables: Record<string, string>) {
  // biome-ignore lint/style/noProcessEnv: the functions read their settings there, here as on Lambda
  const environment = process.env;
  forgetCredentials();
  Object.assign(environment, variables);
  const names = [...Object.keys(functions), "fallback"];
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, (await import(`../../functions/${name}.ts`)).handler] as const),
    ),
  );
}

/** Runs the function that Cognito calls after a sign-up. */
async function welcome({ userPoolId, clientId }: UserPool, userName: string, email: string): Promise<void> {
  const { handler } = await import("../../functions/welcome-customer.ts");
  await handler({
    version: "1",
    region: "us-east-1",
    userPoolId,
    userName,
    triggerSource: "PostConfirmation_ConfirmSignUp",
    callerContext: { awsSdkVersion: "local", clientId },
    request: { userAttributes: { sub: userName, email } },
    response: {},
  });
}

function prepare(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Error(`The data folder ${folder} cannot be used: ${(error as NodeJS.ErrnoException).code}.`);
  }
}

/** Removes what is ours alone: a person may have chosen a folder that holds other things. */
function empty(folder: string): void {
  for (const name of readdirSync(folder).filter((name) =>
    /^(sign-in|table)\.db(-journal|-wal|-shm)?$/.test(name),
  ))
    rmSync(join(folder, name));
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new Error(
          `Port ${port} cannot be used (${error.code}): stop what runs there, or choose another, PORT=3001.`,
        ),
      ),
    );
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 1000).unref();
  });
}
