import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { localClient } from "../infra/local/dynamodb.ts";
import { tableName } from "../infra/local/environment.ts";
import { familyOf, processes } from "./processes.ts";
import { held } from "./shop.ts";

const patience = { timeout: 120_000 };
const places = mkdtempSync(join(tmpdir(), "one-machine-"));
const started: ChildProcess[] = [];

afterAll(async () => {
  await stop(shop);
  for (const child of started) child.kill("SIGKILL");
  rmSync(places, { recursive: true, force: true });
});

/** A shop that is open for all tests, and the folder of one that was open and has been stopped. */
let shop: Shop;
const home = aFolder("home");
const leftBehind = aFolder("left-behind");

beforeAll(async () => {
  await stop(await start(["--data", leftBehind]));
  shop = await start(["--data", home]);
}, 60_000);

describe("npm start", patience, () => {
  test("prints where the shop is, how to sign in, and what to try next", async () => {
    expect(shop.said.out).toContain(`The bookshop is open on ${shop.url}`);
    expect(shop.said.out).toMatch(/client id {2}\S+\n/);
    expect(shop.said.out).toMatch(/issuer {5}https:\/\/\S+\n/);
    expect(shop.said.err).toBe("");
  });

  test("prints a link on which one signs up and comes to a page of the shop", async () => {
    const link = /sign in {4}(\S+)/.exec(shop.said.out)?.[1] ?? "";
    const page = await fetch(link);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("<form");

    const landed = await fetch(link.replace("/login?", "/signup?"), {
      method: "POST",
      headers: { origin: shop.url },
      body: new URLSearchParams({ email: "new@example.com", password: "Gutenberg1455" }),
    });
    expect(landed.status).toBe(200);
    expect(new URL(landed.url).searchParams.get("code")).toBeTruthy();
  });

  test("prints lines that make a first order when they are pasted", async ({ skip }) => {
    if (lacks("curl")) skip("skipped: the printed lines, there is no curl here");
    const lines = shop.said.out.split("\n").filter((line) => /^ {2}(TOKEN=|curl )/.test(line));
    expect(lines).toHaveLength(6);
    const { code, out, err } = await run("sh", ["-c", lines.join("\necho\n")]);
    const [, books, added, cart, order, history] = out.split("\n").map((line) => line && JSON.parse(line));

    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(books.items).toHaveLength(3);
    expect(added).toMatchObject({ itemCount: 2, lines: [{ bookId: "moby-dick", quantity: 2 }] });
    expect(cart).toEqual(added);
    expect(order).toMatchObject({ status: "pending", cartId: cart.cartId, total: cart.total });
    expect(history.items).toEqual([order]);
  });

  test("serves also who has a profile of AWS's chosen", async () => {
    const other = await start(["--in-memory"], { AWS_PROFILE: "elsewhere" });
    const answer = await fetch(`${other.url}/api/books`).finally(() => stop(other));
    expect(answer.status).toBe(200);
  });

  test("listens on this machine alone", async ({ skip }) => {
    if (process.platform !== "linux") skip("skipped: who listens where, it is read from Linux's /proc");
    const pids = familyOf(shop.pid).map(({ pid }) => pid);
    const addresses = listeningOn(pids);
    expect(addresses).toEqual(["127.0.0.1", "127.0.0.1"]);
  });

  test("answers a request that comes before the shop is open, once it is", async () => {
    const port = await aFreePort();
    const starting = start(["--in-memory"], { PORT: String(port) });
    const answer = await vi.waitFor(() => fetch(`http://127.0.0.1:${port}/api/books?limit=1`), {
      timeout: 30_000,
      interval: 5,
    });
    expect(answer.status).toBe(200);
    await stop(await starting);
  });

  test("runs a second shop in memory beside the first, with none of its orders", async () => {
    const other = await start(["--in-memory"]);
    const reader = await aReader(other, "reader@example.com");
    expect(await ordersOf(other, reader)).toEqual([]);
    await stop(other);
    expect(await bookCount(shop)).toBeGreaterThan(0);
  });

  test.each([
    ["the data of a running shop", ["--data", home], {}, /sign-in\.db is in use by another running bookshop/],
    ["a taken port", ["--data", "elsewhere"], { PORT: "taken" }, /^Port \d+ cannot be used \(EADDRINUSE\)/],
  ])("refuses %s in one line, and the first shop goes on", async (_, args, variables, line) => {
    const before = await ordersOf(shop, await aReader(shop, "reader@example.com"));
    const port = "PORT" in variables ? new URL(shop.url).port : "0";
    expect(await failedStart(args.map(placed), { PORT: port })).toMatch(line);
    expect(await ordersOf(shop, await aReader(shop, "reader@example.com"))).toEqual(before);
  });

  test.each([
    ["an unknown flag", ["--frsh"], {}, /^Unknown option '--frsh'/],
    ["a stray word", ["now"], {}, /^Unexpected argument 'now'/],
    ["--data without a folder", ["--data"], {}, /^Option '--data <value>' argument missing/],
    ["a port that is none", [], { PORT: "http" }, /^PORT must be a number up to 65535\.$/],
    ["a port above all ports", [], { PORT: "65536" }, /^PORT must be a number up to 65535\.$/],
  ])("refuses %s in one line", async (_, args, variables, line) => {
    expect(await failedStart(args, variables)).toMatch(line);
  });

  test.each<[string, (folder: string) => void, RegExp]>([
    ["a file for a data folder", (folder) => writeFileSync(folder, "notes"), /cannot be used: EEXIST\.$/],
    ["a table that is no database", (folder) => damage(folder, "table.db", text), /table\.db is damaged/],
    ["a table with a damaged page", (folder) => damage(folder, "table.db", aPage), /table\.db is damaged/],
    ["a table cut short", (folder) => damage(folder, "table.db", half), /table\.db is damaged/],
    ["a damaged user pool", (folder) => damage(folder, "sign-in.db", text), /sign-in\.db is damaged/],
  ])("refuses %s in one line, and leaves it as it is", async (_, make, line) => {
    const folder = aFolder();
    make(folder);
    const before = contents(folder);
    expect(await failedStart(["--data", folder])).toMatch(line);
    expect(contents(folder)).toEqual(before);
  });

  test("begins anew with --fresh, and touches nothing in the folder that is not its own", async () => {
    const folder = aFolder();
    const first = await start(["--data", folder]);
    const before = await aReader(first, "reader@example.com");
    await anOrder(first, before);
    await stop(first);
    const foreign = ["notes.txt", "table.db-backup", "sign-in.db-notes.txt"];
    for (const name of foreign) writeFileSync(join(folder, name), "mine");

    const second = await start(["--data", folder, "--fresh"]);
    const after = await aReader(second, "reader@example.com");
    expect(after.sub).not.toBe(before.sub);
    expect(await ordersOf(second, after)).toEqual([]);
    expect(await bookCount(second)).toBeGreaterThan(0);
    for (const name of foreign) expect(readFileSync(join(folder, name), "utf8")).toBe("mine");
    await stop(second);
  });

  test("keeps its data from the other people of this machine", async ({ skip }) => {
    if (process.platform === "win32") skip("skipped: modes of files, Windows has none");
    const folder = aFolder();
    const other = await start(["--data", folder]);

    for (const name of readdirSync(folder).filter((one) => /\.db/.test(one)))
      expect({ name, mode: statSync(join(folder, name)).mode & 0o077 }).toEqual({ name, mode: 0 });
    await stop(other);
  });

  test("keeps people, tokens, carts and orders from a plain stop to the next start", async () => {
    const folder = aFolder();
    const first = await start(["--data", folder]);
    const reader = await aReader(first, "reader@example.com");
    const order = await anOrder(first, reader);
    const cart = await send(first, reader, "POST", "/api/cart/add", { bookId: "emma", quantity: 3 });

    let last = first;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const family = familyOf(last.pid).map(({ pid }) => pid);
      expect(family.length).toBeGreaterThan(1);
      // npm passes on what a terminal has sent to both
      last.child.kill(signal);
      await sleep(5);
      expect(await stop(last, signal)).toBe(0);
      expect(running(family)).toEqual([]);

      last = await start(["--data", folder]);
      expect(await ordersOf(last, reader)).toEqual([order]);
      expect((await send(last, reader, "GET", "/api/cart")).body).toEqual(cart.body);
      expect((await aReader(last, "reader@example.com")).sub).toBe(reader.sub);
    }
    await stop(last);
  });

  test("ends whole where npm is told to end, or a terminal tells all at once", async () => {
    for (const [signal, whom] of [
      ["SIGTERM", 1],
      ["SIGINT", -1],
    ] as const) {
      const { child } = launch("npm", ["start", "--", "--in-memory"], {}, { detached: true });
      const npm = child.pid ?? 0;
      await heard(child, "Ctrl-C");
      const family = familyOf(npm).map(({ pid }) => pid);
      expect(family.length).toBeGreaterThan(2);
      process.kill(npm * whom, signal);
      await vi.waitFor(() => expect(running(family)).toEqual([]), { timeout: 20_000, interval: 100 });
    }
  });

  test("leaves no engine behind where it is killed", async () => {
    const { pid, child } = await start(["--in-memory"]);
    const family = familyOf(pid).map((one) => one.pid);
    expect(family.length).toBeGreaterThan(1);
    child.kill("SIGKILL");
    await vi.waitFor(() => expect(running(family)).toEqual([]), { timeout: 20_000, interval: 100 });
  });

  test("gets the engine by npx where npm has none for this machine, and ends it too", async () => {
    const { root, path, asked } = aMachineWithoutEngine();
    const other = await start(["--in-memory"], { PATH: `${path}:${dirname(process.execPath)}` }, root);
    const family = familyOf(other.pid).map(({ pid }) => pid);
    expect(readFileSync(asked, "utf8")).toMatch(
      /^--yes --ignore-scripts dynoxide@\d+\.\d+\.\d+ --host 127\.0\.0\.1 --port \d+$/m,
    );
    expect(await bookCount(other)).toBeGreaterThan(0);
    expect(await stop(other)).toBe(0);
    await vi.waitFor(() => expect(running(family)).toEqual([]), { timeout: 20_000, interval: 100 });

    rmSync(join(path, "npx"));
    expect(await failedStart(["--in-memory"], { PATH: path }, root)).toMatch(
      /^The embedded DynamoDB could not start: .*npx/,
    );
  });
});

