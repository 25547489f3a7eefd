import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { environments } from "../infra/environments.ts";

// What the workflows promise, typed out.
const folder = ".github/workflows/";
const texts = Object.fromEntries(
  readdirSync(folder).map((name) => [name, readFileSync(folder + name, "utf8")]),
);

type Step = { uses?: string; run?: string; if?: string; with?: Record<string, unknown> };
type Job = {
  needs?: string;
  uses?: string;
  with?: unknown;
  steps?: Step[];
  permissions?: unknown;
  concurrency?: unknown;
  environment?: unknown;
  "timeout-minutes"?: number;
};
type Workflow = { on: Record<string, unknown>; permissions: unknown; jobs: Record<string, Job> };
type Texts = typeof texts;
const expression = (text: string) => `\${{ ${text} }}`;

/** Every way in which these workflows are not what is promised. */
function breaches(files: Texts): string[] {
  const found: string[] = [];
  const same = (what: string, is: unknown, should: unknown) => {
    if (JSON.stringify(is) !== JSON.stringify(should)) found.push(what);
  };
  const read = (name: string): Workflow => parse(files[name] ?? "");
  same("files", Object.keys(files).sort(), ["check.yml", "deploy.yml", "ship.yml"]);
  if (found.length > 0) return found;
  const [check, deploy, ship] = [read("check.yml"), read("deploy.yml"), read("ship.yml")];

  same("check: when", check.on, { pull_request: null, workflow_call: null });
  same("check: rights", check.permissions, { contents: "read" });
  same("check: what", check.jobs.check?.steps?.at(-1)?.run, "bash .ci/run");

  same("ship: when", ship.on, { push: { branches: ["main"] } });
  same("ship: rights", ship.permissions, {});
  const mayAskForARole = { contents: "read", "id-token": "write" };
  const to = (environment: string, needs: string): Job => ({
    needs,
    permissions: mayAskForARole,
    uses: "./.github/workflows/deploy.yml",
    with: { environment },
  });
  same("ship: order", ship.jobs, {
    check: { permissions: { contents: "read" }, uses: "./.github/workflows/check.yml" },
    dev: to("dev", "check"),
    staging: to("staging", "dev"),
    prod: to("prod", "staging"),
  });

  same("deploy: when", Object.keys(deploy.on), ["workflow_call"]);
  same("deploy: rights", deploy.permissions, mayAskForARole);
  const job = deploy.jobs.deploy ?? {};
  const chosen = expression("inputs.environment");
  same("deploy: approval", job.environment, chosen);
  same("deploy: one at a time", job.concurrency, { group: `deploy-${chosen}`, "cancel-in-progress": false });
  const steps = job.steps ?? [];
  const role = steps.findIndex(({ uses }) => uses?.startsWith("aws-actions/configure-aws-credentials@"));
  same("deploy: role", steps[role]?.with, {
    "role-to-assume": expression("vars.AWS_ROLE"),
    "aws-region": expression("vars.AWS_REGION"),
  });
  same(
    "deploy: what",
    steps[role + 1]?.run,
    'npm run deploy -- -c "env=$ENVIRONMENT" --require-approval never',
  );
  same("deploy: smoke", steps[role + 2], {
    if: "inputs.environment != 'prod'",
    run: 'npm run smoke -- --env "$ENVIRONMENT"',
  });
  same("deploy: a look at prod", steps[role + 3]?.if, "inputs.environment == 'prod'");

  for (const [name, text] of Object.entries(files)) {
    if (text.includes("secrets")) found.push(`${name}: a secret`);
    for (const { steps: some, "timeout-minutes": minutes } of Object.values(read(name).jobs)) {
      if (some && !minutes) found.push(`${name}: no limit of time`);
      for (const { uses, run, with: given } of some ?? []) {
        if (uses && !/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(uses)) found.push(`${name}: not pinned`);
        if (uses?.startsWith("actions/checkout@") && given?.["persist-credentials"] !== false)
          found.push(`${name}: the token stays on disk`);
        // what stands in a script as text is run as a script
        if (run?.includes("${{")) found.push(`${name}: an expression in a script`);
        // infra/local/install.mjs runs the scripts that are allowed, and no other
        if (/npm (ci|i|install)\b/.test(run ?? ""))
          found.push(`${name}: whatever packages bring along is run`);
      }
    }
  }
  return found;
}

describe("the workflows", () => {
  test("check all, ship what is merged in order, each step approved, alone, and without a long-lived key", () => {
    expect(breaches(texts)).toEqual([]);
  });

  test("know every environment", () => {
    expect(Object.keys(parse(texts["ship.yml"] ?? "").jobs)).toEqual(["check", ...Object.keys(environments)]);
  });

  test.each([
    ["files", "deploy.yml", (_: string) => undefined],
    ["check: what", "check.yml", (text: string) => text.replace("bash .ci/run", "npm run check")],
    ["ship: when", "ship.yml", (text: string) => text.replace("branches: [main]", "branches: ['**']")],
    ["ship: order", "ship.yml", (text: string) => text.replace("needs: staging", "needs: dev")],
    ["ship: order", "ship.yml", (text: string) => text.replace("environment: prod", "environment: dev")],
    [
      "ship: order",
      "ship.yml",
      (text: string) => text.replace("id-token: write", "id-token: write\n      packages: write"),
    ],
    ["deploy: approval", "deploy.yml", (text: string) => text.replace(/ {4}environment: .*\n/, "")],
    [
      "deploy: one at a time",
      "deploy.yml",
      (text: string) => text.replace("in-progress: false", "in-progress: true"),
    ],
    ["deploy: rights", "deploy.yml", (text: string) => text.replace("contents: read", "contents: write")],
    ["deploy: role", "deploy.yml", (text: string) => text.replace("role-to-assume", "aws-access-key-id")],
    ["deploy: what", "deploy.yml", (text: string) => text.replace('"env=$ENVIRONMENT"', "env=prod")],
    ["deploy: smoke", "deploy.yml", (text: string) => text.replace("npm run smoke", "true")],
    [
      "deploy.yml: a secret",
      "deploy.yml",
      (text: string) => text.replace("vars.AWS_ROLE", "secrets.AWS_ROLE"),
    ],
    ["deploy.yml: not pinned", "deploy.yml", (text: string) => text.replace(/checkout@\w+/, "checkout@v5")],
    [
      "check.yml: the token stays on disk",
      "check.yml",
      (text: string) => text.replace("persist-credentials: false", "fetch-depth: 1"),
    ],
    [
      "check.yml: no limit of time",
      "check.yml",
      (text: string) => text.replace(/ +timeout-minutes: .*\n/, ""),
    ],
    [
      "deploy.yml: whatever packages bring along is run",
      "deploy.yml",
      (text: string) => text.replace("node infra/local/install.mjs", "npm ci"),
    ],
    [
      "deploy.yml: an expression in a script",
      "deploy.yml",
      (text: string) => text.replace('"$ENVIRONMENT"', expression("inputs.environment")),
    ],
  ])("would not pass with a breach: %s", (breach, name, plant) => {
    const { [name]: text = "", ...others } = texts;
    const planted = plant(text);

    expect(planted).not.toBe(text);
    expect(breaches(planted === undefined ? others : { ...others, [name]: planted })).toContain(breach);
  });
});
