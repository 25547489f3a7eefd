import { randomUUID } from "node:crypto";
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminInitiateAuthCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  UserNotFoundException,
} from "@aws-sdk/client-cognito-identity-provider";
import type { Deployed } from "./deployed.ts";
import { remoteCalls } from "./remote-calls.ts";

/** Accounts for a test of a deployed environment that has `operatorSignIn`: no mail is sent, and `remove` leaves none. */
export function throwAwayAccounts({ environment, region, userPoolId, clientId }: Deployed) {
  const cognito = new CognitoIdentityProviderClient({ ...remoteCalls, region });
  const made: string[] = [];

  return {
    /** An access token of a new account in these groups. @throws Error where operators may not sign in */
    async signIn(email: string, groups: string[]): Promise<string> {
      if (!environment.operatorSignIn)
        throw new Error(`Operators may not sign customers of ${environment.name} in: operatorSignIn is off.`);
      const user = { UserPoolId: userPoolId, Username: email };
      const password = `Aa1!${randomUUID()}`;
      await cognito.send(
        new AdminCreateUserCommand({
          ...user,
          MessageAction: "SUPPRESS",
          UserAttributes: [
            { Name: "email", Value: email },
            { Name: "email_verified", Value: "true" },
          ],
        }),
      );
      made.push(email);
      await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: password, Permanent: true }));
      for (const group of groups)
        await cognito.send(new AdminAddUserToGroupCommand({ ...user, GroupName: group }));
      const { AuthenticationResult } = await cognito.send(
        new AdminInitiateAuthCommand({
          UserPoolId: userPoolId,
          ClientId: clientId,
          AuthFlow: "ADMIN_USER_PASSWORD_AUTH",
          AuthParameters: { USERNAME: email, PASSWORD: password },
        }),
      );
      if (!AuthenticationResult?.AccessToken) throw new Error("Cognito asked for more than a password.");
      return AuthenticationResult.AccessToken;
    },

    /** Deletes every account that was made. */
    async remove(): Promise<void> {
      for (const email of made.splice(0))
        await cognito
          .send(new AdminDeleteUserCommand({ UserPoolId: userPoolId, Username: email }))
          .catch((error) => {
            // it may have erased itself
            if (!(error instanceof UserNotFoundException)) throw error;
          });
    },
  };
}
