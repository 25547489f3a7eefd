import { once } from "node:events";
import type { AddressInfo } from "node:net";
import {
  AdminAddUserToGroupCommand,
  AdminConfirmSignUpCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminGetUserCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminSetUserPasswordCommand,
  type AttributeType,
  CognitoIdentityProviderClient,
  ConfirmSignUpCommand,
  InitiateAuthCommand,
  ListGroupsCommand,
  ListUsersCommand,
  ListUsersInGroupCommand,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { serve } from "@hono/node-server";
import type { PostConfirmationTriggerEvent } from "aws-lambda";
import { decodeJwt } from "jose";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { administer, reader as aPerson, aPool as aPlainPool } from "./user-pool.ts";

const { email: reader, password } = aPerson;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

type Confirmed = { sub: string; email: string };

/** A user pool on a port of its own, and AWS's client for it. */
async function aPool({ onConfirmed = async (_: Confirmed) => {} } = {}) {
  const pool = await aPlainPool({ onConfirmed });
  const cognito = new CognitoIdentityProviderClient({
    endpoint: pool.url,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  onTestFinished(() => cognito.destroy());
  const ofPool = { UserPoolId: pool.userPoolId };
  const groupsOf = async (Username: string) => {
    const { Groups = [] } = await cognito.send(new AdminListGroupsForUserCommand({ ...ofPool, Username }));
    return Groups.map(({ GroupName }) => GroupName);
  };
  const get = (Username: string) => cognito.send(new AdminGetUserCommand({ ...ofPool, Username }));
  const signUp = (Username = reader, Password = password) =>
    cognito.send(new SignUpCommand({ ClientId: pool.clientId, Username, Password }));
  return { ...pool, ofPool, groupsOf, get, signUp, send: cognito.send.bind(cognito) as typeof cognito.send };
}
type Pool = Awaited<ReturnType<typeof aPool>>;

const tokensFor = (pool: Pool, body: unknown, headers: Record<string, string> = {}) =>
  administer(pool, "LocalUserPool.IssueTokens", body, headers);

const verifiedEmail = ({ UserAttributes = [] }: { UserAttributes?: AttributeType[] | undefined }) =>
  UserAttributes.find(({ Name }) => Name === "email_verified")?.Value;

describe("Somebody who signs up through Cognito's API", () => {
  test("is confirmed by the code that a mail would bring, and by no other", async () => {
    const confirmed = vi.fn(async (_: Confirmed) => {});
    const pool = await aPool({ onConfirmed: confirmed });
    const { UserConfirmed, UserSub = "" } = await pool.signUp();
    const confirm = (ConfirmationCode: string) =>
      pool.send(new ConfirmSignUpCommand({ ClientId: pool.clientId, Username: reader, ConfirmationCode }));

    expect(UserConfirmed).toBe(false);
    expect(await pool.get(reader)).toMatchObject({ Username: UserSub, UserStatus: "UNCONFIRMED" });
    await expect(confirm("654321")).rejects.toMatchObject({ name: "CodeMismatchException" });
    expect(confirmed).not.toHaveBeenCalled();
    await confirm("123456");

    expect(confirmed).toHaveBeenCalledExactlyOnceWith({ sub: UserSub, email: reader });
    const user = await pool.get(UserSub);
    expect(user.UserStatus).toBe("CONFIRMED");
    expect(user.UserCreateDate).toBeInstanceOf(Date);
    expect(verifiedEmail(user)).toBe("true");
    await expect(confirm("123456")).rejects.toMatchObject({ name: "NotAuthorizedException" });
    expect(confirmed).toHaveBeenCalledOnce();
  });

  test("may be confirmed by an administrator, which proves no e-mail", async () => {
    const confirmed = vi.fn(async (_: Confirmed) => {});
    const pool = await aPool({ onConfirmed: confirmed });
    await pool.signUp();

    await pool.send(new AdminConfirmSignUpCommand({ ...pool.ofPool, Username: reader }));

    expect(confirmed).toHaveBeenCalledOnce();
    expect(verifiedEmail(await pool.get(reader))).toBe("false");
  });

  test("cannot sign in at the page before that", async () => {
    const pool = await aPool();
    await pool.signUp();
    const query = new URLSearchParams({
      response_type: "code",
      client_id: pool.clientId,
      redirect_uri: "http://localhost:5173/callback",
      code_challenge: "c".repeat(43),
      code_challenge_method: "S256",
    });
    const signIn = () =>
      fetch(`${pool.url}/login?${query}`, {
        method: "POST",
        body: new URLSearchParams({ email: reader, password }),
        redirect: "manual",
      });

    expect(await (await signIn()).text()).toContain("User is not confirmed.");
    await pool.send(new AdminConfirmSignUpCommand({ ...pool.ofPool, Username: reader }));
    expect((await signIn()).status).toBe(302);
    const temporary = { ...pool.ofPool, Username: reader, Password: password };
    await pool.send(new AdminSetUserPasswordCommand(temporary));
    expect(await (await signIn()).text()).toContain("Choose a password of your own.");
    await pool.send(new AdminSetUserPasswordCommand({ ...temporary, Permanent: true }));
    expect((await signIn()).status).toBe(302);
  });

  test("is refused a weak password, a second account, and a name that is no e-mail", async () => {
    const pool = await aPool();
    await pool.signUp();

    await expect(pool.signUp("other@example.com", "weak")).rejects.toMatchObject({
      name: "InvalidPasswordException",
    });
    await expect(pool.signUp("Reader@EXAMPLE.com")).rejects.toMatchObject({
      name: "UsernameExistsException",
    });
    await expect(pool.signUp("reader")).rejects.toMatchObject({ name: "InvalidParameterException" });
  });

  test("cannot sign in there by password, as with the deployed client", async () => {
    const pool = await aPool();
    const attempt = new InitiateAuthCommand({
      ClientId: pool.clientId,
      AuthFlow: "USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME: reader, PASSWORD: password },
    });

    await expect(pool.send(attempt)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "USER_PASSWORD_AUTH flow not enabled for this client",
    });
  });

  test("stays confirmed when the trigger fails, and is told so", async () => {
    const pool = await aPool({ onConfirmed: () => Promise.reject(new Error("no group today")) });
    await pool.signUp();
    const confirm = new AdminConfirmSignUpCommand({ ...pool.ofPool, Username: reader });

    await expect(pool.send(confirm)).rejects.toMatchObject({
      name: "UserLambdaValidationException",
      message: "PostConfirmation failed with error no group today",
    });

    expect((await pool.get(reader)).UserStatus).toBe("CONFIRMED");
  });
});

describe("An administrator", () => {
  test("creates a user, who is nobody's sign-up, and removes them again", async () => {
    const confirmed = vi.fn(async (_: Confirmed) => {});
    const pool = await aPool({ onConfirmed: confirmed });
    const Username = reader;

    const { User } = await pool.send(
      new AdminCreateUserCommand({
        ...pool.ofPool,
        Username,
        TemporaryPassword: password,
        MessageAction: "SUPPRESS",
        UserAttributes: [
          { Name: "email", Value: reader },
          { Name: "email_verified", Value: "true" },
        ],
      }),
    );
    expect(User).toMatchObject({ Enabled: true, UserStatus: "FORCE_CHANGE_PASSWORD" });
    const attributes = [
      { Name: "sub", Value: User?.Username },
      { Name: "email", Value: reader },
      { Name: "email_verified", Value: "true" },
    ];
    expect(User?.Attributes).toEqual(attributes);
    expect((await pool.get("READER@example.com")).UserAttributes).toEqual(attributes);
    await pool.send(
      new AdminSetUserPasswordCommand({ ...pool.ofPool, Username, Password: password, Permanent: true }),
    );
    expect((await pool.get(Username)).UserStatus).toBe("CONFIRMED");
    expect(confirmed).not.toHaveBeenCalled();

    await pool.send(new AdminDeleteUserCommand({ ...pool.ofPool, Username }));
    await expect(pool.get(Username)).rejects.toMatchObject({ name: "UserNotFoundException" });
  });

  test("puts a user into groups, harmlessly twice, and takes them out", async () => {
    const pool = await aPool();
    const { UserSub: Username = "" } = await pool.signUp();
    const add = (GroupName: string) =>
      pool.send(new AdminAddUserToGroupCommand({ ...pool.ofPool, Username, GroupName }));

    const { Groups } = await pool.send(new ListGroupsCommand(pool.ofPool));
    expect(Groups?.map(({ GroupName }) => GroupName)).toEqual(["admins", "customers"]);
    await add("customers");
    await add("admins");
    await add("admins");
    expect(await pool.groupsOf(reader)).toEqual(["admins", "customers"]);
    const inGroup = new ListUsersInGroupCommand({ ...pool.ofPool, GroupName: "admins" });
    expect(await pool.send(inGroup)).toMatchObject({ Users: [{ Username }] });
    const { body } = await tokensFor(pool, { Username: reader });
    expect(decodeJwt(body.access_token ?? "")["cognito:groups"]).toEqual(["admins", "customers"]);

    await pool.send(new AdminRemoveUserFromGroupCommand({ ...pool.ofPool, Username, GroupName: "admins" }));
    expect(await pool.groupsOf(Username)).toEqual(["customers"]);
    await expect(add("superadmins")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  test("finds users by e-mail and sub, and pages through all of them", async () => {
    const pool = await aPool();
    const subs: string[] = [];
    for (const name of ["ada", "ben", "eve"])
      subs.push((await pool.signUp(`${name}@example.com`)).UserSub ?? "");
    const list = (input: object) => pool.send(new ListUsersCommand({ ...pool.ofPool, ...input }));
    const found = async (Filter: string) => (await list({ Filter })).Users?.map(({ Username }) => Username);

    expect(await found('email = "ben@example.com"')).toEqual([subs[1]]);
    expect(await found(`sub = "${subs[2]}"`)).toEqual([subs[2]]);
    expect(await found('sub = "ben@example.com"')).toEqual([]);
    expect(await found('email = "nobody@example.com"')).toEqual([]);
    await expect(found("email = ben")).rejects.toMatchObject({ name: "InvalidParameterException" });

    const first = await list({ Limit: 2 });
    expect(first.Users?.map(({ Username }) => Username)).toEqual(subs.slice(0, 2));
    const second = await list({ Limit: 2, PaginationToken: first.PaginationToken });
    expect(second.Users?.map(({ Username }) => Username)).toEqual(subs.slice(2));
    expect(second.PaginationToken).toBeUndefined();
    await expect(list({ PaginationToken: "x" })).rejects.toMatchObject({ name: "InvalidParameterException" });
  });

  test("pages through a group, however others come and go meanwhile", async () => {
    const pool = await aPool();
    const subs: string[] = [];
    for (const name of ["ada", "ben", "eve", "joe"]) {
      const { UserSub: Username = "" } = await pool.signUp(`${name}@example.com`);
      subs.push(Username);
      if (name === "joe") continue;
      await pool.send(new AdminAddUserToGroupCommand({ ...pool.ofPool, Username, GroupName: "admins" }));
    }
    const list = (input: object) =>
      pool.send(new ListUsersInGroupCommand({ ...pool.ofPool, GroupName: "admins", ...input }));

    const first = await list({ Limit: 2 });
    await pool.send(new AdminDeleteUserCommand({ ...pool.ofPool, Username: "ben@example.com" }));
    const second = await list({ Limit: 2, NextToken: first.NextToken });

    expect(first.Users?.map(({ Username }) => Username)).toEqual(subs.slice(0, 2));
    expect(second.Users?.map(({ Username }) => Username)).toEqual([subs[2]]);
    expect(second.NextToken).toBeUndefined();
    await expect(list({ Limit: 61 })).rejects.toMatchObject({ name: "InvalidParameterException" });
    await expect(list({ NextToken: "x" })).rejects.toMatchObject({ name: "InvalidParameterException" });
    await expect(list({ GroupName: "owners" })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  test("is told by name what does not exist", async () => {
    const pool = await aPool();
    const Username = "nobody@example.com";

    await expect(
      pool.send(new AdminGetUserCommand({ UserPoolId: "us-east-1_other", Username })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(
      pool.send(new SignUpCommand({ ClientId: "other", Username, Password: password })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await expect(pool.get(Username)).rejects.toMatchObject({ name: "UserNotFoundException" });
    expect(await administer(pool, "AWSCognitoIdentityProviderService.CreateUserPool", {})).toMatchObject({
      status: 400,
      body: { __type: "UnknownOperationException" },
    });
    const get = "AWSCognitoIdentityProviderService.AdminGetUser";
    expect((await administer(pool, get, "no json")).body).toMatchObject({ __type: "SerializationException" });
    expect((await administer(pool, get, pool.ofPool)).body).toMatchObject({
      __type: "InvalidParameterException",
    });
  });

  test("ends what a deleted user had open", async () => {
    const pool = await aPool();
    const { body } = await tokensFor(pool, { Username: reader });

    await pool.send(new AdminDeleteUserCommand({ ...pool.ofPool, Username: reader }));

    const form = {
      grant_type: "refresh_token",
      client_id: pool.clientId,
      refresh_token: body.refresh_token ?? "",
    };
    const answer = await fetch(`${pool.url}/oauth2/token`, {
      method: "POST",
      body: new URLSearchParams(form),
    });
    expect(await answer.json()).toEqual({ error: "invalid_grant" });
  });
});

describe("Tokens for trying things out", () => {
  test("come with a new user, who is welcomed once, whoever else asks meanwhile", async () => {
    const welcomed = vi.fn(async (_: Confirmed) => {});
    const pool: Pool = await aPool({
      onConfirmed: async (user) => {
        await welcomed(user);
        const member = { ...pool.ofPool, Username: user.sub, GroupName: "customers" };
        await pool.send(new AdminAddUserToGroupCommand(member));
      },
    });

    const answers = await Promise.all([1, 2, 3].map(() => tokensFor(pool, { Username: reader })));

    expect(welcomed).toHaveBeenCalledOnce();
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(body).toMatchObject({
        expires_in: 900,
        token_type: "Bearer",
        refresh_token: expect.any(String),
      });
      expect(decodeJwt(body.access_token ?? "")).toMatchObject({ "cognito:groups": ["customers"] });
      expect(decodeJwt(body.id_token ?? "")).toMatchObject({ email: reader });
    }
  });

  test("add a group, and leave an existing user's password alone", async () => {
    const pool = await aPool();
    await pool.signUp();
    const issued = await tokensFor(pool, { Username: reader, Group: "admins" });
    expect(decodeJwt(issued.body.access_token ?? "")["cognito:groups"]).toEqual(["admins"]);

    const query = new URLSearchParams({
      response_type: "code",
      client_id: pool.clientId,
      redirect_uri: "http://127.0.0.1:1/",
      code_challenge: "c".repeat(43),
      code_challenge_method: "S256",
    });
    const body = new URLSearchParams({ email: reader, password });
    const signedIn = await fetch(`${pool.url}/login?${query}`, { method: "POST", body, redirect: "manual" });
    expect(signedIn.headers.get("location")).toMatch(/^http:\/\/127\.0\.0\.1:1\/\?code=/);
  });

  test("are refused for an unknown group, without leaving a user behind", async () => {
    const pool = await aPool();

    const { body } = await tokensFor(pool, { Username: reader, Group: "superadmins" });

    expect(body).toMatchObject({ __type: "ResourceNotFoundException" });
    await expect(pool.get(reader)).rejects.toMatchObject({ name: "UserNotFoundException" });
  });
});

describe("welcome-customer, Cognito's post-confirmation trigger", () => {
  const confirmation = (userName: string, triggerSource: string) =>
    ({
      version: "1",
      region: "us-east-1",
      userPoolId: "us-east-1_local",
      userName,
      triggerSource,
      callerContext: { awsSdkVersion: "3", clientId: "client" },
      request: { userAttributes: { email: reader } },
      response: {},
    }) as PostConfirmationTriggerEvent;

  /** The function as it is on Lambda: everything it knows comes from its event and the SDK's environment. */
  const theFunction = async (url: string) => {
    vi.resetModules();
    vi.stubEnv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", url);
    vi.stubEnv("AWS_REGION", "us-east-1");
    vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
    return (await import("../functions/welcome-customer.ts")).handler;
  };

  test("makes a customer of everybody who signs up", async () => {
    const pool: Pool = await aPool({
      onConfirmed: async ({ sub }) => {
        const welcome = await theFunction(pool.url);
        await welcome(confirmation(sub, "PostConfirmation_ConfirmSignUp"));
      },
    });
    const { body } = await tokensFor(pool, { Username: "first@example.com" });
    expect(decodeJwt(body.access_token ?? "")["cognito:groups"]).toEqual(["customers"]);

    await pool.signUp();
    await pool.send(new AdminConfirmSignUpCommand({ ...pool.ofPool, Username: reader }));
    expect(await pool.groupsOf(reader)).toEqual(["customers"]);
  });

  test("answers with its event, and may run again", async () => {
    const pool = await aPool();
    const { UserSub = "" } = await pool.signUp();
    const welcome = await theFunction(pool.url);
    const event = confirmation(UserSub, "PostConfirmation_ConfirmSignUp");

    expect(await welcome(event)).toBe(event);
    expect(await welcome(event)).toBe(event);
    expect(await pool.groupsOf(reader)).toEqual(["customers"]);
  });

  test("leaves the groups of somebody who forgot a password alone", async () => {
    const pool = await aPool();
    const { UserSub = "" } = await pool.signUp();
    const welcome = await theFunction(pool.url);

    await welcome(confirmation(UserSub, "PostConfirmation_ConfirmForgotPassword"));

    expect(await pool.groupsOf(reader)).toEqual([]);
  });

  test("fails aloud, in one line without the e-mail", async () => {
    const pool = await aPool();
    const welcome = await theFunction(pool.url);
    const log = vi.spyOn(process.stdout, "write").mockReturnValue(true);

    await expect(welcome(confirmation("nobody", "PostConfirmation_ConfirmSignUp"))).rejects.toMatchObject({
      name: "UserNotFoundException",
    });

    expect(log).toHaveBeenCalledOnce();
    const line = String(log.mock.calls[0]?.[0]);
    expect(JSON.parse(line)).toMatchObject({ userName: "nobody", reason: "UserNotFoundException" });
    expect(line).not.toContain(reader);
    expect(line).toMatch(/^[^\n]+\n$/);
  });

  test("does not wait for ever for a silent Cognito", async () => {
    const silent = serve({ fetch: () => new Promise<Response>(() => {}), hostname: "127.0.0.1", port: 0 });
    await once(silent, "listening");
    onTestFinished(() => void silent.close());
    onTestFinished(() => {
      if ("closeAllConnections" in silent) silent.closeAllConnections();
    });
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    vi.stubEnv("AWS_MAX_ATTEMPTS", "1");
    const welcome = await theFunction(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);

    await expect(welcome(confirmation("reader", "PostConfirmation_ConfirmSignUp"))).rejects.toMatchObject({
      name: "TimeoutError",
    });
  }, 15_000);
});
