import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

/**
 * Do the template tests bite? Each of these breaks a copy of the source in one place, and names the test that must notice.
 * All copies are tested in one run, so that aws-cdk-lib is loaded once and not once for each.
 */
type Plant = { breaks: string; in: string; from: string | RegExp; to: string; caughtBy: string };

const inStaging = (test: string) => `templates of staging ${test}`;
const inProd = (test: string) => `templates of prod ${test}`;
const anyEnvironment = (test: string) => `templates where environments differ ${test}`;

const routesTest = inProd(
  "each route leads to its function, and asks for a token unless it is open on purpose",
);
const rightsTest = inProd("each function may do this, and nothing else");
const namesTest = inProd("what must never be replaced keeps its name in CloudFormation");
const clientTest = inProd(
  "a client signs in by code alone, by no public password flow, and cannot administer its user",
);
const signUpTest = inProd("sign-up is by e-mail, and no custom attribute invites trust");
const lifetimesTest = inProd("tokens live 15 minutes; refresh tokens 30 days, each used once");
const waysInTest = inProd("nobody comes in but by a password of this pool, typed on Cognito's own page");
const addressesTest = inProd(
  "codes and signed-out customers go to pages behind TLS, and of dev to its developers' machine too",
);
const throttleTest = inProd("each route has its throttle, set once the route is there");

const mostUnitsTest = inProd("table and index take so many units a second, and no more");
const budgetTest = anyEnvironment("prod alone has a budget, which mails whoever is named as it is spent");
const logsTest = inProd(
  "every log ends after its time; the API's functions share one, and welcome-customer has its own",
);
const quietTest = inProd(
  "nothing but what functions say and what goes wrong is logged, as JSON, and nothing is traced",
);
const exportsTest = inProd("what one stack takes from another keeps its name");
const retainedTest = anyEnvironment("prod outlives its stacks, dev and staging do not");
const watchedTest = anyEnvironment("prod alone is watched: one dashboard, and eight alarms at most");
const sourcesTest = anyEnvironment("each alarm has a source that there is, and its limit");
const rowsTest = anyEnvironment(
  "each alarm says what it means and what to do, in its mail and in a row of docs/operations.md",
);
const mailTest = anyEnvironment("alarms reach their topic, over TLS alone, and by mail whoever is named");

const unheardTest = anyEnvironment("it is said aloud where alarms reach nobody");
const restoredTest = anyEnvironment("a restored table takes the place of prod's own, which stays as it is");

const routes = "functions/routes.ts";
const data = "infra/data-stack.ts";
const identity = "infra/identity-stack.ts";
const api = "infra/api-stack.ts";
const functions = "infra/function.ts";
const environments = "infra/environments.ts";
const operations = "infra/operations-stack.ts";

