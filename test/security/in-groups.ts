import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import { caller, issueTokens } from "../given.ts";
import { administer, cognito } from "../user-pool.ts";

/** Somebody of the local user pool at `url`, with tokens. */
export type Member = { email: string; sub: string; token: string; idToken: string };

/** Someone who has just signed up and is in these groups alone. */
export async function inGroups(
  groups: readonly ("customers" | "admins")[],
  { url = inject("url"), name = "somebody" } = {},
): Promise<Member> {
  const email = `${name}-${randomUUID()}@example.com`;
  await issueTokens(email, groups.includes("admins") ? "admins" : undefined, url);
  if (!groups.includes("customers")) {
    const membership = { UserPoolId: "us-east-1_local", Username: email, GroupName: "customers" };
    const { status } = await administer({ url }, cognito("AdminRemoveUserFromGroup"), membership);
    if (status !== 200) throw new Error(`Still a customer: ${status}`);
  }
  const { access_token: token, id_token: idToken } = await issueTokens(email, undefined, url);
  return { email, sub: caller(token).sub, token, idToken };
}
