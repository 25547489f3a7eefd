import { randomUUID } from "node:crypto";
import * as z from "zod";
import { refuse } from "./cognito-error.ts";
import { hashPassword, isPassword } from "./passwords.ts";
import type { Store } from "./store.ts";

const User = z.object({
  number: z.number(),
  sub: z.string(),
  email: z.string(),
  email_verified: z.number().transform(Boolean),
  password: z.string().nullable(),
  status: z.enum(["UNCONFIRMED", "CONFIRMED", "FORCE_CHANGE_PASSWORD"]),
  created_at: z.number(),
  modified_at: z.number(),
});
export type User = z.output<typeof User>;

const Group = z.object({ name: z.string(), created_at: z.number() });
export type Group = z.output<typeof Group>;

/** The post-confirmation trigger. */
export type OnConfirmed = (user: { sub: string; email: string }) => Promise<void>;
export type Users = ReturnType<typeof usersIn>;

/** The people of the pool and their groups. A name is a sub or an e-mail, as in a pool where one signs in by e-mail. */
export function usersIn({ sql }: Store, onConfirmed: OnConfirmed) {
  const beingWelcomed = new Map<string, Promise<void>>();
  const now = () => Date.now() / 1000;

  const find = (name: string): User | undefined =>
    User.optional().parse(sql.get`SELECT * FROM users WHERE sub = ${name} OR email = ${name}`);

  const named = (name: string): User => find(name) ?? refuse("UserNotFoundException", "User does not exist.");

  const create = (email: string, password: string | null, status: User["status"]): User => {
    if (!z.email().safeParse(email).success)
      refuse("InvalidParameterException", "Username should be an email.");
    if (find(email)) refuse("UsernameExistsException", "An account with the given email already exists.");
    const sub = randomUUID();
    sql.run`INSERT INTO users (sub, email, password, status, created_at, modified_at)
      VALUES (${sub}, ${email}, ${password}, ${status}, ${now()}, ${now()})`;
    return named(sub);
  };

  /** Confirmed first, then the trigger: if that fails, the user stays confirmed, as on AWS. */
  const confirm = async ({ sub, email, status }: User, { emailVerified = true } = {}): Promise<User> => {
    if (status !== "UNCONFIRMED") {
      refuse("NotAuthorizedException", `User cannot be confirmed. Current status is ${status}`);
    }
    sql.run`UPDATE users SET status = 'CONFIRMED', email_verified = ${Number(emailVerified)}, modified_at = ${now()}
      WHERE sub = ${sub}`;
    const welcome = onConfirmed({ sub, email })
      .catch((error) =>
        refuse("UserLambdaValidationException", `PostConfirmation failed with error ${error.message}`),
      )
      .finally(() => beingWelcomed.delete(sub));
    beingWelcomed.set(sub, welcome);
    await welcome;
    return named(sub);
  };

  const setPassword = async ({ sub }: User, password: string, { permanent }: { permanent: boolean }) => {
    const status = permanent ? "CONFIRMED" : "FORCE_CHANGE_PASSWORD";
    sql.run`UPDATE users SET password = ${await hashPassword(password)}, status = ${status}, modified_at = ${now()}
      WHERE sub = ${sub}`;
  };

  const group = (name: string): Group =>
    Group.optional().parse(sql.get`SELECT * FROM groups WHERE name = ${name}`) ??
    refuse("ResourceNotFoundException", "Group not found.");

  return {
    find,
    named,
    confirm,
    group,

    /** The user with this e-mail, signed up if there is none, and welcomed: also when another request is at it. */
    async welcomed(email: string): Promise<User> {
      const user = find(email) ?? create(email, null, "UNCONFIRMED");
      if (user.status === "UNCONFIRMED") return confirm(user);
      await beingWelcomed.get(user.sub);
      return user;
    },

    signUp: async (email: string, password: string) =>
      create(email, await hashPassword(password), "UNCONFIRMED"),

    async createByAdmin(email: string, password: string | undefined, { emailVerified = false }) {
      const hash = password === undefined ? null : await hashPassword(password);
      const { sub } = create(email, hash, "FORCE_CHANGE_PASSWORD");
      sql.run`UPDATE users SET email_verified = ${Number(emailVerified)} WHERE sub = ${sub}`;
      return named(sub);
    },

    /**
     * The user with this e-mail and password; a wrong password and an unknown user sound the same. A password that an
     * administrator gave has to be replaced: by `newPassword`, or it is a NewPasswordRequiredException.
     */
    async authenticate(name: string, password: string, newPassword?: string): Promise<User> {
      const known = find(name);
      const right = await isPassword(password, known?.password ?? null);
      // that took its time, and the account may have gone
      const user = known && find(known.sub);
      if (!user || !right) return refuse("NotAuthorizedException", "Incorrect username or password.");
      if (user.status === "UNCONFIRMED") refuse("UserNotConfirmedException", "User is not confirmed.");
      if (user.status !== "FORCE_CHANGE_PASSWORD") return user;
      if (newPassword === undefined) refuse("NewPasswordRequiredException", "Choose a password of your own.");
      await setPassword(user, newPassword, { permanent: true });
      return named(user.sub);
    },

    setPassword,

    remove: ({ sub }: User) => sql.run`DELETE FROM users WHERE sub = ${sub}`,

    addToGroup: ({ sub }: User, { name }: Group) =>
      sql.run`INSERT OR IGNORE INTO memberships (sub, group_name) VALUES (${sub}, ${name})`,
    removeFromGroup: ({ sub }: User, { name }: Group) =>
      sql.run`DELETE FROM memberships WHERE sub = ${sub} AND group_name = ${name}`,

    groups: () => z.array(Group).parse(sql.all`SELECT * FROM groups ORDER BY name`),
    groupsOf: ({ sub }: User) =>
      z
        .array(Group)
        .parse(
          sql.all`SELECT groups.* FROM groups JOIN memberships ON group_name = name WHERE sub = ${sub} ORDER BY name`,
        ),

    /** A page in the order they came. */
    list: (after: number, limit: number) =>
      pageOf(sql.all`SELECT * FROM users WHERE number > ${after} ORDER BY number LIMIT ${limit + 1}`, limit),
    listOf: ({ name }: Group, after: number, limit: number) =>
      pageOf(
        sql.all`SELECT users.* FROM users JOIN memberships USING (sub)
          WHERE group_name = ${name} AND number > ${after} ORDER BY number LIMIT ${limit + 1}`,
        limit,
      ),
  };
}

/** The page that these rows begin with, and after which number the next one starts, if there is one. */
function pageOf(rows: unknown[], limit: number): { page: User[]; next: string | undefined } {
  const page = z.array(User).parse(rows.slice(0, limit));
  return { page, next: rows.length > limit ? String(page.at(-1)?.number) : undefined };
}
