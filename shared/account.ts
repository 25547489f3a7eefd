import {
  AdminDeleteUserCommand,
  AdminGetUserCommand,
  CognitoIdentityProviderClient,
  UserNotFoundException,
} from "@aws-sdk/client-cognito-identity-provider";
import * as z from "zod/mini";
import { config } from "./config.ts";
import { PlainJson1_1Protocol } from "./plain-json.ts";
import { temporarilyUnavailable } from "./refusal.ts";

/** What the user pool knows of a customer; times in RFC 3339. */
export type Account = { email: string | null; createdAt: string };

// beside six seconds for the table, within Lambda's ten
const longestMs = 3000;

const cognito = new CognitoIdentityProviderClient({
  maxAttempts: 2,
  protocol: PlainJson1_1Protocol,
  requestHandler: { connectionTimeout: 500, requestTimeout: 1500, throwOnRequestTimeout: true },
});

/** A user as it comes over the wire: times in seconds since 1970. */
const User = z.object({
  UserAttributes: z.array(z.object({ Name: z.string(), Value: z.optional(z.string()) })),
  UserCreateDate: z.number(),
});

const named = (customerId: string) => ({ UserPoolId: config.userPoolId, Username: customerId });

/** null where it has been deleted. @throws Refusal `temporarily-unavailable` where the pool does not answer */
export async function readAccount(customerId: string): Promise<Account | null> {
  const found = await asked((within) => cognito.send(new AdminGetUserCommand(named(customerId)), within));
  if (!found) return null;
  const { UserAttributes, UserCreateDate } = User.parse(found);
  return {
    email: UserAttributes.find(({ Name }) => Name === "email")?.Value ?? null,
    createdAt: new Date(UserCreateDate * 1000).toISOString(),
  };
}

/** Also where it has been deleted before. @throws Refusal `temporarily-unavailable` where the pool does not answer */
export const deleteAccount = (customerId: string): Promise<unknown> =>
  asked((within) => cognito.send(new AdminDeleteUserCommand(named(customerId)), within));

async function asked<T>(ask: (within: { abortSignal: AbortSignal }) => Promise<T>): Promise<T | null> {
  try {
    return await ask({ abortSignal: AbortSignal.timeout(longestMs) });
  } catch (error) {
    if (error instanceof UserNotFoundException) return null;
    const { name, $fault, $metadata } = error as { name: string; $fault?: string; $metadata?: object };
    const isLate = name === "AbortError";
    const isBusy = /^(TooManyRequests|Throttling)/.test(name);
    // what it refuses for good is a mistake of ours, as is what never reached it
    if (!isLate && !isBusy && (!$metadata || $fault === "client")) throw error;
    throw temporarilyUnavailable();
  }
}
