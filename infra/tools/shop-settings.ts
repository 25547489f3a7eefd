import { functionVariables } from "../environments.ts";

/**
 * Lets a tool use the functions' own code, which reads its settings when it is loaded: called before that is imported.
 * `endpoint` null means AWS.
 */
export function actAsShop(shop: { tableName: string; endpoint: string | null; currency: string }): void {
  const settings = functionVariables({
    tableName: shop.tableName,
    userPoolId: "-",
    clientId: "-",
    jwksUri: "https://127.0.0.1",
    signInUrl: "https://127.0.0.1",
    currency: shop.currency,
    ordering: false,
  });
  const local = {
    AWS_ENDPOINT_URL_DYNAMODB: shop.endpoint ?? "",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
  };
  // biome-ignore lint/style/noProcessEnv: where that code reads them
  Object.assign(process.env, settings, shop.endpoint !== null && local);
}
