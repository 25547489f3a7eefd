import { Hono } from "hono";
import * as z from "zod";
import { isLocal } from "../local-addresses.ts";
import { CognitoError, refuse } from "./cognito-error.ts";
import type { SignIns } from "./sign-ins.ts";
import type { Group, User, Users } from "./users.ts";

/** There is no mail here, so the code that it would bring is always this one. */
const mailedCode = "123456";

const Owner = z.object({ UserPoolId: z.string().optional(), ClientId: z.string().optional() }).catch({});
const OfClient = z.object({ ClientId: z.string() });
const OfPool = z.object({ UserPoolId: z.string() });
const OfGroup = OfPool.extend({ GroupName: z.string() });
const OfUser = OfPool.extend({ Username: z.string() });
const Membership = OfUser.extend({ GroupName: z.string() });
const Attribute = z.object({ Name: z.string(), Value: z.string().optional() });
const Limit = z.int().min(1).max(60).default(60);
/** The number of the last user of the page before. */
const PageToken = z
  .string()
  .regex(/^[0-9]{1,15}$/, "Invalid token")
  .default("0");

type Pool = { userPoolId: string; clientId: string; users: Users; signIns: SignIns };
type Operation = (body: unknown) => unknown;

/** Cognito's API, as far as the bookshop and its people use it, and one operation of our own. */
export function administration(pool: Pool) {
  const operations = new Map<string, Operation>([
    ...prefixed("AWSCognitoIdentityProviderService", operationsOfCognito(pool)),
    ...prefixed("LocalUserPool", { IssueTokens: issueTokens(pool) }),
  ]);

  const run = (target: string, body: unknown) => {
    const operation = operations.get(target);
    if (!operation) return refuse("UnknownOperationException", "There is no such operation here.");
    checkOwner(pool, body);
    return operation(body);
  };

  return new Hono().post("/", async (c) => {
    try {
      // nobody signs these calls, so nothing else keeps the pages of other sites away
      const origin = c.req.header("Origin");
      if (origin && !isLocal(origin))
        refuse("NotAuthorizedException", "Only pages of this machine may call this.");
      const body = await c.req.json().catch(() => refuse("SerializationException", "The body is not JSON."));
      return c.json((await run(c.req.header("X-Amz-Target") ?? "", body)) ?? {});
    } catch (error) {
      if (!(error instanceof CognitoError)) throw error;
      return c.json({ __type: error.name, message: error.message }, 400);
    }
  });
}

/** Tokens for trying things out, of a user who is made if there is none. */
const issueTokens = ({ users, signIns }: Pool) =>
  operation(z.object({ Username: z.string(), Group: z.string().optional() }), async ({ Username, Group }) => {
    const group = Group === undefined ? undefined : users.group(Group);
    const user = await users.welcomed(Username);
    if (group) users.addToGroup(user, group);
    return signIns.begin(user, { scope: "openid email", authTime: Math.floor(Date.now() / 1000) });
  });

