import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { Template } from "aws-cdk-lib/assertions";
import { afterAll, expect, test, vi } from "vitest";
import { environments } from "../infra/environments.ts";
import { layout } from "../shared/table/keys.ts";
import { type Bill, billOfOrders, countingAtMost, floor, idleBill, signInBill, total } from "./bench/bill.ts";
import { journeyOf, type Variant, variants } from "./bench/journey.ts";
import { lookedUp } from "./bench/prices.ts";
import { aBook, aCustomer } from "./given.ts";
import { anInstance, ordering } from "./instances.ts";
import { folder, stacksOf } from "./templates.ts";

const file = "docs/operations.md";
const page = readFileSync(file, "utf8");
const all = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, found = ""]) => found);
const costs = (of: string) => of.split("\n## What it costs\n")[1]?.split("\n## ")[0] ?? "";
afterAll(() => rmSync(folder, { recursive: true }));

test("the page of operations names no command and no file that there is not", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
  for (const name of all(/npm run ([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(name);
  for (const link of all(/\]\(([^)#]+)[^)]*\)/g))
    expect(existsSync(join(dirname(file), link)), link).toBe(true);
  for (const path of all(/`((?:infra|functions|shared|docs|test|\.github)\/[\w./-]*)`/g))
    expect(existsSync(path), path).toBe(true);
});

test("the page of operations names settings, stacks and outputs as they are", () => {
  const { stacks } = stacksOf(environments.dev, "operations-page");
  const [first, ...more] = Object.values(stacks).map(({ stackName }) => stackName);
  const outputs = Object.entries<object>(Template.fromStack(stacks.api).toJSON().Outputs);
  const told = outputs.filter(([, output]) => !("Export" in output)).map(([name]) => name);
  const settings = readFileSync("infra/environments.ts", "utf8");

  for (const name of [first, ...more.map((name) => name.replace("bookshop-dev", "")), ...told])
    expect(page).toContain(`\`${name}\``);
  for (const name of "sender ordering restoredTable origins callbackUrls logoutUrls throttle mostUnits budget watched".split(
    " ",
  )) {
    expect(page).toMatch(new RegExp(`\`${name}[\`:]`));
    expect(settings).toMatch(new RegExp(`^ {2}${name}\\??: `, "m"));
  }
  expect(page).toContain(`AttributeName=${layout.expiry}\n`);
  const { read, write } = environments.prod.mostUnits.table;
  expect(page).toContain(`MaxReadRequestUnits=${read},MaxWriteRequestUnits=${write}\n`);
});

const dollars = (amount: number) => (amount === 0 ? "" : `$${amount.toFixed(2)}`);
/** The cells of the row that begins so, among a page's costs, without its name. */
const rowOf = (of: string, name: string) => {
  const row = costs(of)
    .split("\n")
    .find((line) => line.startsWith(`| ${name}`));
  return row
    ?.split("|")
    .slice(2, -1)
    .map((cell) => cell.trim());
};

test("the page of performance prices the units that orders take", async () => {
  const performance = readFileSync("docs/performance.md", "utf8");
  const bills: Bill[] = [billOfOrders(floor)];
  for (const variant of Object.keys(variants) as Variant[]) bills.push(billOfOrders(await unitsOf(variant)));

  for (const what of ["API Gateway", "table, writes", "table, reads"])
    expect(rowOf(performance, what), what).toEqual(
      bills.map((bill) => (bill[what] ?? Number.NaN).toFixed(2)),
    );
  const [least, ...all] = rowOf(performance, "in all")?.map(Number) ?? [];
  expect(least?.toFixed(2)).toBe(total(billOfOrders(floor)).toFixed(2));
  expect(costs(page)).toContain(
    `between $${Math.round(Math.min(...all))} and $${Math.round(Math.max(...all))},`,
  );
  expect(costs(performance)).toContain(`looked up on ${lookedUp}`);
});

/** The requests of an order of three lines, and the units in their own log lines, once there are 20 orders before it. */
async function unitsOf(variant: Variant) {
  const { keyed, stock } = variants[variant];
  const reader = await aCustomer();
  const title = () => `A title of 40 characters ${crypto.randomUUID().slice(0, 15)}`;
  const books = [
    await aBook({ title: title(), stock }),
    await aBook({ title: title(), stock }),
    await aBook({ title: title(), stock }),
  ];
  const instance = await anInstance(ordering);
  const log = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const used = { requests: 0, write: 0, read: 0 };
  for (let before = 20; before >= 0; before--)
    for (const { method, path, body, key } of journeyOf(
      books.map(({ bookId }) => bookId),
      keyed,
    )) {
      const headers = key === undefined ? {} : { "idempotency-key": key };
      const { status } = await instance.send(reader.token, method, path, body, headers);
      expect(status).toBeLessThan(300);
      if (before > 0) continue;
      const { read, write } = JSON.parse(String(log.mock.lastCall?.[0]));
      used.requests++;
      used.write += write;
      used.read += read;
    }
  log.mockRestore();
  return used;
}

test("the page of operations prices what every environment keeps, and signing in", () => {
  const kept = Object.values(environments).map((environment) => {
    const { stacks } = stacksOf(environment, `cost-${environment.name}`);
    const operations = Template.fromStack(stacks.operations);
    return { bill: idleBill(environment, operations), counting: countingAtMost(operations) };
  });

  for (const what of Object.keys(kept[0]?.bill ?? {}))
    expect(rowOf(page, what), what).toEqual(kept.map(({ bill }) => dollars(bill[what] ?? Number.NaN)));
  expect(costs(page)).toContain(`| in all | ${kept.map(({ bill }) => dollars(total(bill))).join(" | ")} |`);
  const words = page.replaceAll("\n", " ");
  for (const { counting } of kept) expect(words).toContain(`costs at most ${dollars(counting)} a month`);
  expect(words).toContain(`$${signInBill(1_000_000).toLocaleString("en")} for a million people`);
});
