import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AwsSolutionsChecks } from "cdk-nag";
import { environments } from "../../infra/environments.ts";
import { folder, stacksOf } from "../templates.ts";
import { type Accepted, acceptedByCfnLint, acceptedByNag } from "./accepted.ts";
import { type Finding, install, lint, missing } from "./cfn-lint.ts";

// `npm run test:linters`: what others' rules say of the templates of every environment. Nothing may be found but what
// accepted.ts expects, and all of that must be: a linter that finds nothing at all has not looked.

process.once("exit", () => rmSync(folder, { recursive: true }));
const counts = { passed: 0, failed: 0, skipped: 0 };
const { version } = JSON.parse(readFileSync("node_modules/cdk-nag/package.json", "utf8"));
const [cfnLint = ""] = readFileSync(join(import.meta.dirname, "requirements.txt"), "utf8").split("\n");
const withoutCfnLint = missing();
if (!withoutCfnLint)
  await install().catch((error: Error) => {
    console.error(`cfn-lint cannot be installed: ${error.message.trim().split("\n").at(-1)}`);
    process.exit(1);
  });

for (const environment of Object.values(environments)) {
  const { app, stacks } = stacksOf(environment);
  const { directory } = app.synth();
  const { violations } = new AwsSolutionsChecks().validateScope(app);
  judge(
    `cdk-nag ${version} AwsSolutions, ${environment.name}`,
    violations.flatMap(({ ruleName, description, violatingResources }) =>
      violatingResources.map(({ constructPath = "" }) => ({
        rule: ruleName,
        at: constructPath,
        says: description,
      })),
    ),
    acceptedByNag,
  );
  const title = `${cfnLint.replace("==", " ")}, ${environment.name}`;
  if (withoutCfnLint) {
    console.log(`\n${title}\n  skipped: ${withoutCfnLint}`);
    counts.skipped++;
  } else {
    const templates = Object.values(stacks).map(({ templateFile }) => join(directory, templateFile));
    judge(title, lint(templates), acceptedByCfnLint);
  }
}
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;

function judge(title: string, findings: Finding[], accepted: Accepted[]): void {
  const meant = ({ rule, at }: Finding) => accepted.find((one) => one.rule === rule && one.at.test(at));
  const open = findings.filter((finding) => !meant(finding));
  const gone = accepted.filter((one) => !findings.some((finding) => meant(finding) === one));
  console.log(`\n${title}: ${open.length} open findings`);
  for (const { rule, at, says } of open) console.log(`  OPEN ${rule} at ${at}: ${says}`);
  for (const { rule } of gone) console.log(`  GONE ${rule}: accepted, but no longer found`);
  for (const one of accepted.filter((each) => !gone.includes(each)))
    console.log(
      `  accepted ${one.rule}, ${findings.filter((each) => meant(each) === one).length} times: ${one.why}`,
    );
  counts[open.length + gone.length === 0 ? "passed" : "failed"]++;
}