function operationsOfCognito({ userPoolId, users }: Pool): Record<string, Operation> {
  const described = ({ name, created_at }: Group) => ({
    GroupName: name,
    UserPoolId: userPoolId,
    CreationDate: created_at,
    LastModifiedDate: created_at,
  });

  return {
    SignUp: operation(
      OfClient.extend({ Username: z.string(), Password: z.string() }),
      async ({ Username, Password }) => {
        const { sub } = await users.signUp(Username, Password);
        return { UserConfirmed: false, UserSub: sub };
      },
    ),
    ConfirmSignUp: operation(
      OfClient.extend({ Username: z.string(), ConfirmationCode: z.string() }),
      async ({ Username, ConfirmationCode }) => {
        const user = users.named(Username);
        if (ConfirmationCode !== mailedCode)
          refuse("CodeMismatchException", "Invalid verification code provided.");
        await users.confirm(user);
      },
    ),
    InitiateAuth: operation(OfClient.extend({ AuthFlow: z.string().max(40) }), ({ AuthFlow }) =>
      refuse("InvalidParameterException", `${AuthFlow} flow not enabled for this client`),
    ),
    AdminConfirmSignUp: operation(OfUser, async ({ Username }) => {
      await users.confirm(users.named(Username), { emailVerified: false });
    }),
    AdminCreateUser: operation(
      OfUser.extend({
        TemporaryPassword: z.string().optional(),
        UserAttributes: z.array(Attribute).default([]),
      }),
      async ({ Username, TemporaryPassword, UserAttributes }) => {
        const emailVerified = UserAttributes.some((a) => a.Name === "email_verified" && a.Value === "true");
        return { User: listed(await users.createByAdmin(Username, TemporaryPassword, { emailVerified })) };
      },
    ),
    AdminSetUserPassword: operation(
      OfUser.extend({ Password: z.string(), Permanent: z.boolean().default(false) }),
      ({ Username, Password, Permanent }) =>
        users.setPassword(users.named(Username), Password, { permanent: Permanent }),
    ),
    AdminGetUser: operation(OfUser, ({ Username }) => {
      const { Attributes, ...profile } = listed(users.named(Username));
      return { ...profile, UserAttributes: Attributes };
    }),
    AdminDeleteUser: operation(OfUser, ({ Username }) => users.remove(users.named(Username))),
    AdminAddUserToGroup: operation(Membership, ({ Username, GroupName }) =>
      users.addToGroup(users.named(Username), users.group(GroupName)),
    ),
    AdminRemoveUserFromGroup: operation(Membership, ({ Username, GroupName }) =>
      users.removeFromGroup(users.named(Username), users.group(GroupName)),
    ),
    AdminListGroupsForUser: operation(OfUser, ({ Username }) => ({
      Groups: users.groupsOf(users.named(Username)).map(described),
    })),
    ListGroups: operation(OfPool, () => ({ Groups: users.groups().map(described) })),
    ListUsersInGroup: operation(
      OfGroup.extend({ Limit, NextToken: PageToken }),
      ({ GroupName, Limit, NextToken }) => {
        const { page, next } = users.listOf(users.group(GroupName), Number(NextToken), Limit);
        return { Users: page.map(listed), NextToken: next };
      },
    ),
    ListUsers: operation(
      OfPool.extend({ Filter: z.string().optional(), Limit, PaginationToken: PageToken }),
      ({ Filter, Limit, PaginationToken }) => {
        if (Filter) return { Users: filtered(users, Filter).map(listed) };
        const { page, next } = users.list(Number(PaginationToken), Limit);
        return { Users: page.map(listed), PaginationToken: next };
      },
    ),
  };
}

const prefixed = (service: string, operations: Record<string, Operation>) =>
  Object.entries(operations).map(([name, run]): [string, Operation] => [`${service}.${name}`, run]);

function operation<S extends z.ZodType>(schema: S, run: (input: z.output<S>) => unknown): Operation {
  return (body) => {
    const input = schema.safeParse(body);
    if (input.success) return run(input.data);
    const [issue] = input.error.issues;
    return refuse("InvalidParameterException", `${issue?.path.join(".")}: ${issue?.message}`);
  };
}

/** Another pool or client is unknown, whatever else the request says. */
function checkOwner({ userPoolId, clientId }: Pool, body: unknown): void {
  const { UserPoolId = userPoolId, ClientId = clientId } = Owner.parse(body);
  if (UserPoolId !== userPoolId)
    refuse("ResourceNotFoundException", `User pool ${UserPoolId} does not exist.`);
  if (ClientId !== clientId)
    refuse("ResourceNotFoundException", `User pool client ${ClientId} does not exist.`);
}

/** A user as the API shows one. */
const listed = (user: User) => ({
  Username: user.sub,
  Attributes: [
    { Name: "sub", Value: user.sub },
    { Name: "email", Value: user.email },
    { Name: "email_verified", Value: String(user.email_verified) },
  ],
  UserCreateDate: user.created_at,
  UserLastModifiedDate: user.modified_at,
  Enabled: true,
  UserStatus: user.status,
});

function filtered(users: Users, filter: string): User[] {
  const [, name, quoted] = /^\s*(email|sub)\s*=\s*"((?:[^"\\]|\\.)*)"\s*$/.exec(filter) ?? [];
  if (quoted === undefined) return refuse("InvalidParameterException", "Error while parsing filter.");
  const value = quoted.replace(/\\(.)/g, "$1");
  const user = users.find(value);
  return user && (name === "sub") === (user.sub === value) ? [user] : [];
}
