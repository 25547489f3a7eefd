import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, inject, test } from "vitest";
import { functions, routes } from "../functions/routes.ts";
import { budgets } from "./budgets.ts";

const readme = readFileSync("README.md", "utf8");
const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
const section = (title: string) => readme.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? "";

describe("the README", () => {
  test("leads a newcomer to a first order by its own lines", async () => {
    const lines = /```sh\n([\s\S]+?)```/.exec(section("A first order"))?.[1] ?? "";
    const url = inject("url");
    const script = lines
      .replaceAll("http://127.0.0.1:3000", url)
      .replace("reader@example.com", `readme-${Date.now()}@example.com`);

    const { stdout } = await promisify(execFile)(
      "sh",
      ["-c", `curl() { command curl "$@"; echo; }\n${script}`],
      {
        // biome-ignore lint/style/noProcessEnv: npm finds itself there
        env: { ...process.env, PORT: new URL(url).port },
      },
    );

    const [books, once, twice, cart, order, after, history] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(books.items).toMatchObject([{ bookId: "moby-dick" }]);
    expect(once).toMatchObject({ itemCount: 1, lines: [{ bookId: "moby-dick", quantity: 1 }] });
    expect(twice).toMatchObject({ itemCount: 3, lines: [{ bookId: "moby-dick", quantity: 3 }] });
    expect(cart).toEqual(twice);
    expect(cart.total).toEqual({ amount: 3 * books.items[0].price.amount, currency: "USD" });
    expect(order).toMatchObject({ status: "pending", cartId: cart.cartId, total: cart.total });
    expect(after).toMatchObject({ cartId: null, lines: [] });
    expect(history).toEqual({ items: [order], nextCursor: null });
  });

  test("shows figures as they were measured", () => {
    const measured = readFileSync("docs/performance.md", "utf8");
    const figures = [...readme.matchAll(/\*\*\$?([\d.]+(?: x)?)\*\*/g)].map(([, figure = ""]) => figure);
    expect(figures).toHaveLength(4);
    for (const figure of figures) expect(measured).toContain(` ${figure} `);
    for (const [what, { trips, read, write }] of Object.entries(budgets))
      expect(measured).toContain(`| ${what} | ${trips} | ${read} | ${write} |`);
  });

  test("names every path and every function, and no command that there is not", () => {
    for (const { path } of routes) expect(section("What a client should know")).toContain(path);
    for (const name of Object.keys(functions)) expect(section("The table")).toContain(name);
    for (const [, name = ""] of readme.matchAll(/npm run (?:-s )?([\w:]+)/g))
      expect(Object.keys(scripts)).toContain(name);
    for (const name of Object.keys(scripts).filter((script) => script.startsWith("test:")))
      expect(section("Where everything lives")).toContain(`npm run ${name}`);
  });
});
