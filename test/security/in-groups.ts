import { randomUUID } from "node:crypto";
import { inject } from "vitest";

/** Somebody of the local user pool at `url`, with tokens. */
export type Account = { email: string; sub: string; token: string; idToken: string };

/** Someone who has just signed up and is in these groups alone. */
export async function inGroups(
  groups: readonly ("customers" | "admins")[],
  { url = inject("url"), name = "somebody" } = {},
): Promise<Account> {
  const email = `${name}-${randomUUID()}@example.com`;
  const asked = async (operation: string, body: object) => {
    const headers = { "x-amz-target": operation };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`);
    return (await answer.json()) as Record<string, string>;
  };
  const issue = (Group?: "admins") =>
    asked("LocalUserPool.IssueTokens", { Username: email, ...(Group && { Group }) });

  await issue(groups.includes("admins") ? "admins" : undefined);
  if (!groups.includes("customers"))
    await asked("AWSCognitoIdentityProviderService.AdminRemoveUserFromGroup", {
      UserPoolId: "us-east-1_local",
      Username: email,
      GroupName: "customers",
    });
  const { access_token: token = "", id_token: idToken = "" } = await issue();
  return { email, sub: JSON.parse(atob(token.split(".")[1] ?? "")).sub, token, idToken };
}
