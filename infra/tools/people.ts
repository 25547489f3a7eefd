import { randomBytes } from "node:crypto";
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminSetUserPasswordCommand,
  type AttributeType,
  CognitoIdentityProviderClient,
  paginateListUsers,
  paginateListUsersInGroup,
  UserNotFoundException,
  UsernameExistsException,
} from "@aws-sdk/client-cognito-identity-provider";
import { remoteCalls } from "./remote-calls.ts";
import type { Shop } from "./shop.ts";

/** Somebody with an account; `status` as Cognito has it. */
export type Person = { sub: string; email: string; status: string; createdAt: string };
export type Group = "admins" | "customers";
export type People = ReturnType<typeof peopleOf>;

const pageSize = 60;

/** The accounts of a shop, through Cognito's API. `who` is an e-mail or a sub. Reports on stderr how far a long list is. */
export function peopleOf({ name, userPoolId }: Shop) {
  const cognito = new CognitoIdentityProviderClient(remoteCalls);
  const ofPool = { UserPoolId: userPoolId };
  const pages = { client: cognito, pageSize };

  const find = async (who: string): Promise<Person> => {
    const user = await cognito
      .send(new AdminGetUserCommand({ ...ofPool, Username: who }))
      .catch((error: Error) => {
        if (error instanceof UserNotFoundException) throw new Error(`There is no account ${who} in ${name}.`);
        throw error;
      });
    return person(user.UserAttributes, user);
  };

  return {
    find,

    async groupsOf({ sub }: Person): Promise<string[]> {
      const { Groups = [] } = await cognito.send(
        new AdminListGroupsForUserCommand({ ...ofPool, Username: sub }),
      );
      return Groups.map(({ GroupName = "" }) => GroupName);
    },

    /**
     * A new account, with a password that Cognito makes its owner replace; no mail is sent. One that was made so and never
     * signed in gets another password: a `create` that broke off, or came too late, may be repeated.
     * @throws Error where somebody has this account already
     */
    async create(email: string): Promise<{ person: Person; temporaryPassword: string }> {
      const user = { ...ofPool, Username: email };
      // 96 random bits, and one of each kind of character that the pool asks for
      const temporaryPassword = `Aa1!${randomBytes(12).toString("base64url")}`;
      try {
        await cognito.send(
          new AdminCreateUserCommand({
            ...user,
            TemporaryPassword: temporaryPassword,
            MessageAction: "SUPPRESS",
            UserAttributes: [
              { Name: "email", Value: email },
              { Name: "email_verified", Value: "true" },
            ],
          }),
        );
      } catch (error) {
        if (!(error instanceof UsernameExistsException)) throw error;
        const { status } = await find(email);
        if (status === "UNCONFIRMED") throw unconfirmed(email);
        if (status !== "FORCE_CHANGE_PASSWORD")
          throw new Error(
            `${email} has an account in ${name} already: npm run admin -- grant makes it an admin.`,
          );
        await cognito.send(
          new AdminSetUserPasswordCommand({ ...user, Password: temporaryPassword, Permanent: false }),
        );
      }
      return { person: await find(email), temporaryPassword };
    },

    /** @throws Error where nobody has shown yet that the account's e-mail is theirs: whoever signed up chose its password */
    async add({ sub, email, status }: Person, group: Group): Promise<void> {
      if (status === "UNCONFIRMED") throw unconfirmed(email);
      await cognito.send(new AdminAddUserToGroupCommand({ ...ofPool, Username: sub, GroupName: group }));
    },

    async remove({ sub }: Person, group: Group): Promise<void> {
      await cognito.send(new AdminRemoveUserFromGroupCommand({ ...ofPool, Username: sub, GroupName: group }));
    },

    all: () => collected(paginateListUsers(pages, ofPool)),
    inGroup: (group: Group) => collected(paginateListUsersInGroup(pages, { ...ofPool, GroupName: group })),
  };
}

const unconfirmed = (email: string) =>
  new Error(`Somebody signed up as ${email} and has not confirmed that e-mail yet: a right would be theirs.`);

type User = {
  Attributes?: AttributeType[] | undefined;
  UserStatus?: string | undefined;
  UserCreateDate?: Date | undefined;
};

async function collected(pages: AsyncIterable<{ Users?: User[] | undefined }>): Promise<Person[]> {
  const people: Person[] = [];
  let page = 0;
  for await (const { Users = [] } of pages) {
    people.push(...Users.map((user) => person(user.Attributes, user)));
    if (++page % 10 === 0) console.error(`${people.length} accounts read ...`);
  }
  return people;
}

function person(attributes: AttributeType[] = [], { UserStatus = "", UserCreateDate }: User): Person {
  const attribute = (name: string) => attributes.find(({ Name }) => Name === name)?.Value ?? "";
  return {
    sub: attribute("sub"),
    email: attribute("email"),
    status: UserStatus,
    createdAt: UserCreateDate?.toISOString() ?? "",
  };
}