describe("npm run token", patience, () => {
  test("prints an access token of that user and nothing else, of a customer unless --group says more", async () => {
    const plain = await token(["ada@example.com"]);
    const admin = await token(["ada@example.com", "--group", "admins"]);
    expect(plain).toMatchObject({ code: 0, err: "" });
    expect(plain.out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(claims(plain.out)).toMatchObject({ token_use: "access", "cognito:groups": ["customers"] });
    expect(claims(admin.out)["cognito:groups"]).toEqual(expect.arrayContaining(["admins", "customers"]));
    expect(claims(admin.out).sub).toBe(claims(plain.out).sub);
  });

  test.each([
    ["no e-mail", [], /^Usage: npm run -s token -- EMAIL/],
    ["two e-mails", ["a@example.com", "b@example.com"], /^Usage: /],
    ["what is no e-mail", ["ada"], /^Username should be an email\.$/],
    ["an unknown flag", ["ada@example.com", "--admin"], /^Unknown option '--admin'/],
    ["an unknown group", ["ada@example.com", "--group", "owners"], /^Group not found\.$/],
  ])("refuses %s in one line", async (_, args, line) => {
    const { code, out, err } = await token(args);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(oneLine(err)).toMatch(line);
  });

  test("says in one line that no shop is running there", async () => {
    const { code, out, err } = await token(["ada@example.com"], String(await aFreePort()));
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(oneLine(err)).toMatch(/^No bookshop answers on http:\/\/127\.0\.0\.1:\d+\//);
  });
});

describe("a local system that is killed while a hundred customers are ordering", patience, () => {
  const customers = 100;
  const rounds = 3;

  test("has every order that was answered 201, every cart whole, and no cart ordered twice", async () => {
    const folder = aFolder();
    let current = await start(["--data", folder]);
    const readers: Journeys[] = [];
    for (let from = 0; from < customers; from += 10)
      readers.push(
        ...(await Promise.all(
          Array.from({ length: 10 }, async (_, at) =>
            journeysOf(await aReader(current, `reader-${from + at}@example.com`)),
          ),
        )),
      );

    for (let round = 1; round <= rounds; round++) {
      const placedBefore = placedBy(readers);
      const all = readers.map((reader) => goOnOrdering(current, reader));
      await vi.waitFor(() => expect(placedBy(readers)).toBeGreaterThan(placedBefore + 25 * round), {
        timeout: 60_000,
        interval: 5,
      });
      const underWay = readers.filter(({ waiting }) => waiting).length;
      const family = familyOf(current.pid);
      for (const { pid } of family) kill(pid);
      await Promise.all(all);
      expect(underWay).toBe(customers);
      expect(family.some(({ command }) => command.includes("table.db"))).toBe(true);
      await vi.waitFor(() => expect(running(family.map(({ pid }) => pid))).toEqual([]), { timeout: 10_000 });

      current = await start(["--data", folder]);
      await Promise.all(readers.map((reader) => checkHistory(current, reader)));
      checkTable(await everythingIn(current), readers);
    }
    await stop(current);
  });

  /** What a customer knows: what was answered, and what may or may not have happened. */
  type Journeys = {
    reader: Reader;
    placed: { orderId: string }[];
    unsureOrders: number;
    copies: { sure: number; unsure: number };
    waiting: boolean;
  };

  const journeysOf = (reader: Reader): Journeys => ({
    reader,
    placed: [],
    unsureOrders: 0,
    copies: { sure: 0, unsure: 0 },
    waiting: false,
  });

  const placedBy = (readers: Journeys[]) => readers.reduce((sum, { placed }) => sum + placed.length, 0);

  /** Add, add, order, until nobody answers any more. */
  async function goOnOrdering(on: Shop, journeys: Journeys): Promise<void> {
    const { reader, copies, placed } = journeys;
    journeys.waiting = true;
    try {
      for (;;) {
        for (const [bookId, quantity] of [
          ["emma", 2],
          ["ulysses", 1],
        ] as const) {
          copies.unsure += quantity;
          const { status } = await send(on, reader, "POST", "/api/cart/add", { bookId, quantity });
          expect([200, 503]).toContain(status);
          if (status !== 200) continue;
          copies.unsure -= quantity;
          copies.sure += quantity;
        }
        journeys.unsureOrders++;
        const { status, body } = await send(on, reader, "POST", "/api/orders");
        expect([201, 409, 503]).toContain(status);
        if (status === 503) continue;
        journeys.unsureOrders--;
        if (status === 201) placed.push(body);
      }
    } catch (error) {
      if (!isBroken(error)) throw error;
    } finally {
      journeys.waiting = false;
    }
  }

  async function checkHistory(on: Shop, { reader, placed, unsureOrders, copies }: Journeys): Promise<void> {
    const orders = await ordersOf(on, reader);
    const known = new Map(orders.map((order) => [order.orderId, order]));
    for (const order of placed) expect(known.get(order.orderId)).toEqual(order);
    expect(orders.length - placed.length).toBeLessThanOrEqual(unsureOrders);

    const { status, body: cart } = await send(on, reader, "GET", "/api/cart");
    expect(status).toBe(200);
    for (const { bookId, quantity, available } of cart.lines) {
      expect(["emma", "ulysses"]).toContain(bookId);
      expect(quantity).toBeGreaterThan(0);
      expect(available).toBe(true);
    }
    const stored = [...orders, cart].reduce((sum, { itemCount }) => sum + itemCount, 0);
    expect(stored).toBeGreaterThanOrEqual(copies.sure);
    expect(stored).toBeLessThanOrEqual(copies.sure + copies.unsure);
  }

  function checkTable(items: Record<string, unknown>[], readers: Journeys[]): void {
    const orders = items.filter(({ sk }) => String(sk).startsWith("ORDER#"));
    const carts = items.filter(({ sk, cartId }) => sk === "CART" && cartId).map(({ cartId }) => cartId);
    const ordered = orders.map(({ sk }) => String(sk).slice("ORDER#".length));
    expect(new Set([...ordered, ...carts]).size).toBe(ordered.length + carts.length);
    expect(new Set(orders.map(({ isk }) => isk)).size).toBe(orders.length);
    expect(orders.length).toBeGreaterThanOrEqual(placedBy(readers));
  }
});

type Said = { out: string; err: string };
type Shop = { url: string; pid: number; child: ChildProcess; said: Said };
type Reader = { sub: string; token: string };

function aFolder(name: string = randomBytes(6).toString("hex")): string {
  return join(places, name);
}

function placed(argument: string): string {
  return argument === "elsewhere" ? aFolder() : argument;
}

/** Starts a process that hears nothing of this one's settings but what it is given. */
function launch(
  command: string,
  args: string[],
  variables: Record<string, string> = {},
  options: { cwd?: string; detached?: boolean } = {},
) {
  const child = spawn(command, args, {
    // biome-ignore lint/style/noProcessEnv: a child gets what we have, and more
    env: { ...process.env, PORT: "0", ...variables },
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  });
  started.push(child);
  const said: Said = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    said.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said.err += chunk;
  });
  return { child, said };
}

