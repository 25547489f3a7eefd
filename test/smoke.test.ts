import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";

// What smoke does in a deployed environment, test/deploy sees: here is what it says where it cannot begin.

const credentials = { AWS_ACCESS_KEY_ID: "none", AWS_SECRET_ACCESS_KEY: "none" };

const smoke = (args: string[], variables: Record<string, string>) =>
  new Promise((resolve) => {
    const script = ["infra/tools/smoke.ts", ...args];
    const child = execFile(process.execPath, script, { env: variables }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

test.each([
  {
    given: "no environment",
    args: [],
    says: "Which environment? Add --env dev, --env staging or --env prod.",
  },
  {
    given: "an unknown environment",
    args: ["--env", "production"],
    says: "Which environment? Add --env dev, --env staging or --env prod.",
  },
  {
    given: "an unknown flag",
    args: ["--stage", "dev"],
    says: /^Unknown option '--stage'.*\n$/,
  },
  { given: "no value", args: ["--env"], says: /^Option '--env <value>' argument missing\n$/ },
  { given: "no region", args: ["--env", "dev"], says: "Which region? Set AWS_REGION." },
])("given $given, smoke says so in one line, and fails", async ({ args, says }) => {
  const files = { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" };
  expect(await smoke(args, files)).toEqual({ code: 1, stdout: "", stderr: oneLine(says) });
});

test.each([
  {
    given: "an environment that is not deployed",
    args: ["--env", "dev"],
    answer: {
      status: 400,
      body: failure("ValidationError", "Stack with id bookshop-dev-api does not exist"),
    },
    says: "No stack bookshop-dev-api in eu-west-1: Stack with id bookshop-dev-api does not exist",
  },
  {
    given: "prod, and no token of a customer",
    args: ["--env", "prod"],
    answer: { status: 200, body: stack("prod") },
    says: "Put a customer's access token into BOOKSHOP_TOKEN: operators may not sign in to prod.",
  },
  {
    given: "a stack without outputs",
    args: ["--env", "dev"],
    answer: { status: 200, body: stack("dev").replace(/<Outputs>.*<\/Outputs>/, "") },
    says: "The stack bookshop-dev-api has no output ApiUrl: deploy it again.",
  },
])("given $given, smoke says so in one line, and fails", async ({ args, answer: { status, body }, says }) => {
  const aws = createServer((_, response) => {
    response.writeHead(status, { "content-type": "text/xml" }).end(body);
  }).listen(0, "127.0.0.1");
  await new Promise((listening) => aws.once("listening", listening));
  const { port } = aws.address() as AddressInfo;

  const outcome = await smoke(args, {
    ...credentials,
    AWS_REGION: "eu-west-1",
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  });
  aws.close();

  expect(outcome).toEqual({ code: 1, stdout: "", stderr: oneLine(says) });
});

function oneLine(says: string | RegExp) {
  return typeof says === "string" ? `${says}\n` : expect.stringMatching(says);
}

function failure(code: string, message: string) {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
}

function stack(name: string) {
  const outputs = ["ApiUrl", "UserPoolId", "ClientId", "SignInUrl", "TableName"].map(
    (key) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>https://${key}.example/</OutputValue></member>`,
  );
  return `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>bookshop-${name}-api</StackName><Outputs>${outputs.join("")}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}
