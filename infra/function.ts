import { join } from "node:path";
import { type Duration, RemovalPolicy, type Stack } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Environment } from "./environments.ts";

// CPU comes in proportion to memory, and a request waits mostly for CPU: with half of it, twice as long.
export const memoryMiB = 1024;

/** By which name a function stands in its environment, and in its metrics. */
export const functionName = ({ name }: Environment, called: string) => `bookshop-${name}-${called}`;

/** A bundled function with a role of its own, which may write this log and do what `rights` say. */
export const bundledFunction = (
  stack: Stack,
  name: string,
  options: {
    environment: Environment;
    code: string;
    logGroup: LogGroup;
    timeout: Duration;
    rights?: PolicyStatement[];
    variables?: Record<string, string>;
  },
) => {
  const { environment, code, logGroup, timeout, rights = [], variables = {} } = options;
  const writeLog = new PolicyStatement({
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [logGroup.logGroupArn],
  });
  const role = new Role(stack, `${name}-role`, {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    inlinePolicies: { rights: new PolicyDocument({ statements: [writeLog, ...rights] }) },
  });
  return new LambdaFunction(stack, name, {
    functionName: functionName(environment, name),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: memoryMiB,
    timeout,
    handler: "index.handler",
    code: Code.fromAsset(join(code, name)),
    environment: variables,
    logGroup,
    // Without Lambda's own three lines for each request; what goes wrong is a warning, and stays.
    loggingFormat: LoggingFormat.JSON,
    systemLogLevelV2: SystemLogLevel.WARN,
    role,
  });
};

/** A log kept for as long as the environment says; where data is protected, it also outlives its stack. */
export const keptLog = (stack: Stack, id: string, { logDays, protectData }: Environment) =>
  new LogGroup(stack, id, {
    retention: logDays,
    removalPolicy: protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
