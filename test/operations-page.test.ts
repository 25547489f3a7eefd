import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { Template } from "aws-cdk-lib/assertions";
import { afterAll, expect, test } from "vitest";
import { environments } from "../infra/environments.ts";
import { layout } from "../shared/table/keys.ts";
import { folder, stacksOf } from "./templates.ts";

const file = "docs/operations.md";
const page = readFileSync(file, "utf8");
const all = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, found = ""]) => found);
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
  for (const name of "sender ordering restoredTable origins callbackUrls logoutUrls throttle watched".split(
    " ",
  )) {
    expect(page).toMatch(new RegExp(`\`${name}[\`:]`));
    expect(settings).toMatch(new RegExp(`^ {2}${name}\\??: `, "m"));
  }
  expect(page).toContain(`AttributeName=${layout.expiry}\n`);
});
