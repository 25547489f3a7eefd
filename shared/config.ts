import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";

// the small build has no words of its own
z.config(en());

const Text = z.string().check(z.minLength(1));
const Milliseconds = z.pipe(
  z.pipe(z.string().check(z.regex(/^\d+$/)), z.transform(Number)),
  z.int().check(z.gte(1)),
);

const Variables = z.object({
  TABLE_NAME: Text,
  USER_POOL_ID: Text,
  CLIENT_ID: Text,
  JWKS_URI: z.url(),
  SIGN_IN_URL: z.url(),
  CURRENCY: z.string().check(z.regex(/^[A-Z]{3}$/)),
  ORDERING: z.enum(["on", "paused"]),
  STORE_CONNECT_MS: Milliseconds,
  STORE_REQUEST_MS: Milliseconds,
  STORE_TOTAL_MS: Milliseconds,
});

// biome-ignore lint/style/noProcessEnv: the one place that reads it
const parsed = Variables.safeParse(process.env);
if (!parsed.success) throw new Error(`Settings missing or wrong: ${z.prettifyError(parsed.error)}`);
const variables = parsed.data;

/** What this function was told by its environment (infra/environments.ts, functionVariables); times in milliseconds. */
export const config = {
  tableName: variables.TABLE_NAME,
  userPoolId: variables.USER_POOL_ID,
  clientId: variables.CLIENT_ID,
  jwksUri: variables.JWKS_URI,
  signInUrl: variables.SIGN_IN_URL,
  currency: variables.CURRENCY,
  ordering: variables.ORDERING === "on",
  store: {
    connectMs: variables.STORE_CONNECT_MS,
    requestMs: variables.STORE_REQUEST_MS,
    totalMs: variables.STORE_TOTAL_MS,
  },
};