async function start(args: string[], variables: Record<string, string> = {}, cwd?: string): Promise<Shop> {
  const given = ["infra/local/start.ts", ...args];
  const { child, said } = launch(process.execPath, given, variables, cwd === undefined ? {} : { cwd });
  await heard(child, "Ctrl-C");
  const url = /open on (\S+)/.exec(said.out)?.[1];
  if (!url) throw new Error(`The local system did not start: ${said.out}${said.err}`);
  return { url, pid: child.pid ?? 0, child, said };
}

/** Waits until a process has said something, or has ended. */
async function heard(child: ChildProcess, words: string): Promise<void> {
  let said = "";
  await new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.stdout?.on("data", (chunk) => {
      said += chunk;
      if (said.includes(words)) resolve();
    });
  });
}

async function stop({ child }: Shop, signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const ended = once(child, "exit");
  child.kill(signal);
  return (await ended)[0];
}

/** The one line that a start ends with which cannot be. */
async function failedStart(args: string[], variables: Record<string, string> = {}, cwd?: string) {
  const given = ["infra/local/start.ts", ...args];
  const { child, said } = launch(process.execPath, given, variables, cwd === undefined ? {} : { cwd });
  await heard(child, "Ctrl-C");
  expect(child.exitCode).toBe(1);
  return oneLine(said.err);
}

