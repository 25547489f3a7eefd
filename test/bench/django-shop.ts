import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../../infra/local/free-port.ts";
import { familyOf } from "../processes.ts";
import { takenBy } from "./processor.ts";
import type { Shop } from "./shop.ts";

const patienceMs = 60_000;
let customers = 0;

/**
 * A bookshop on Django REST Framework with the endpoints `/api/register/`, `/api/token/`, `/api/cart/add/`, `/api/cart/`
 * and `/api/orders/`. `where`: the address of one that runs, or a folder whose `run.sh` serves it on PORT with its data in
 * DATA, whose `manage.py seed_bench --users N --items N --orders N` makes customers with so many cart lines and past orders
 * and prints their tokens as JSON, and whose `pg.sh` starts a PostgreSQL where DB is postgres. A folder may be followed by
 * settings, each after a comma: `folder,DB=postgres,CONN_MAX_AGE=60`; WAL=1 sets SQLite's write-ahead log.
 */
export async function djangoShop(where: string, workers: number): Promise<Shop> {
  if (/^https?:/.test(where))
    return shopAt(
      where.replace(/\/$/, ""),
      where,
      { customers: (count) => signUp(where.replace(/\/$/, ""), count), oldCustomer: null },
      () => null,
      async () => {},
    );
  const [folder = "", ...settings] = where.split(",");
  const run = resolve(folder, "run.sh");
  if (!existsSync(run)) throw new Error(`${folder} is no address, and there is no run.sh in it.`);

  const data = mkdtempSync(join(tmpdir(), "bookshop-bench-"));
  // PostgreSQL runs as another user
  chmodSync(data, 0o755);
  const [port, storePort] = [await freePort(), await freePort()];
  const variables = {
    // biome-ignore lint/style/noProcessEnv: a child gets what we have, and its settings
    ...process.env,
    ...Object.fromEntries(settings.map((setting) => setting.split("="))),
    PORT: String(port),
    PGPORT: String(storePort),
    DATA: data,
    WORKERS: String(workers),
  } as Record<string, string>;
  const postgres = (what: "start" | "stop") =>
    variables.DB === "postgres" &&
    execFileSync(join(folder, "pg.sh"), [what], { env: variables, stdio: ["ignore", "ignore", "inherit"] });
  postgres("start");
  if (variables.WAL === "1") {
    const database = new DatabaseSync(join(data, "db.sqlite3"));
    database.exec("PRAGMA journal_mode = WAL");
    database.close();
  }
  const server = spawn(run, { env: variables, stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(server, "exit");
  const stop = async () => {
    server.kill("SIGTERM");
    await ended;
    postgres("stop");
    rmSync(data, { recursive: true });
  };
  const url = `http://127.0.0.1:${port}`;
  const until = performance.now() + patienceMs;
  while (!(await answers(url))) {
    if (server.exitCode !== null || performance.now() > until) {
      await stop();
      throw new Error(`${run} does not serve.`);
    }
    await sleep(100);
  }
  const taken = () => {
    const postmaster = join(data, "pg", "postmaster.pid");
    const store = existsSync(postmaster)
      ? familyOf(Number(readFileSync(postmaster, "utf8").split("\n")[0]))
      : [];
    return takenBy(familyOf(server.pid ?? 0), store);
  };
  const seed = async (users: number, orders: number): Promise<string[]> => {
    const many = ["--users", users, "--items", 0, "--orders", orders].map(String);
    const args = [resolve(folder, "manage.py"), "seed_bench", ...many];
    // the Python that run.sh runs
    const { stdout } = await promisify(execFile)("/usr/bin/python3", args, {
      env: { ...variables, PYTHONDONTWRITEBYTECODE: "1" },
    });
    return JSON.parse(stdout);
  };
  return shopAt(
    url,
    [basename(resolve(folder)), ...settings].join(" "),
    {
      customers: (count) => seed(count, 0),
      oldCustomer: async (orders) => (await seed(1, orders))[0] ?? "",
    },
    taken,
    stop,
  );
}

/** Customers as anyone becomes one, one after another. */
async function signUp(url: string, count: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let at = 0; at < count; at++) {
    const account = { username: `reader-${process.pid}-${customers++}`, password: "corr3ct-horse-7" };
    await post(`${url}/api/register/`, account);
    tokens.push(((await post(`${url}/api/token/`, account)) as { access: string }).access);
  }
  return tokens;
}

const shopAt = (
  url: string,
  name: string,
  people: Pick<Shop, "customers" | "oldCustomer">,
  taken: Shop["taken"],
  stop: Shop["stop"],
): Shop => ({
  name,
  urls: [url],
  ...people,
  catalogue: null,
  // its ids begin with 1
  add: (book) => ({ method: "POST", path: "/api/cart/add/", body: { book: book + 1, quantity: 1 } }),
  view: { method: "GET", path: "/api/cart/" },
  place: { method: "POST", path: "/api/orders/" },
  history: { method: "GET", path: "/api/orders/" },
  titles: (cart) => (cart as { items: unknown[] }).items.length,
  total: (cartOrOrder) => {
    const { total, total_amount } = cartOrOrder as { total?: string; total_amount?: string };
    return total ?? total_amount;
  },
  shows: (history, orders) => (history as unknown[]).length === orders,
  taken,
  stop,
});

async function post(url: string, body: unknown): Promise<unknown> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${(await answer.text()).slice(0, 200)}`);
  return answer.json();
}

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/api/cart/`).then(
    async (answer) => (await answer.arrayBuffer()).byteLength > 0,
    () => false,
  );
