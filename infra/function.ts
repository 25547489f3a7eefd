import { join } from "node:path";
import { type Duration, RemovalPolicy, type Stack } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Environment } from "./environments.ts";

/** A bundled function with a log and a role of its own. The role may write that log, and do what `rights` say. */
export const bundledFunction = (
  stack: Stack,
  name: string,
  options: {
    environment: Environment;
    code: string;
    timeout: Duration;
    rights?: PolicyStatement[];
    variables?: Record<string, string>;
  },
) => {
  const { environment, code, timeout, rights = [], variables = {} } = options;
  const logGroup = keptLog(stack, `${name}-log`, environment);
  const writeLog = new PolicyStatement({
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [logGroup.logGroupArn],
  });
  const role = new Role(stack, `${name}-role`, {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    inlinePolicies: { rights: new PolicyDocument({ statements: [writeLog, ...rights] }) },
  });
  return new LambdaFunction(stack, name, {
    functionName: `bookshop-${environment.name}-${name}`,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    // CPU comes in proportion to memory, and a request waits mostly for CPU: with half of it, twice as long.
    memorySize: 1024,
    timeout,
    handler: "index.handler",
    code: Code.fromAsset(join(code, name)),
    environment: variables,
    logGroup,
    role,
  });
};

/** A log kept for as long as the environment says; where data is protected, it also outlives its stack. */
export const keptLog = (stack: Stack, id: string, { logDays, protectData }: Environment) =>
  new LogGroup(stack, id, {
    retention: logDays,
    removalPolicy: protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
