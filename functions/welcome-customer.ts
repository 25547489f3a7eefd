import {
  AdminAddUserToGroupCommand,
  CognitoIdentityProviderClient,
} from "@aws-sdk/client-cognito-identity-provider";
import type { PostConfirmationTriggerEvent } from "aws-lambda";
import { logLine } from "../shared/log.ts";
import { PlainJson1_1Protocol } from "../shared/plain-json.ts";

// Cognito waits five seconds for a trigger: two tries fit into them.
const longestMs = 4000;
const cognito = new CognitoIdentityProviderClient({
  maxAttempts: 2,
  protocol: PlainJson1_1Protocol,
  requestHandler: { connectionTimeout: 500, requestTimeout: 1500, throwOnRequestTimeout: true },
});

/**
 * Cognito's post-confirmation trigger: whoever signs up becomes a customer. Adding somebody again is harmless, so
 * after a failure `npm run admin -- repair` simply does it.
 */
export const handler = async (event: PostConfirmationTriggerEvent): Promise<PostConfirmationTriggerEvent> => {
  if (event.triggerSource !== "PostConfirmation_ConfirmSignUp") return event;
  const { userPoolId, userName } = event;
  try {
    await cognito.send(
      new AdminAddUserToGroupCommand({ UserPoolId: userPoolId, Username: userName, GroupName: "customers" }),
      { abortSignal: AbortSignal.timeout(longestMs) },
    );
  } catch (error) {
    const reason = error instanceof Error ? error.name : "unknown";
    logLine({ message: "welcome-customer failed", userPoolId, userName, reason });
    throw error;
  }
  return event;
};
