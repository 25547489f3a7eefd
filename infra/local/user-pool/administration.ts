import { Hono } from "hono";
import * as z from "zod";
import { CognitoError } from "./cognito-error.ts";
import { isLocal } from "./local-addresses.ts";
import type { SignIns } from "./sign-ins.ts";
import type { Group, User, Users } from "./users.ts";

/** There is no mail here, so the code that it would bring is always this one. */
const mailedCode = "123456";

const Attributes = z.array(z.object({ Name: z.string(), Value: z.string().optional() })).default([]);
const Page = { Limit: z.int().min(0).max(60).default(60) };
const Token = z
  .string()
  .regex(/^[1-9][0-9]{0,14}$/, "Invalid pagination token")
  .default("0")
  .transform(Number);
const OfClient = z.object({ ClientId: z.string() });
const OfPool = z.object({ UserPoolId: z.string() });
const OfUser = OfPool.extend({ Username: z.string().min(1) });
const OfGroup = OfPool.extend({ GroupName: z.string().min(1) });

/** Cognito's API, as far as the bookshop and its people use it, and one operation of our own, `IssueTokens`. */
export function administration(pool: {
  userPoolId: string;
  clientId: string;
  users: Users;
  signIns: SignIns;
}) {
  const { userPoolId, clientId, users, signIns } = pool;

  const operation =
    <S extends z.ZodType>(schema: S, run: (input: z.output<S>) => unknown) =>
    (body: unknown) => {
      checkOwner(body);
      const input = schema.safeParse(body);
      if (input.success) return run(input.data);
      const [issue] = input.error.issues;
      throw new CognitoError("InvalidParameterException", `${issue?.path.join(".")}: ${issue?.message}`);
    };

  const checkOwner = (body: unknown) => {
    const { UserPoolId = userPoolId, ClientId = clientId } = z
      .object({ UserPoolId: z.string().optional(), ClientId: z.string().optional() })
      .catch({})
      .parse(body);
    if (UserPoolId !== userPoolId) {
      throw new CognitoError("ResourceNotFoundException", `User pool ${UserPoolId} does not exist.`);
    }
    if (ClientId !== clientId) {
      throw new CognitoError("ResourceNotFoundException", `User pool client ${ClientId} does not exist.`);
    }
  };

  const profile = (user: User) => ({
    Username: user.sub,
    UserCreateDate: user.created_at,
    UserLastModifiedDate: user.modified_at,
    Enabled: true,
    UserStatus: user.status,
  });
  const attributes = (user: User) => [
    { Name: "sub", Value: user.sub },
    { Name: "email", Value: user.email },
    { Name: "email_verified", Value: String(user.email_verified) },
  ];
  const listed = (user: User) => ({ ...profile(user), Attributes: attributes(user) });
  const describe = ({ name, created_at }: Group) => ({
    GroupName: name,
    UserPoolId: userPoolId,
    CreationDate: created_at,
    LastModifiedDate: created_at,
  });

  const byFilter = (filter: string): User[] => {
    const [, name, quoted] = /^\s*(email|sub)\s*=\s*"((?:[^"\\]|\\.)*)"\s*$/.exec(filter) ?? [];
    if (!name || quoted === undefined) {
      throw new CognitoError("InvalidParameterException", "Error while parsing filter.");
    }
    const value = quoted.replace(/\\(.)/g, "$1");
    const user = users.find(value);
    return user && (name === "sub") === (user.sub === value) ? [user] : [];
  };

  const operations: Record<string, (body: unknown) => unknown> = {
    "AWSCognitoIdentityProviderService.SignUp": operation(
      OfClient.extend({ Username: z.string(), Password: z.string() }),
      async ({ Username, Password }) => {
        const { sub } = await users.signUp(Username, Password);
        return { UserConfirmed: false, UserSub: sub };
      },
    ),
    "AWSCognitoIdentityProviderService.ConfirmSignUp": operation(
      OfClient.extend({ Username: z.string(), ConfirmationCode: z.string() }),
      async ({ Username, ConfirmationCode }) => {
        const user = users.named(Username);
        if (ConfirmationCode !== mailedCode) {
          throw new CognitoError(
            "CodeMismatchException",
            "Invalid verification code provided, please try again.",
          );
        }
        await users.confirm(user);
      },
    ),
    "AWSCognitoIdentityProviderService.InitiateAuth": operation(
      OfClient.extend({ AuthFlow: z.string().max(40) }),
      ({ AuthFlow }) => {
        throw new CognitoError("InvalidParameterException", `${AuthFlow} flow not enabled for this client`);
      },
    ),
    "AWSCognitoIdentityProviderService.AdminConfirmSignUp": operation(OfUser, async ({ Username }) => {
      await users.confirm(users.named(Username), { emailVerified: false });
    }),
    "AWSCognitoIdentityProviderService.AdminCreateUser": operation(
      OfUser.extend({ TemporaryPassword: z.string().optional(), UserAttributes: Attributes }),
      async ({ Username, TemporaryPassword, UserAttributes }) => {
        const user = await users.createByAdmin(Username, TemporaryPassword);
        const verified = UserAttributes.some(
          ({ Name, Value }) => Name === "email_verified" && Value === "true",
        );
        if (verified) users.setEmailVerified(user);
        return { User: listed(users.named(user.sub)) };
      },
    ),
    "AWSCognitoIdentityProviderService.AdminSetUserPassword": operation(
      OfUser.extend({ Password: z.string(), Permanent: z.boolean().default(false) }),
      ({ Username, Password, Permanent }) =>
        users.setPassword(users.named(Username), Password, { permanent: Permanent }),
    ),
    "AWSCognitoIdentityProviderService.AdminGetUser": operation(OfUser, ({ Username }) => {
      const user = users.named(Username);
      return { ...profile(user), UserAttributes: attributes(user) };
    }),
    "AWSCognitoIdentityProviderService.AdminDeleteUser": operation(OfUser, ({ Username }) => {
      users.remove(users.named(Username));
    }),
    "AWSCognitoIdentityProviderService.AdminAddUserToGroup": operation(
      OfUser.extend(OfGroup.shape),
      ({ Username, GroupName }) => {
        users.addToGroup(users.named(Username), users.group(GroupName));
      },
    ),
    "AWSCognitoIdentityProviderService.AdminRemoveUserFromGroup": operation(
      OfUser.extend(OfGroup.shape),
      ({ Username, GroupName }) => {
        users.removeFromGroup(users.named(Username), users.group(GroupName));
      },
    ),
    "AWSCognitoIdentityProviderService.AdminListGroupsForUser": operation(OfUser, ({ Username }) => ({
      Groups: users.groupsOf(users.named(Username)).map(describe),
    })),
    "AWSCognitoIdentityProviderService.ListGroups": operation(OfPool, () => ({
      Groups: users.groups().map(describe),
    })),
    "AWSCognitoIdentityProviderService.ListUsers": operation(
      OfPool.extend({ ...Page, Filter: z.string().default(""), PaginationToken: Token }),
      ({ Limit, Filter, PaginationToken }) => {
        if (Filter) return { Users: byFilter(Filter).map(listed) };
        const found = users.list(PaginationToken, Limit + 1);
        return { Users: found.slice(0, Limit).map(listed), PaginationToken: tokenAfter(found, Limit) };
      },
    ),
    "AWSCognitoIdentityProviderService.ListUsersInGroup": operation(
      OfGroup.extend({ ...Page, NextToken: Token }),
      ({ GroupName, Limit, NextToken }) => {
        const found = users.listOf(users.group(GroupName), NextToken, Limit + 1);
        return { Users: found.slice(0, Limit).map(listed), NextToken: tokenAfter(found, Limit) };
      },
    ),
    "LocalUserPool.IssueTokens": operation(
      z.object({ Username: z.string(), Group: z.string().optional() }),
      async ({ Username, Group }) => {
        const group = Group === undefined ? undefined : users.group(Group);
        const user = await users.welcomed(Username);
        if (group) users.addToGroup(user, group);
        return signIns.begin(user, { scope: "openid email", authTime: Math.floor(Date.now() / 1000) });
      },
    ),
  };

  return new Hono().post("/", async (c) => {
    try {
      // nothing else keeps a page of some other site away, since nobody signs these calls
      const origin = c.req.header("Origin");
      if (origin !== undefined && !isLocal(origin)) {
        throw new CognitoError("NotAuthorizedException", "Only pages of this machine may call this API.");
      }
      const target = c.req.header("X-Amz-Target") ?? "";
      const run = Object.hasOwn(operations, target) ? operations[target] : undefined;
      if (!run) throw new CognitoError("UnknownOperationException", "There is no such operation here.");
      const body: unknown = await c.req.json().catch(() => {
        throw new CognitoError("SerializationException", "The body is not JSON.");
      });
      return c.json((await run(body)) ?? {});
    } catch (error) {
      if (!(error instanceof CognitoError)) throw error;
      return c.json({ __type: error.name, message: error.message }, 400);
    }
  });
}

const tokenAfter = (found: User[], limit: number) =>
  found.length > limit ? String(found[limit - 1]?.number) : undefined;