function oneLine(text: string): string {
  const [line = "", ...more] = text.split("\n");
  expect(more).toEqual([""]);
  return line;
}

function run(command: string, args: string[], port = new URL(shop.url).port) {
  return new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
    // biome-ignore lint/style/noProcessEnv: a child gets what we have, and where the shop is
    const env = { ...process.env, PORT: port };
    execFile(command, args, { env }, (error, out, err) =>
      resolve({ code: error ? error.code : 0, out, err }),
    );
  });
}

function token(args: string[], port?: string) {
  return run("npm", ["run", "-s", "token", "--", ...args], port);
}

function claims(jwt: string) {
  return JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString());
}

async function aReader(on: Shop, email: string): Promise<Reader> {
  const answer = await fetch(on.url, {
    method: "POST",
    headers: { "x-amz-target": "LocalUserPool.IssueTokens", "content-type": "application/x-amz-json-1.1" },
    body: JSON.stringify({ Username: email }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  return { sub: claims(access_token).sub, token: access_token };
}

async function send(on: Shop, reader: Reader, method: string, path: string, body?: unknown) {
  const answer = await fetch(on.url + path, {
    method,
    headers: {
      authorization: `Bearer ${reader.token}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const { status, headers } = answer;
  return held({ method, target: path }, { status, headers, text: await answer.text() });
}

async function anOrder(on: Shop, reader: Reader) {
  await send(on, reader, "POST", "/api/cart/add", { bookId: "moby-dick" });
  const { status, body } = await send(on, reader, "POST", "/api/orders");
  expect(status).toBe(201);
  return body;
}

/** All of a customer's orders, over as many pages as there are. */
async function ordersOf(on: Shop, reader: Reader) {
  const orders = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { status, body } = await send(on, reader, "GET", `/api/orders?limit=50${cursor}`);
    expect(status).toBe(200);
    orders.push(...body.items);
    cursor = body.nextCursor && `&cursor=${encodeURIComponent(body.nextCursor)}`;
  }
  return orders;
}

async function bookCount({ url }: Shop): Promise<number> {
  const { items } = (await (await fetch(`${url}/api/books`)).json()) as { items: unknown[] };
  return items.length;
}

/** The whole table of a running shop, past its API. */
async function everythingIn({ pid }: Shop): Promise<Record<string, unknown>[]> {
  const engine = familyOf(pid).find(({ command }) => /dynoxide\S* --host/.test(command));
  const port = /--port (\d+)/.exec(engine?.command ?? "")?.[1];
  const client = DynamoDBDocumentClient.from(localClient(`http://127.0.0.1:${port}`));
  const items = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName: tableName, ConsistentRead: true }))
    items.push(...Items);
  client.destroy();
  return items;
}

/** Those of the processes that have not ended. */
function running(pids: number[]): string[] {
  return processes()
    .filter(({ pid }) => pids.includes(pid))
    .map(({ command }) => command);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it went with another one
  }
}

/** fetch's own error where the other side is gone. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError || error instanceof SyntaxError;
}

/** Addresses on which these processes wait for connections. */
function listeningOn(pids: number[]): string[] {
  const sockets = new Set(
    pids.flatMap((pid) =>
      readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
        try {
          return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
        } catch {
          return [];
        }
      }),
    ),
  );
  const listening = "0A";
  return ["tcp", "tcp6"].flatMap((family) =>
    readFileSync(`/proc/net/${family}`, "utf8")
      .split("\n")
      .slice(1)
      .map((row) => row.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === listening && sockets.has(`socket:[${inode}]`))
      .map(([, local = ""]) => readable(local.split(":")[0] ?? "")),
  );
}

