import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { type Environment, environmentNamed } from "../environments.ts";
import { remoteCalls } from "./remote-calls.ts";

/** Where an environment stands, as the outputs of its stack say. */
export type Deployed = {
  environment: Environment;
  region: string;
  /** Without a slash at its end. */
  apiUrl: string;
  userPoolId: string;
  clientId: string;
  tableName: string;
  signInUrl: string;
};

/**
 * The deployed environment of that name, in the account and region of the usual AWS variables and files.
 * @throws Error in one line where there is none, or AWS does not say
 */
export async function deployed(name: unknown): Promise<Deployed> {
  const environment = environmentNamed(name);
  if (!environment) throw new Error("Which environment? Add --env dev, --env staging or --env prod.");
  const cloudFormation = new CloudFormationClient(remoteCalls);
  const region = await cloudFormation.config.region().catch(() => {
    throw new Error("Which region? Set AWS_REGION.");
  });
  const stackName = `bookshop-${environment.name}-api`;
  const { Stacks: [stack] = [] } = await cloudFormation
    .send(new DescribeStacksCommand({ StackName: stackName }))
    .catch(({ message }: Error) => {
      throw new Error(`No stack ${stackName} in ${region}: ${message}`);
    });
  const output = (key: string) => {
    const value = stack?.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
    if (value === undefined) throw new Error(`The stack ${stackName} has no output ${key}: deploy it again.`);
    return value;
  };
  return {
    environment,
    region,
    apiUrl: output("ApiUrl").replace(/\/$/, ""),
    userPoolId: output("UserPoolId"),
    clientId: output("ClientId"),
    tableName: output("TableName"),
    signInUrl: output("SignInUrl"),
  };
}
