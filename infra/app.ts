import { App } from "aws-cdk-lib";
import { ApiStack } from "./api-stack.ts";
import { bundle } from "./bundle.ts";
import { DataStack } from "./data-stack.ts";
import { type Environment, environmentNamed } from "./environments.ts";
import { IdentityStack } from "./identity-stack.ts";
import { OperationsStack } from "./operations-stack.ts";

/** The stacks one environment is made of; `code` is the folder with a bundle for each function. */
export const bookshop = (app: App, environment: Environment, code: string) => {
  const name = `bookshop-${environment.name}`;
  const data = new DataStack(app, `${name}-data`, { environment });
  const identity = new IdentityStack(app, `${name}-identity`, { environment, code });
  const api = new ApiStack(app, `${name}-api`, { environment, code, data, identity });
  const operations = new OperationsStack(app, `${name}-operations`, { environment, data, api });
  return { data, identity, api, operations };
};

const rules = {
  // What another stack uses cannot be taken away under it.
  "@aws-cdk/core:defaultCrossStackReferences": "strong",
  // A template that CloudFormation's schemas refuse fails the synthesis, and not first the deployment.
  "@aws-cdk/core:validateAgainstDefaultRules": true,
};

if (import.meta.main) {
  const app = new App({ context: rules });
  const environment = environmentNamed(app.node.tryGetContext("env"));
  if (environment) {
    await bundle(".build");
    bookshop(app, environment, ".build");
  } else {
    console.error("Which environment? Add -c env=dev, -c env=staging or -c env=prod.");
    process.exit(1);
  }
}