/** 0100007F as 127.0.0.1; an IPv6 address as it is. */
function readable(address: string): string {
  return address.length === 8 ? Buffer.from(address, "hex").reverse().join(".") : address;
}

async function aFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

function damage(folder: string, name: string, how: (content: Buffer) => Buffer): void {
  // as it stands there between two runs, written by nobody any more
  cpSync(leftBehind, folder, { recursive: true });
  writeFileSync(join(folder, name), how(readFileSync(join(folder, name))));
}

const text = () => Buffer.from("This is no database.\n".repeat(400));
const half = (content: Buffer) => content.subarray(0, content.length / 2);
const aPage = (content: Buffer) =>
  Buffer.concat([content.subarray(0, -8192), Buffer.alloc(4096, 0xa5), content.subarray(-4096)]);

/** Every file of a folder, or the file itself; SQLite's own helpers, which hold nothing here, aside. */
function contents(place: string): Record<string, string> {
  const files = existsSync(join(place, "table.db"))
    ? ["sign-in.db", "table.db"].map((name) => join(place, name))
    : [place];
  return Object.fromEntries(files.map((file) => [file, readFileSync(file, "base64")]));
}

/** A copy of the project whose node_modules lack the engine, and a PATH whose npx has it, and writes down what it was asked. */
function aMachineWithoutEngine() {
  const root = aFolder();
  const path = join(root, "bin");
  const asked = join(root, "asked");
  for (const part of ["infra", "functions", "shared", "package.json"])
    cpSync(part, join(root, part), { recursive: true });
  mkdirSync(join(root, "node_modules"));
  for (const name of readdirSync("node_modules").filter((name) => name !== "@dynoxide"))
    symlinkSync(join(process.cwd(), "node_modules", name), join(root, "node_modules", name));
  const { resolve } = createRequire(import.meta.url);
  const engine = join(
    dirname(resolve(`@dynoxide/${process.platform}-${process.arch}/package.json`)),
    "dynoxide",
  );
  mkdirSync(path);
  // as the real one, it has a child of its own, to which it passes nothing on
  writeFileSync(join(path, "npx"), `#!/bin/sh\necho "$@" > ${asked}\nshift 3\n${engine} "$@"\n`);
  chmodSync(join(path, "npx"), 0o755);
  symlinkSync("/bin/sh", join(path, "sh"));
  return { root, path, asked };
}

function lacks(command: string): boolean {
  // biome-ignore lint/style/noProcessEnv: where commands are found
  return !(process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, command)));
}
