import { environments, functionVariables } from "../environments.ts";

export const tableName = "bookshop-local";

/** Where a DynamoDB on this machine is, and credentials that nobody checks there. */
export const localStore = (endpoint: string): Record<string, string> => ({
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
  AWS_ENDPOINT_URL_DYNAMODB: endpoint,
});

/** Takes away whose credentials this process has: a profile would go before those given here, a token would go along. */
export function forgetCredentials(): void {
  // biome-ignore lint/style/noProcessEnv: where AWS's clients read them
  const environment = process.env;
  delete environment.AWS_PROFILE;
  delete environment.AWS_SESSION_TOKEN;
}

/** What the functions find in their environment here: dev's settings, with everything on this machine. */
export const localVariables = (here: {
  dynamoDbEndpoint: string;
  /** Where sign-in and its key set are served. */
  signInUrl: string;
  userPoolId: string;
  clientId: string;
}): Record<string, string> => ({
  ...functionVariables({
    tableName,
    userPoolId: here.userPoolId,
    clientId: here.clientId,
    jwksUri: `${here.signInUrl}/${here.userPoolId}/.well-known/jwks.json`,
    signInUrl: here.signInUrl,
    currency: environments.dev.currency,
    ordering: environments.dev.ordering,
  }),
  ...localStore(here.dynamoDbEndpoint),
  AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: here.signInUrl,
});