const plants: Plant[] = [
  {
    breaks: "says nothing of alarms that reach nobody",
    in: operations,
    from: "parts.environment.watched && !parts.environment.alarmsTo",
    to: "false as boolean",
    caughtBy: unheardTest,
  },
  {
    breaks: "a route loses its authorizer in the route table",
    in: routes,
    from: /("POST", +path: "\/api\/orders", +function: "place-order", +who: )"customer"/,
    to: '$1"anyone"',
    caughtBy: routesTest,
  },
  {
    breaks: "every route loses its authorizer in the stack",
    in: api,
    from: 'who === "anyone"',
    to: "who",
    caughtBy: routesTest,
  },
  {
    breaks: "the authorizer takes another client's tokens",
    in: api,
    from: "userPoolClients: [client]",
    to: 'userPoolClients: [client, identity.pool.addClient("Other")]',
    caughtBy: inProd("the authorizer trusts this pool and this client alone"),
  },
  {
    breaks: "a function gets a URL of its own",
    in: api,
    from: "return new HttpLambdaIntegration",
    to: 'lambda.addFunctionUrl({ authType: "NONE" });\n      return new HttpLambdaIntegration',
    caughtBy: inProd("each function of the API may be called by it, and by nobody else"),
  },
  {
    breaks: "a function gains an action",
    in: routes,
    from: '"view-cart": { table: ["BatchGetItem"]',
    to: '"view-cart": { table: ["BatchGetItem", "DeleteItem"]',
    caughtBy: rightsTest,
  },
  {
    breaks: "the functions may write outside a transaction",
    in: api,
    from: ", conditions: transacted",
    to: "",
    caughtBy: rightsTest,
  },
  {
    breaks: "the index's rights become the table's",
    in: api,
    from: /`.*layout\.index\.name}`/,
    to: "tableArn",
    caughtBy: rightsTest,
  },
  {
    breaks: "a policy of a role says *",
    in: functions,
    from: "resources: [logGroup.logGroupArn]",
    to: 'resources: ["*"]',
    caughtBy: inProd("no policy says *"),
  },
  {
    breaks: "a policy beside a role says *",
    in: identity,
    from: "cognito-idp:AdminAddUserToGroup",
    to: "cognito-idp:*",
    caughtBy: inProd("no policy says *"),
  },
  {
    breaks: "the table's name changes",
    in: data,
    from: '"Table", environment',
    to: '"Books", environment',
    caughtBy: namesTest,
  },
  {
    breaks: "the pool's name changes",
    in: identity,
    from: '"UserPool", environment',
    to: '"Pool", environment',
    caughtBy: namesTest,
  },
  {
    breaks: "the domain's name changes",
    in: identity,
    from: '"SignInDomain", environment',
    to: '"Domain", environment',
    caughtBy: namesTest,
  },
  {
    breaks: "a group's name changes",
    in: identity,
    from: 'this.group("Admins"',
    to: 'this.group("Staff"',
    caughtBy: namesTest,
  },
  {
    breaks: "the client's name is not pinned",
    in: api,
    from: 'pinned(client, "AppClient");',
    to: "",
    caughtBy: namesTest,
  },
  {
    breaks: "the API's name is not pinned",
    in: api,
    from: 'pinned(this.api, "Api");',
    to: "",
    caughtBy: namesTest,
  },
  {
    breaks: "another export takes an export's place",
    in: identity,
    from: "exportValue(this.domain.domainName)",
    to: "exportValue(this.pool.userPoolProviderName)",
    caughtBy: exportsTest,
  },
  {
    breaks: "the index carries everything",
    in: data,
    from: /projectionType: ProjectionType.INCLUDE,\s+nonKeyAttributes: .*/,
    to: "projectionType: ProjectionType.ALL,",
    caughtBy: inProd("one table on demand with its keys, its one index and its expiry, encrypted"),
  },
  {
    breaks: "the pool's plan is left to Cognito",
    in: identity,
    from: "featurePlan: FeaturePlan.ESSENTIALS,",
    to: "",
    caughtBy: signUpTest,
  },
  {
    breaks: "nobody welcomes a new customer",
    in: identity,
    from: "UserPoolOperation.POST_CONFIRMATION",
    to: "UserPoolOperation.POST_AUTHENTICATION",
    caughtBy: inProd("a new customer is welcomed by a function that only this pool may call"),
  },
  {
    breaks: "a group is called otherwise",
    in: identity,
    from: '"admins"',
    to: '"staff"',
    caughtBy: inProd("the groups are customers and admins"),
  },
  {
    breaks: "the domain's name lacks the account",
    in: identity,
    from: "Aws.ACCOUNT_ID",
    to: "1",
    caughtBy: inProd("the sign-in domain's name holds environment and account; managed login has a style"),
  },
  {
    breaks: "a public password flow is on",
    in: api,
    from: "{ custom: true, ",
    to: "{ custom: true, userPassword: true, ",
    caughtBy: clientTest,
  },
  {
    breaks: "operators may sign customers of prod in",
    in: environments,
    from: "operatorSignIn: false",
    to: "operatorSignIn: true",
    caughtBy: clientTest,
  },
  {
    breaks: "the implicit flow is on",
    in: api,
    from: "implicitCodeGrant: false",
    to: "implicitCodeGrant: true",
    caughtBy: clientTest,
  },
  {
    breaks: "tokens may administer their user",
    in: api,
    from: "OAuthScope.EMAIL]",
    to: "OAuthScope.EMAIL, OAuthScope.COGNITO_ADMIN]",
    caughtBy: clientTest,
  },
  {
    breaks: "sign-in knows no way back to the API's page",
    in: api,
    from: ", this.addressOf(docs.callback)",
    to: "",
    caughtBy: clientTest,
  },
  {
    breaks: "refresh tokens are not rotated",
    in: api,
    from: /refreshTokenRotationGracePeriod: .*/,
    to: "",
    caughtBy: lifetimesTest,
  },
  {
    breaks: "a used refresh token works on for a minute",
    in: api,
    from: "refreshTokenRotationGracePeriod: Duration.seconds(10)",
    to: "refreshTokenRotationGracePeriod: Duration.seconds(60)",
    caughtBy: lifetimesTest,
  },
  {
    breaks: "refresh tokens cannot be revoked",
    in: api,
    from: "enableTokenRevocation: true",
    to: "enableTokenRevocation: false",
    caughtBy: lifetimesTest,
  },
  {
    breaks: "tokens live for an hour",
    in: api,
    from: "accessTokenValidity: Duration.minutes(15)",
    to: "accessTokenValidity: Duration.minutes(60)",
    caughtBy: lifetimesTest,
  },
  {
    breaks: "sign-in tells who has an account",
    in: api,
    from: "preventUserExistenceErrors: true",
    to: "preventUserExistenceErrors: false",
    caughtBy: clientTest,
  },
  {
    breaks: "a client may write more of its user than the e-mail",
    in: api,
    from: "writeAttributes: new ClientAttributes().withStandardAttributes({ email: true })",
    to: "writeAttributes: new ClientAttributes().withStandardAttributes({ email: true, fullname: true })",
    caughtBy: clientTest,
  },
  {
    breaks: "a changed e-mail counts before it is verified",
    in: identity,
    from: "keepOriginal: { email: true },",
    to: "",
    caughtBy: signUpTest,
  },
  {
    breaks: "a short password will do",
    in: identity,
    from: "minLength: 12",
    to: "minLength: 8",
    caughtBy: signUpTest,
  },
  {
    breaks: "a code by mail stands in for a password",
    in: identity,
    from: "featurePlan: FeaturePlan.ESSENTIALS,",
    to: "featurePlan: FeaturePlan.ESSENTIALS, signInPolicy: { allowedFirstAuthFactors: { password: true, emailOtp: true } },",
    caughtBy: waysInTest,
  },
  {
    breaks: "machines may sign in too",
    in: identity,
    from: "this.welcomeNewCustomers(environment, code);",
    to: 'this.welcomeNewCustomers(environment, code);\n    this.pool.addResourceServer("Machines", { identifier: "machines" });',
    caughtBy: waysInTest,
  },
  {
    breaks: "prod sends its codes to whatever runs on the customer's machine",
    in: environments,
    from: 'callbackUrls: ["https://bookshop.example/callback"]',
    to: 'callbackUrls: ["http://localhost:5173/callback"]',
    caughtBy: addressesTest,
  },
  {
    breaks: "prod takes pages without TLS for its own",
    in: environments,
    from: 'origins: ["https://bookshop.example"]',
    to: 'origins: ["http://bookshop.example"]',
    caughtBy: addressesTest,
  },
  {
    breaks: "the table takes as many units as the account may",
    in: data,
    from: "Billing.onDemand(atMost(environment.mostUnits.table))",
    to: "Billing.onDemand()",
    caughtBy: mostUnitsTest,
  },
  {
    breaks: "the index takes as many units as the account may",
    in: data,
    from: "...atMost(environment.mostUnits.index),",
    to: "",
    caughtBy: mostUnitsTest,
  },
  {
    breaks: "an environment's table takes ten times as much",
    in: environments,
    from: "write: 4_000",
    to: "write: 40_000",
    caughtBy: mostUnitsTest,
  },
  {
    breaks: "prod has no budget",
    in: environments,
    from: "budget: 100,",
    to: "",
    caughtBy: budgetTest,
  },
  {
    breaks: "a budget mails when it is spent, and not before",
    in: operations,
    from: "[50, 80, 100]",
    to: "[100]",
    caughtBy: budgetTest,
  },
  {
    breaks: "a budget mails nobody",
    in: operations,
    from: "...(alarmsTo && {",
    to: "...(alarmsTo === null && {",
    caughtBy: budgetTest,
  },
  {
    breaks: "the throttles do not wait for their routes",
    in: api,
    from: "resource.addResourceDependency(route)",
    to: "route.node",
    caughtBy: throttleTest,
  },
  {
    breaks: "a route's throttle is lifted",
    in: routes,
    from: "rate: 50 ",
    to: "rate: 5000 ",
    caughtBy: throttleTest,
  },
  {
    breaks: "there is no throttle by default",
    in: api,
    from: /throttle: .*/,
    to: "",
    caughtBy: throttleTest,
  },
  {
    breaks: "the access log keeps tokens",
    in: api,
    from: "$context.status",
    to: "$request.header.Authorization",
    caughtBy: inProd("every call leaves a line in the access log, without token or address"),
  },
  {
    breaks: "logs are kept for ever",
    in: functions,
    from: "retention: logDays,",
    to: "retention: Infinity,",
    caughtBy: logsTest,
  },
  {
    breaks: "a function writes another log",
    in: api,
    from: "const logGroup = this.requestLog",
    to: "const logGroup = this.accessLog",
    caughtBy: logsTest,
  },
  {
    breaks: "staging's logs are kept as long as prod's",
    in: environments,
    from: "logDays: 30",
    to: "logDays: 90",
    caughtBy: logsTest.replace("prod", "staging"),
  },
  {
    breaks: "a log's name is not pinned",
    in: api,
    from: 'pinned(this.requestLog, "RequestLog");',
    to: "",
    caughtBy: namesTest,
  },
  {
    breaks: "Lambda writes lines of its own for each request",
    in: functions,
    from: "SystemLogLevel.WARN",
    to: "SystemLogLevel.INFO",
    caughtBy: quietTest,
  },
  {
    breaks: "the log is text",
    in: functions,
    from: /loggingFormat: .*\s+systemLogLevelV2: .*/,
    to: "",
    caughtBy: quietTest,
  },
  {
    breaks: "requests are traced",
    in: functions,
    from: "memorySize: memoryMiB,",
    to: 'memorySize: memoryMiB, tracing: "Active" as never,',
    caughtBy: quietTest,
  },
  {
    breaks: "another export takes the place of the access log's",
    in: api,
    from: "this.exportValue(this.accessLog.logGroupName);",
    to: "this.exportValue(this.accessLog.logGroupArn);",
    caughtBy: exportsTest,
  },
  {
    breaks: "a metric has a value at rest",
    in: operations,
    from: "filterPattern: FilterPattern.literal(pattern),",
    to: "filterPattern: FilterPattern.literal(pattern), defaultValue: 0,",
    caughtBy: inProd("what the logs count costs nothing at rest"),
  },
  {
    breaks: "a pattern counts something else",
    in: operations,
    from: "$.status = 500",
    to: "$.status = 501",
    caughtBy: inStaging("what the logs count costs nothing at rest"),
  },
  {
    breaks: "a saved query asks one log of two",
    in: operations,
    from: "[api.requestLog, api.accessLog],",
    to: "[api.requestLog],",
    caughtBy: inProd("saved queries find an order, a customer, a request, what is slow and what is refused"),
  },
  {
    breaks: "any page may call",
    in: api,
    from: "allowOrigins: environment.origins",
    to: 'allowOrigins: ["*"]',
    caughtBy: inProd("pages of the environment's origins alone may call, with the headers that they need"),
  },
  {
    breaks: "functions reserve concurrency",
    in: functions,
    from: "memorySize: memoryMiB,",
    to: "memorySize: memoryMiB, reservedConcurrentExecutions: 10,",
    caughtBy: inProd("functions run on Node 24 and arm64, within 10 seconds, and reserve no concurrency"),
  },
  {
    breaks: "functions are told another table",
    in: api,
    from: "tableName: data.table.tableName",
    to: 'tableName: "books"',
    caughtBy: inProd(
      "functions are told the table, the pool, its sign-in, the client and the shop's settings",
    ),
  },
  {
    breaks: "an output is gone",
    in: api,
    from: /new CfnOutput\(this, "ClientId".*/,
    to: "",
    caughtBy: inProd("the outputs name all that a client needs"),
  },
  {
    breaks: "prod goes with its stacks",
    in: "infra/stateful.ts",
    from: "RemovalPolicy.RETAIN",
    to: "RemovalPolicy.DESTROY",
    caughtBy: retainedTest,
  },
  {
    breaks: "prod's logs go with their stack",
    in: functions,
    from: "RemovalPolicy.RETAIN",
    to: "RemovalPolicy.DESTROY",
    caughtBy: retainedTest,
  },
  ...[
    { in: data, from: "this.exportValue(table.tableArn);" },
    { in: identity, from: "this.exportValue(this.pool.userPoolId);" },
    { in: api, from: "this.exportValue(this.requestLog.logGroupName);" },
  ].map((pin) => ({
    ...pin,
    breaks: `an export of ${pin.in} goes with the last that takes it`,
    to: "",
    caughtBy: anyEnvironment("what one stack takes from another is exported also while no other takes it"),
  })),
  {
    breaks: "the stack of prod's table may be deleted",
    in: data,
    from: "terminationProtection: environment.protectData",
    to: "terminationProtection: false",
    caughtBy: anyEnvironment("prod's stacks with data in them cannot be deleted by a slip"),
  },
  {
    breaks: "every environment has its dashboard and alarms",
    in: operations,
    from: "parts.environment.watched",
    to: "parts.environment.name",
    caughtBy: watchedTest,
  },
  {
    breaks: "prod is not watched",
    in: environments,
    from: "watched: true",
    to: "watched: false",
    caughtBy: watchedTest,
  },
  {
    breaks: "an alarm waits for what nobody counts",
    in: operations,
    from: 'this.counted("Faults")',
    to: 'this.counted("Fault" as never)',
    caughtBy: sourcesTest,
  },
  {
    breaks: "an alarm waits for a function that there is not",
    in: operations,
    from: 'functionName(environment, "welcome-customer")',
    to: 'functionName(environment, "welcome")',
    caughtBy: sourcesTest,
  },
  {
    breaks: "nobody notices a throttled catalogue",
    in: operations,
    from: 'indexReads: this.ofTable("ReadThrottleEvents", index)',
    to: 'indexReads: this.ofTable("ReadThrottleEvents")',
    caughtBy: sourcesTest,
  },
  {
    breaks: "silence sets alarms off",
    in: operations,
    from: "TreatMissingData.NOT_BREACHING",
    to: "TreatMissingData.BREACHING",
    caughtBy: sourcesTest,
  },
  {
    breaks: "an alarm is not on the page of operations",
    in: "docs/operations.md",
    from: "| `slow` |",
    to: "| slow |",
    caughtBy: rowsTest,
  },
  {
    breaks: "an alarm's mail does not say what to do",
    in: operations,
    from: " See docs/operations.md#alarms.",
    to: "",
    caughtBy: rowsTest,
  },
  {
    breaks: "alarms go nowhere",
    in: operations,
    from: "one.addAlarmAction(new SnsAction(topic));",
    to: "",
    caughtBy: mailTest,
  },
  {
    breaks: "alarms may not publish to their topic",
    in: operations,
    from: "cloudwatch.amazonaws.com",
    to: "events.amazonaws.com",
    caughtBy: mailTest,
  },
  {
    breaks: "the topic takes what is not encrypted",
    in: operations,
    from: ", enforceSSL: true",
    to: "",
    caughtBy: mailTest,
  },
  {
    breaks: "nobody is mailed",
    in: operations,
    from: /if \(environment\.alarmsTo\).*/,
    to: "",
    caughtBy: mailTest,
  },
  {
    breaks: "prod has no point-in-time recovery",
    in: data,
    from: "pointInTimeRecoveryEnabled: environment.protectData",
    to: "pointInTimeRecoveryEnabled: false",
    caughtBy: anyEnvironment("prod's table can be restored to any second and cannot be deleted"),
  },
  {
    breaks: "prod's table may be deleted",
    in: data,
    from: "deletionProtection: environment.protectData",
    to: "deletionProtection: false",
    caughtBy: anyEnvironment("prod's table can be restored to any second and cannot be deleted"),
  },
  {
    breaks: "a restored table is not used",
    in: data,
    from: "this.table = environment.restoredTable",
    to: "this.table = environment.name === undefined",
    caughtBy: restoredTest,
  },
  {
    breaks: "the table's exports go where another one is used",
    in: data,
    from: "this.exportValue(table.tableName);",
    to: "if (!environment.restoredTable) this.exportValue(table.tableName);",
    caughtBy: restoredTest,
  },
  {
    breaks: "prod's pool may be deleted",
    in: environments,
    from: "protectData: true",
    to: "protectData: false",
    caughtBy: anyEnvironment("prod's user pool cannot be deleted"),
  },
  {
    breaks: "the sender is not used",
    in: identity,
    from: "email: mailer(environment),",
    to: "",
    caughtBy: anyEnvironment("with a sender of its own, mail goes through SES"),
  },
];

const root = dirname(import.meta.dirname);
const copies = mkdtempSync(join(tmpdir(), "bookshop-bite-"));
afterAll(() => rmSync(copies, { recursive: true }));

const copy = (name: string) => {
  mkdirSync(join(copies, name, "test"), { recursive: true });
  for (const file of ["stacks.test.ts", "templates.ts"])
    cpSync(join(root, "test", file), join(copies, name, "test", file));
  for (const folder of ["infra", "functions", "shared", "docs"])
    cpSync(join(root, folder), join(copies, name, folder), {
      recursive: true,
      filter: (path) => !path.startsWith(join(root, "infra/local")),
    });
};

const plant = ({ in: file, from, to }: Plant, name: string) => {
  const path = join(copies, name, file);
  const before = readFileSync(path, "utf8");
  const after = before.replace(from, to);
  if (before === after) throw new Error(`${name}: ${from} is no longer in ${file}`);
  writeFileSync(path, after);
};

type Report = { testResults: { name: string; assertionResults: { fullName: string; status: string }[] }[] };
const failed = new Map<string, string[]>();
const passed = new Map<string, string[]>();

beforeAll(async () => {
  symlinkSync(join(root, "node_modules"), join(copies, "node_modules"));
  copy("unbroken");
  for (const [index, each] of plants.entries()) {
    copy(`plant-${index}`);
    plant(each, `plant-${index}`);
  }
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const sharedImports = ["--pool=threads", "--no-isolate", "--maxWorkers=2"];
  const noTraces = ["--no-cache", "--no-fsModuleCache"];
  const report = join(copies, "report.json");
  const args = [
    vitest,
    "run",
    "-t",
    "templates",
    ...sharedImports,
    ...noTraces,
    "--reporter=json",
    `--outputFile=${report}`,
  ];
  await new Promise<void>((resolve) => {
    // Without CDK's own validation of templates, which loads slowly, and would be first to refuse some of these.
    execFile(process.execPath, args, { cwd: copies, env: { CDK_VALIDATION: "false" } }, () => resolve());
  });
  const { testResults }: Report = JSON.parse(readFileSync(report, "utf8"));
  for (const { name, assertionResults } of testResults) {
    const of = (status: string) =>
      assertionResults.filter((each) => each.status === status).map((each) => each.fullName);
    failed.set(name.slice(copies.length + 1).split("/")[0] ?? "", of("failed"));
    passed.set(name.slice(copies.length + 1).split("/")[0] ?? "", of("passed"));
  }
}, 120_000);

test("a copy that nobody broke passes", () => {
  expect(failed.get("unbroken")).toEqual([]);
  expect(passed.get("unbroken")?.length).toBeGreaterThan(40);
});

test.each(plants.map((each, index) => ({ ...each, index })))("$breaks: noticed", ({ index, caughtBy }) => {
  expect(failed.get(`plant-${index}`)).toContain(caughtBy);
});

test("every template test has bitten once", () => {
  const anyOf = (name: string) => name.replace(/^templates of (staging|prod)/, "templates of dev");
  const bitten = new Set(plants.map(({ caughtBy }) => anyOf(caughtBy)));
  const all = passed.get("unbroken")?.map(anyOf);
  expect([...new Set(all)].sort()).toEqual([...bitten].sort());
});
