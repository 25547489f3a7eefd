import { functionVariables } from "../environments.ts";
import { forgetCredentials } from "../local/environment.ts";

type Names = Parameters<typeof functionVariables>[0];

/** What the functions find in their environment, for a tool: none reads a token, and few places orders or know people. */
export const settingsOf = (shop: Pick<Names, "tableName" | "currency"> & Partial<Names>) =>
  functionVariables({
    userPoolId: "-",
    clientId: "-",
    jwksUri: "https://127.0.0.1",
    signInUrl: "https://127.0.0.1",
    ordering: false,
    ...shop,
  });

/**
 * From here on AWS's clients and the functions' own code, loaded after this, find these variables in this process's
 * environment.
 */
export function actAsShop(variables: Record<string, string>): void {
  // biome-ignore lint/style/noProcessEnv: where that code reads them
  const environment = process.env;
  if ("AWS_ACCESS_KEY_ID" in variables) forgetCredentials();
  Object.assign(environment, variables);
}
