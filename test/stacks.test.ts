import { execFile } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { App, Stack } from "aws-cdk-lib";
import { Annotations, Match, Template } from "aws-cdk-lib/assertions";
import { afterAll, describe, expect, test } from "vitest";
import { ApiStack } from "../infra/api-stack.ts";
import { DataStack } from "../infra/data-stack.ts";
import { type Environment, environments } from "../infra/environments.ts";
import { IdentityStack } from "../infra/identity-stack.ts";
import { appIn, emptyBundles, folder, stacksOf } from "./templates.ts";

/**
 * What the templates must say, typed out and not read from the route table, so that a slip there shows here.
 * stacks-bite.test.ts breaks what each of these guards, and sees it fail.
 */

const root = dirname(import.meta.dirname);
afterAll(() => rmSync(folder, { recursive: true }));

const templatesOf = (environment: Environment, outdir?: string) => {
  const { data, identity, api, operations } = stacksOf(environment, outdir).stacks;
  return {
    data: Template.fromStack(data),
    identity: Template.fromStack(identity),
    api: Template.fromStack(api),
    operations: Template.fromStack(operations),
  };
};
type Templates = ReturnType<typeof templatesOf>;
const dev = templatesOf(environments.dev);
const staging = templatesOf(environments.staging);
const prod = templatesOf(environments.prod);

type Resource = ReturnType<Template["findResources"]>[string];
const resources = (...templates: Template[]) =>
  templates.flatMap((template) =>
    Object.entries<Resource>(template.toJSON().Resources).map(
      ([id, resource]): Resource => ({ ...resource, id }),
    ),
  );
const ofType = (type: string, ...templates: Template[]) =>
  resources(...templates).filter(({ Type }) => Type === type);
const theOnly = (type: string, template: Template) => {
  const [found, ...more] = ofType(type, template);
  if (!found || more.length > 0) throw new Error(`there should be one ${type}`);
  return found;
};
const idsOf = (type: string, ...templates: Template[]) =>
  ofType(type, ...templates)
    .map(({ id }) => id)
    .sort();

describe.each([
  { name: "dev", of: dev },
  { name: "staging", of: staging },
  { name: "prod", of: prod },
])("templates of $name", ({ name, of }) => {
  const everything = [of.data, of.identity, of.api, of.operations];
  const importOf = (stack: string, output: string) => ({
    "Fn::ImportValue": `bookshop-${name}-${stack}:${output}`,
  });
  const table = importOf("data", "ExportsOutputRefTable36F13FCE");
  const tableArn = importOf("data", "ExportsOutputFnGetAttTableArn48754775");
  const pool = importOf("identity", "ExportsOutputRefUserPool19CF3AE1");
  const signInDomain = importOf("identity", "ExportsOutputRefSignInDomain183B22E9");
  const requestLog = importOf("api", "ExportsOutputRefRequestLogB8CF5134");
  const accessLog = importOf("api", "ExportsOutputRefAccessLogF78EB298");

  test("each route leads to its function, and asks for a token unless it is open on purpose", () => {
    const seen = ofType("AWS::ApiGatewayV2::Route", of.api).map(({ Properties: route }) => {
      const integration = resources(of.api).find(({ id }) => id === route.Target["Fn::Join"][1][1].Ref);
      const lambda = resources(of.api).find(
        ({ id }) => id === integration?.Properties.IntegrationUri["Fn::GetAtt"][0],
      );
      const fence =
        route.AuthorizationType === "NONE" ? "open" : `${route.AuthorizationType} ${route.AuthorizerId?.Ref}`;
      return [
        route.RouteKey,
        `${fence} -> ${lambda?.Properties.FunctionName.replace(`bookshop-${name}-`, "")}`,
      ];
    });
    const { id } = theOnly("AWS::ApiGatewayV2::Authorizer", of.api);
    expect(Object.fromEntries(seen)).toEqual({
      "GET /openapi.json": "open -> describe-api",
      "GET /docs": "open -> show-docs",
      "GET /docs/{file}": "open -> show-docs",
      "GET /api/books": "open -> browse-books",
      "GET /api/books/{bookId}": "open -> browse-books",
      "POST /api/cart/add": `JWT ${id} -> add-to-cart`,
      "GET /api/cart": `JWT ${id} -> view-cart`,
      "PUT /api/cart/items/{bookId}": `JWT ${id} -> change-cart`,
      "DELETE /api/cart/items/{bookId}": `JWT ${id} -> change-cart`,
      "DELETE /api/cart": `JWT ${id} -> change-cart`,
      "POST /api/orders": `JWT ${id} -> place-order`,
      "GET /api/orders": `JWT ${id} -> order-history`,
      "GET /api/orders/{orderId}": `JWT ${id} -> order-history`,
      "POST /api/orders/{orderId}/cancel": `JWT ${id} -> cancel-order`,
      "GET /api/me/export": `JWT ${id} -> export-me`,
      "DELETE /api/me": `JWT ${id} -> erase-me`,
      "POST /api/admin/books": `JWT ${id} -> staff-books`,
      "GET /api/admin/books": `JWT ${id} -> staff-books`,
      "GET /api/admin/books/{bookId}": `JWT ${id} -> staff-books`,
      "PATCH /api/admin/books/{bookId}": `JWT ${id} -> staff-books`,
      "GET /api/admin/orders": `JWT ${id} -> staff-orders`,
      "GET /api/admin/orders/{orderId}": `JWT ${id} -> staff-orders`,
      "PATCH /api/admin/orders/{orderId}": `JWT ${id} -> staff-orders`,
      $default: "open -> fallback",
    });
  });

  test("the authorizer trusts this pool and this client alone", () => {
    expect(theOnly("AWS::ApiGatewayV2::Authorizer", of.api).Properties).toMatchObject({
      AuthorizerType: "JWT",
      IdentitySource: ["$request.header.Authorization"],
      JwtConfiguration: {
        Audience: [{ Ref: "AppClient" }],
        Issuer: {
          "Fn::Join": ["", ["https://cognito-idp.", { Ref: "AWS::Region" }, ".amazonaws.com/", pool]],
        },
      },
    });
  });

  test("each function of the API may be called by it, and by nobody else", () => {
    const permissions = ofType("AWS::Lambda::Permission", of.api).map(({ Properties }) => Properties);
    for (const { Principal, SourceArn } of permissions) {
      expect(Principal).toBe("apigateway.amazonaws.com");
      expect(SourceArn["Fn::Join"][1]).toContainEqual({ Ref: "Api" });
    }
    expect([...new Set(permissions.map(({ FunctionName }) => FunctionName["Fn::GetAtt"][0]))].sort()).toEqual(
      idsOf("AWS::Lambda::Function", of.api),
    );
    expect(idsOf("AWS::Lambda::Url", ...everything)).toEqual([]);
  });

  test("each function may do this, and nothing else", () => {
    const may = (lambda: Resource) => {
      const roleId = lambda.Properties.Role["Fn::GetAtt"][0];
      const role = resources(...everything).find(({ id }) => id === roleId)?.Properties;
      expect(role.ManagedPolicyArns).toBeUndefined();
      const attached = ofType("AWS::IAM::Policy", ...everything)
        .map((policy) => policy.Properties)
        .filter((policy) => policy.Roles.some((each: { Ref: string }) => each.Ref === roleId));
      const target = (resource: unknown) => {
        const known = {
          table: tableArn,
          "index by-group": { "Fn::Join": ["", [tableArn, "/index/by-group"]] },
          pool: { "Fn::GetAtt": ["UserPool", "Arn"] },
          "the pool": importOf("identity", "ExportsOutputFnGetAttUserPoolArn5165BB88"),
          "its log": { "Fn::GetAtt": [lambda.Properties.LoggingConfig.LogGroup.Ref, "Arn"] },
        };
        const text = JSON.stringify(resource);
        return Object.entries(known).find(([, value]) => JSON.stringify(value) === text)?.[0] ?? text;
      };
      return [...role.Policies, ...attached]
        .flatMap((policy) => policy.PolicyDocument.Statement)
        .flatMap(({ Effect, Action, Resource, Condition, ...others }) =>
          [Action].flat().map((action: string) => {
            expect([Effect, others]).toEqual(["Allow", {}]);
            return `${action} on ${target(Resource)}${Condition ? ` if ${JSON.stringify(Condition)}` : ""}`;
          }),
        )
        .sort();
    };
    const log = ["logs:CreateLogStream on its log", "logs:PutLogEvents on its log"];
    const transacted = 'if {"ForAnyValue:StringEquals":{"dynamodb:EnclosingOperation":"TransactWriteItems"}}';
    const read = "dynamodb:BatchGetItem on table";
    const put = `dynamodb:PutItem on table ${transacted}`;
    const update = `dynamodb:UpdateItem on table ${transacted}`;
    const query = "dynamodb:Query on table";
    const findInIndex = "dynamodb:Query on index by-group";
    const seen = ofType("AWS::Lambda::Function", ...everything).map((lambda) => [
      lambda.Properties.FunctionName.replace(`bookshop-${name}-`, ""),
      may(lambda),
    ]);
    expect(Object.fromEntries(seen)).toEqual({
      "describe-api": log,
      "show-docs": log,
      "browse-books": [read, findInIndex, ...log],
      "add-to-cart": [read, put, update, ...log],
      "view-cart": [read, ...log],
      "change-cart": [read, put, update, ...log],
      "place-order": [read, put, update, ...log],
      "order-history": [read, query, ...log],
      "cancel-order": [read, `dynamodb:ConditionCheckItem on table ${transacted}`, update, ...log],
      "export-me": ["cognito-idp:AdminGetUser on the pool", read, query, ...log],
      "erase-me": [
        "cognito-idp:AdminDeleteUser on the pool",
        read,
        `dynamodb:DeleteItem on table ${transacted}`,
        query,
        update,
        ...log,
      ],
      "staff-books": [read, put, findInIndex, update, ...log],
      "staff-orders": [read, findInIndex, update, ...log],
      fallback: log,
      "welcome-customer": ["cognito-idp:AdminAddUserToGroup on pool", ...log],
    });
  });

  test("no policy says *", () => {
    const statements = resources(...everything).flatMap(({ Properties }) =>
      [
        Properties?.PolicyDocument,
        ...(Properties?.Policies?.map?.((policy: Resource["Properties"]) => policy.PolicyDocument) ?? []),
      ]
        .filter(Boolean)
        .flatMap((document) => document.Statement),
    );
    expect(statements.length).toBeGreaterThan(8);
    for (const { Action, Resource } of statements)
      expect(JSON.stringify([Action, Resource])).not.toContain("*");
  });

  test("what must never be replaced keeps its name in CloudFormation", () => {
    expect({
      table: idsOf("AWS::DynamoDB::GlobalTable", ...everything),
      pool: idsOf("AWS::Cognito::UserPool", ...everything),
      domain: idsOf("AWS::Cognito::UserPoolDomain", ...everything),
      groups: idsOf("AWS::Cognito::UserPoolGroup", ...everything),
      client: idsOf("AWS::Cognito::UserPoolClient", ...everything),
      api: idsOf("AWS::ApiGatewayV2::Api", ...everything),
      logs: idsOf("AWS::Logs::LogGroup", of.api),
    }).toEqual({
      table: ["Table"],
      pool: ["UserPool"],
      domain: ["SignInDomain"],
      groups: ["Admins", "Customers"],
      client: ["AppClient"],
      api: ["Api"],
      logs: ["AccessLog", "RequestLog"],
    });
  });

  test("what one stack takes from another keeps its name", () => {
    const exported = everything.flatMap((template) =>
      Object.values(
        (template.toJSON().Outputs ?? {}) as Record<string, { Export?: { Name: string } }>,
      ).flatMap((output) => output.Export?.Name ?? []),
    );
    expect(exported.sort()).toEqual([
      `bookshop-${name}-api:ExportsOutputRefAccessLogF78EB298`,
      `bookshop-${name}-api:ExportsOutputRefApiBCFDE45C`,
      `bookshop-${name}-api:ExportsOutputRefRequestLogB8CF5134`,
      `bookshop-${name}-data:ExportsOutputFnGetAttTableArn48754775`,
      `bookshop-${name}-data:ExportsOutputRefTable36F13FCE`,
      `bookshop-${name}-identity:ExportsOutputFnGetAttUserPoolArn5165BB88`,
      `bookshop-${name}-identity:ExportsOutputRefSignInDomain183B22E9`,
      `bookshop-${name}-identity:ExportsOutputRefUserPool19CF3AE1`,
    ]);
  });

  test("one table on demand with its keys, its one index and its expiry, encrypted", () => {
    expect(theOnly("AWS::DynamoDB::GlobalTable", of.data).Properties).toMatchObject({
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      AttributeDefinitions: ["pk", "sk", "ipk", "isk"].map((key) => ({
        AttributeName: key,
        AttributeType: "S",
      })),
      GlobalSecondaryIndexes: [
        {
          IndexName: "by-group",
          KeySchema: [
            { AttributeName: "ipk", KeyType: "HASH" },
            { AttributeName: "isk", KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["title", "authors", "isbn", "price"] },
        },
      ],
      BillingMode: "PAY_PER_REQUEST",
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
      SSESpecification: { SSEEnabled: false },
      Replicas: [{ Region: { Ref: "AWS::Region" } }],
    });
  });

  test("table and index take so many units a second, and no more", () => {
    const { GlobalSecondaryIndexes, Replicas, ...table } = theOnly(
      "AWS::DynamoDB::GlobalTable",
      of.data,
    ).Properties;
    const reads = ({ ReadOnDemandThroughputSettings }: Resource["Properties"]) =>
      ReadOnDemandThroughputSettings.MaxReadRequestUnits;
    const writes = ({ WriteOnDemandThroughputSettings }: Resource["Properties"]) =>
      WriteOnDemandThroughputSettings.MaxWriteRequestUnits;
    expect({
      table: [reads(Replicas[0]), writes(table)],
      index: [reads(Replicas[0].GlobalSecondaryIndexes[0]), writes(GlobalSecondaryIndexes[0])],
    }).toEqual({ table: [12_000, 4_000], index: [3_000, 1_000] });
  });

  test("sign-up is by e-mail, and no custom attribute invites trust", () => {
    expect(theOnly("AWS::Cognito::UserPool", of.identity).Properties).toMatchObject({
      UserPoolTier: "ESSENTIALS",
      UsernameAttributes: ["email"],
      UsernameConfiguration: { CaseSensitive: false },
      AutoVerifiedAttributes: ["email"],
      UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ["email"] },
      Schema: [{ Name: "email", Required: true, Mutable: true }],
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: false },
      AccountRecoverySetting: { RecoveryMechanisms: [{ Name: "verified_email", Priority: 1 }] },
      EmailConfiguration: { EmailSendingAccount: "COGNITO_DEFAULT" },
      Policies: {
        PasswordPolicy: {
          MinimumLength: 12,
          RequireLowercase: true,
          RequireUppercase: true,
          RequireNumbers: true,
          RequireSymbols: true,
          TemporaryPasswordValidityDays: 3,
        },
      },
    });
  });

  test("nobody comes in but by a password of this pool, typed on Cognito's own page", () => {
    const userPool = theOnly("AWS::Cognito::UserPool", of.identity).Properties;
    expect(userPool.Policies.SignInPolicy?.AllowedFirstAuthFactors ?? ["PASSWORD"]).toEqual(["PASSWORD"]);
    expect(Object.keys(userPool.LambdaConfig)).toEqual(["PostConfirmation"]);
    for (const setting of ["DeviceConfiguration", "WebAuthnRelyingPartyID"])
      expect(userPool).not.toHaveProperty(setting);
    const otherWaysIn = [
      "UserPoolIdentityProvider",
      "UserPoolResourceServer",
      "UserPoolUser",
      "IdentityPool",
    ];
    for (const way of otherWaysIn) expect(idsOf(`AWS::Cognito::${way}`, ...everything)).toEqual([]);
  });

  test("codes and signed-out customers go to pages behind TLS, and of dev to its developers' machine too", () => {
    const { CallbackURLs, LogoutURLs } = theOnly("AWS::Cognito::UserPoolClient", of.api).Properties;
    const { AllowOrigins } = theOnly("AWS::ApiGatewayV2::Api", of.api).Properties.CorsConfiguration;
    const developers = name === "dev" ? "|http://localhost:[0-9]+" : "";
    const allowed = new RegExp(`^(https://[a-z0-9.-]+${developers})(/[^*#?]*)?$`);
    for (const address of [...CallbackURLs, ...LogoutURLs, ...AllowOrigins]) {
      const { "Fn::Join": ofApi } = address;
      if (ofApi) expect(ofApi[1][0]).toBe("https://");
      else expect(address).toMatch(allowed);
    }
  });

  test("a new customer is welcomed by a function that only this pool may call", () => {
    const lambda = theOnly("AWS::Lambda::Function", of.identity).id;
    const triggers = theOnly("AWS::Cognito::UserPool", of.identity).Properties.LambdaConfig;
    expect(triggers).toEqual({ PostConfirmation: { "Fn::GetAtt": [lambda, "Arn"] } });
    expect(theOnly("AWS::Lambda::Permission", of.identity).Properties).toMatchObject({
      FunctionName: { "Fn::GetAtt": [lambda, "Arn"] },
      Principal: "cognito-idp.amazonaws.com",
      SourceArn: { "Fn::GetAtt": ["UserPool", "Arn"] },
    });
    expect(theOnly("AWS::IAM::Policy", of.identity).Properties.PolicyDocument.Statement).toHaveLength(1);
  });

  test("the groups are customers and admins", () => {
    expect(ofType("AWS::Cognito::UserPoolGroup", of.identity).map(({ Properties }) => Properties)).toEqual([
      { GroupName: "customers", UserPoolId: { Ref: "UserPool" } },
      { GroupName: "admins", UserPoolId: { Ref: "UserPool" } },
    ]);
  });

  test("the sign-in domain's name holds environment and account; managed login has a style", () => {
    expect(theOnly("AWS::Cognito::UserPoolDomain", of.identity).Properties).toEqual({
      Domain: { "Fn::Join": ["", [`bookshop-${name}-`, { Ref: "AWS::AccountId" }]] },
      ManagedLoginVersion: 2,
      UserPoolId: { Ref: "UserPool" },
    });
    expect(theOnly("AWS::Cognito::ManagedLoginBranding", of.api).Properties).toEqual({
      ClientId: { Ref: "AppClient" },
      UserPoolId: pool,
      UseCognitoProvidedValues: true,
    });
  });

  test("a client signs in by code alone, by no public password flow, and cannot administer its user", () => {
    const client = theOnly("AWS::Cognito::UserPoolClient", of.api).Properties;
    expect(client).toMatchObject({
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ["code"],
      AllowedOAuthScopes: ["openid", "email"],
      SupportedIdentityProviders: ["COGNITO"],
      ReadAttributes: ["email"],
      WriteAttributes: ["email"],
      PreventUserExistenceErrors: "ENABLED",
    });
    expect(client.ExplicitAuthFlows).toEqual(
      {
        dev: ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH"],
        staging: ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH"],
        prod: ["ALLOW_CUSTOM_AUTH"],
      }[name],
    );
    expect(client.GenerateSecret ?? false).toBe(false);
    const ofApi = (path: string) => ({
      "Fn::Join": [
        "",
        [
          "https://",
          { Ref: "Api" },
          ".execute-api.",
          { Ref: "AWS::Region" },
          ".",
          { Ref: "AWS::URLSuffix" },
          path,
        ],
      ],
    });
    const frontEnd = {
      dev: "http://localhost:5173",
      staging: "https://staging.bookshop.example",
      prod: "https://bookshop.example",
    }[name];
    expect(client.CallbackURLs).toEqual([`${frontEnd}/callback`, ofApi("/docs/oauth2-redirect.html")]);
    expect(client.LogoutURLs).toEqual([frontEnd, ofApi("/docs")]);
  });

  test("tokens live 15 minutes; refresh tokens 30 days, each used once", () => {
    expect(theOnly("AWS::Cognito::UserPoolClient", of.api).Properties).toMatchObject({
      AccessTokenValidity: 15,
      IdTokenValidity: 15,
      RefreshTokenValidity: 30 * 24 * 60,
      TokenValidityUnits: { AccessToken: "minutes", IdToken: "minutes", RefreshToken: "minutes" },
      RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 10 },
      EnableTokenRevocation: true,
    });
  });

  test("each route has its throttle, set once the route is there", () => {
    const stage = theOnly("AWS::ApiGatewayV2::Stage", of.api);
    const atMost = (rate: number, burst: number) => ({
      ThrottlingRateLimit: rate,
      ThrottlingBurstLimit: burst,
    });
    expect(stage.Properties.DefaultRouteSettings).toEqual(
      { dev: atMost(200, 400), staging: atMost(200, 400), prod: atMost(1000, 2000) }[name],
    );
    expect(stage.Properties.RouteSettings).toEqual({
      "GET /openapi.json": atMost(50, 100),
      "GET /docs": atMost(50, 100),
      "GET /docs/{file}": atMost(50, 100),
      "GET /api/books": atMost(200, 400),
      "GET /api/books/{bookId}": atMost(200, 400),
      "POST /api/cart/add": atMost(100, 200),
      "GET /api/cart": atMost(100, 200),
      "PUT /api/cart/items/{bookId}": atMost(100, 200),
      "DELETE /api/cart/items/{bookId}": atMost(100, 200),
      "DELETE /api/cart": atMost(100, 200),
      "POST /api/orders": atMost(50, 100),
      "GET /api/orders": atMost(100, 200),
      "GET /api/orders/{orderId}": atMost(100, 200),
      "POST /api/orders/{orderId}/cancel": atMost(50, 100),
      "GET /api/me/export": atMost(20, 40),
      "DELETE /api/me": atMost(20, 40),
      "POST /api/admin/books": atMost(50, 100),
      "GET /api/admin/books": atMost(50, 100),
      "GET /api/admin/books/{bookId}": atMost(50, 100),
      "PATCH /api/admin/books/{bookId}": atMost(50, 100),
      "GET /api/admin/orders": atMost(50, 100),
      "GET /api/admin/orders/{orderId}": atMost(50, 100),
      "PATCH /api/admin/orders/{orderId}": atMost(50, 100),
    });
    const waitsFor = ofType("AWS::ApiGatewayV2::Route", of.api)
      .filter(({ id }) => stage.DependsOn?.includes(id))
      .map(({ Properties }) => Properties.RouteKey);
    expect(waitsFor).toEqual(expect.arrayContaining(Object.keys(stage.Properties.RouteSettings)));
  });

  test("every call leaves a line in the access log, without token or address", () => {
    const stage = theOnly("AWS::ApiGatewayV2::Stage", of.api).Properties;
    expect([stage.StageName, stage.AutoDeploy]).toEqual(["$default", true]);
    expect(idsOf("AWS::Logs::LogGroup", of.api)).toContain(
      stage.AccessLogSettings.DestinationArn["Fn::GetAtt"][0],
    );
    expect(JSON.parse(stage.AccessLogSettings.Format)).toEqual({
      time: "$context.requestTime",
      requestId: "$context.requestId",
      route: "$context.routeKey",
      status: "$context.status",
      latency: "$context.responseLatency",
      integrationLatency: "$context.integrationLatency",
      integrationStatus: "$context.integrationStatus",
    });
  });

  test("every log ends after its time; the API's functions share one, and welcome-customer has its own", () => {
    const days = ofType("AWS::Logs::LogGroup", ...everything).map(
      ({ Properties }) => Properties.RetentionInDays,
    );
    expect(days).toEqual(Array(3).fill({ dev: 7, staging: 30, prod: 90 }[name]));
    const logsOf = (template: Template) =>
      ofType("AWS::Lambda::Function", template).map(
        ({ Properties }) => Properties.LoggingConfig.LogGroup.Ref,
      );
    expect(logsOf(of.api)).toEqual(Array(14).fill("RequestLog"));
    expect(logsOf(of.identity)).toEqual(idsOf("AWS::Logs::LogGroup", of.identity));
  });

  test("nothing but what functions say and what goes wrong is logged, as JSON, and nothing is traced", () => {
    for (const { Properties } of ofType("AWS::Lambda::Function", ...everything)) {
      expect(Properties.LoggingConfig).toMatchObject({ LogFormat: "JSON", SystemLogLevel: "WARN" });
      expect(Properties.TracingConfig).toBeUndefined();
    }
  });

  test("pages of the environment's origins alone may call, with the headers that they need", () => {
    expect(theOnly("AWS::ApiGatewayV2::Api", of.api).Properties.CorsConfiguration).toEqual({
      AllowOrigins: {
        dev: ["http://localhost:5173"],
        staging: ["https://staging.bookshop.example"],
        prod: ["https://bookshop.example"],
      }[name],
      AllowMethods: ["GET", "POST", "PUT", "DELETE", "PATCH"],
      AllowHeaders: ["authorization", "content-type", "idempotency-key", "if-match"],
      ExposeHeaders: ["etag", "location", "retry-after", "x-request-id", "idempotency-replayed"],
      MaxAge: 3600,
    });
  });

  test("functions run on Node 24 and arm64, within 10 seconds, and reserve no concurrency", () => {
    for (const { Properties } of ofType("AWS::Lambda::Function", ...everything)) {
      expect(Properties).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"], MemorySize: 1024 });
      expect(Properties.Timeout).toBe(Properties.FunctionName.endsWith("welcome-customer") ? 5 : 10);
      expect(Properties.ReservedConcurrentExecutions).toBeUndefined();
    }
  });

  test("functions are told the table, the pool, its sign-in, the client and the shop's settings", () => {
    for (const { Properties } of ofType("AWS::Lambda::Function", of.api))
      expect(Properties.Environment.Variables).toEqual({
        TABLE_NAME: table,
        USER_POOL_ID: pool,
        CLIENT_ID: { Ref: "AppClient" },
        JWKS_URI: {
          "Fn::Join": [
            "",
            [
              "https://cognito-idp.",
              { Ref: "AWS::Region" },
              ".amazonaws.com/",
              pool,
              "/.well-known/jwks.json",
            ],
          ],
        },
        SIGN_IN_URL: {
          "Fn::Join": [
            "",
            ["https://", signInDomain, ".auth.", { Ref: "AWS::Region" }, ".amazoncognito.com"],
          ],
        },
        CURRENCY: "USD",
        ORDERING: "on",
        STORE_CONNECT_MS: "500",
        STORE_REQUEST_MS: "1500",
        STORE_TOTAL_MS: "6000",
      });
  });

  test("what the logs count costs nothing at rest", () => {
    const filters = ofType("AWS::Logs::MetricFilter", of.operations).map(({ Properties }) => {
      const { MetricTransformations, ...filter } = Properties;
      expect(MetricTransformations).toEqual([
        { MetricNamespace: `Bookshop/${name}`, MetricName: expect.any(String), MetricValue: "1" },
      ]);
      return [MetricTransformations[0].MetricName, filter];
    });
    const requests = (FilterPattern: string) => ({ FilterPattern, LogGroupName: requestLog });
    expect(Object.fromEntries(filters)).toEqual({
      Faults: requests("{ $.status = 500 }"),
      Unavailable: requests("{ $.status = 503 }"),
      ConflictsExhausted: requests('{ ($.code = "temporarily-unavailable") && ($.conflicts > 0) }'),
      OrdersPlaced: requests('{ ($.route = "POST /api/orders") && ($.status = 201) && ($.write > 0) }'),
      Refused: requests("{ ($.status >= 400) && ($.status < 500) }"),
      ColdStarts: requests("{ $.cold IS TRUE }"),
      Throttled: { FilterPattern: '{ $.status = "429" }', LogGroupName: accessLog },
    });
  });

  test("saved queries find an order, a customer, a request, what is slow and what is refused", () => {
    const fields = "fields @timestamp, requestId, route, sub, order, status, code, ms, conflicts";
    const byTime = "sort @timestamp asc";
    const query = (title: string, lines: string[], logs: unknown[] = [requestLog]) => ({
      Name: `bookshop-${name}/${title}`,
      QueryString: lines.join("\n| "),
      LogGroupNames: logs,
    });
    expect(ofType("AWS::Logs::QueryDefinition", of.operations).map(({ Properties }) => Properties)).toEqual([
      query("All that happened to an order", [fields, 'filter order = "ORDER-ID"', byTime]),
      query("All that a customer did", [fields, 'filter sub = "CUSTOMER-ID"', byTime]),
      query(
        "All about a request",
        ["fields @timestamp, @message", 'filter requestId = "REQUEST-ID"', byTime],
        [requestLog, accessLog],
      ),
      query("Slowest requests", [fields, "sort ms desc", "limit 50"]),
      query("Refusals by code", [
        "filter status >= 400",
        "stats count(*) as requests by code, route",
        "sort requests desc",
      ]),
    ]);
  });

  test("the outputs name all that a client needs", () => {
    const outputs = Object.entries<{ Export?: unknown }>(of.api.toJSON().Outputs);
    expect(
      outputs
        .filter(([, output]) => !output.Export)
        .map(([id]) => id)
        .sort(),
    ).toEqual(["ApiUrl", "ClientId", "SignInUrl", "TableName", "UserPoolId"]);
  });
});

describe("templates where environments differ", () => {
  const held = (of: Templates) =>
    resources(of.data, of.identity, of.api)
      .filter(({ Type }) => /GlobalTable|UserPool(Domain|Group)?$|LogGroup/.test(Type))
      .map((resource) => `${resource.id}: ${resource.DeletionPolicy}, ${resource.UpdateReplacePolicy}`)
      .sort();

  test("prod outlives its stacks, dev and staging do not", () => {
    const all = ["AccessLog", "Admins", "Customers", "RequestLog", "SignInDomain", "Table", "UserPool"];
    const welcome = idsOf("AWS::Logs::LogGroup", prod.identity);
    const ids = [...all, ...welcome];
    expect(held(prod)).toEqual(ids.map((id) => `${id}: Retain, Retain`));
    for (const of of [dev, staging]) expect(held(of)).toEqual(ids.map((id) => `${id}: Delete, Delete`));
  });

  test("prod's stacks with data in them cannot be deleted by a slip", () => {
    const guarded = ({ name }: Environment) =>
      Object.entries(stacksOf(environments[name], `${name}-guarded`).stacks)
        .filter(([, stack]) => stack.terminationProtection)
        .map(([stack]) => stack);
    expect(guarded(environments.prod)).toEqual(["data", "identity"]);
    expect(guarded(environments.dev)).toEqual([]);
  });

  test("what one stack takes from another is exported also while no other takes it", () => {
    const exported = (...stacks: Stack[]) =>
      stacks.flatMap((stack) =>
        Object.values<{ Export?: { Name: string } }>(
          Template.fromStack(stack).toJSON().Outputs ?? {},
        ).flatMap((output) => output.Export?.Name.split(":")[1] ?? []),
      );
    const parts = (app: App) => {
      const environment = environments.prod;
      const data = new DataStack(app, "data", { environment });
      return {
        environment,
        code: emptyBundles,
        data,
        identity: new IdentityStack(app, "identity", { environment, code: emptyBundles }),
      };
    };
    const { data, identity } = parts(appIn("taken-by-none"));
    const app = appIn("not-watched");
    const api = new ApiStack(app, "api", parts(app));
    expect(exported(data, identity, api).sort()).toEqual([
      "ExportsOutputFnGetAttTableArn48754775",
      "ExportsOutputFnGetAttUserPoolArn5165BB88",
      "ExportsOutputRefAccessLogF78EB298",
      "ExportsOutputRefApiBCFDE45C",
      "ExportsOutputRefRequestLogB8CF5134",
      "ExportsOutputRefSignInDomain183B22E9",
      "ExportsOutputRefTable36F13FCE",
      "ExportsOutputRefUserPool19CF3AE1",
    ]);
  });

  test("prod's table can be restored to any second and cannot be deleted", () => {
    const [replica] = theOnly("AWS::DynamoDB::GlobalTable", prod.data).Properties.Replicas;
    expect(replica).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  test("a restored table takes the place of prod's own, which stays as it is", () => {
    const restored = templatesOf({ ...environments.prod, restoredTable: "prod-restored" }, "prod-restored");
    const asText = (template: Template) => JSON.stringify(template.toJSON());

    expect(asText(restored.data)).toBe(asText(prod.data));
    expect(asText(restored.identity)).toBe(asText(prod.identity));
    for (const of of [restored.api, restored.operations])
      expect(asText(of)).not.toContain("bookshop-prod-data");
    for (const stack of ["api", "operations"] as const)
      expect(resources(restored[stack]).map(({ id, Type }) => `${id} ${Type}`)).toEqual(
        resources(prod[stack]).map(({ id, Type }) => `${id} ${Type}`),
      );
    const tables = ofType("AWS::Lambda::Function", restored.api).map(
      ({ Properties }) => Properties.Environment?.Variables.TABLE_NAME,
    );
    expect([...new Set(tables)]).toEqual(["prod-restored"]);
    const allowed = asText(restored.api).match(/:table\/[^"]*/g);
    expect([...new Set(allowed)].sort()).toEqual([
      ":table/prod-restored",
      ":table/prod-restored/index/by-group",
    ]);
  });

  test("prod's user pool cannot be deleted", () => {
    expect(theOnly("AWS::Cognito::UserPool", prod.identity).Properties.DeletionProtection).toBe("ACTIVE");
    expect(theOnly("AWS::Cognito::UserPool", dev.identity).Properties.DeletionProtection).toBe("INACTIVE");
  });

  const alarms = ofType("AWS::CloudWatch::Alarm", prod.operations).map(({ Properties }) => Properties);
  const theTopic = (template: Template) => ({ Ref: theOnly("AWS::SNS::Topic", template).id });

  test("prod alone is watched: one dashboard, and eight alarms at most", () => {
    for (const { operations } of [dev, staging])
      expect([...new Set(resources(operations).map(({ Type }) => Type))]).toEqual([
        "AWS::Logs::MetricFilter",
        "AWS::Logs::QueryDefinition",
      ]);
    expect(theOnly("AWS::CloudWatch::Dashboard", prod.operations).Properties.DashboardName).toBe(
      "bookshop-prod",
    );
    expect(alarms.length).toBeLessThanOrEqual(8);
  });

  test("each alarm has a source that there is, and its limit", () => {
    const counted = ofType("AWS::Logs::MetricFilter", prod.operations).map(
      ({ Properties }) => Properties.MetricTransformations[0].MetricName,
    );
    const known = [
      [{ "Fn::ImportValue": "bookshop-prod-api:ExportsOutputRefApiBCFDE45C" }, "the API"],
      [{ "Fn::ImportValue": "bookshop-prod-data:ExportsOutputRefTable36F13FCE" }, "the table"],
      ["by-group", "its index"],
      ...ofType("AWS::Lambda::Function", prod.api, prod.identity).map(({ Properties }) => [
        Properties.FunctionName,
        Properties.FunctionName.replace("bookshop-prod-", ""),
      ]),
    ];
    type Source = { Namespace: string; MetricName: string; Dimensions?: { Name: string; Value: unknown }[] };
    const source = ({ Namespace, MetricName, Dimensions = [] }: Source) => {
      if (Namespace === "Bookshop/prod") expect(counted).toContain(MetricName);
      const of = Dimensions.map(
        ({ Value }) => known.find(([value]) => JSON.stringify(value) === JSON.stringify(Value))?.[1] ?? Value,
      );
      return [Namespace, MetricName, ...of.sort()].join(" ");
    };
    const seen = alarms.map(({ AlarmName, Metrics, Threshold, ...alarm }) => {
      expect(alarm.ComparisonOperator).toBe("GreaterThanOrEqualToThreshold");
      const [expression, ...metrics] = Metrics ?? [];
      const sources = metrics.map((metric: { MetricStat: { Metric: Source } }) =>
        source(metric.MetricStat.Metric),
      );
      const what = Metrics ? [expression.Expression, ...sources] : [source(alarm)];
      const statistic = alarm.ExtendedStatistic ?? alarm.Statistic ?? metrics[0].MetricStat.Stat;
      const when = `${alarm.DatapointsToAlarm} of ${alarm.EvaluationPeriods}, else ${alarm.TreatMissingData}`;
      return [AlarmName, [...what, `${statistic} >= ${Threshold} in ${when}`]];
    });
    expect(Object.fromEntries(seen)).toEqual({
      "bookshop-prod-server-errors": ["AWS/ApiGateway 5xx the API", "Sum >= 5 in 1 of 1, else notBreaching"],
      "bookshop-prod-slow": ["AWS/ApiGateway Latency the API", "p99 >= 3000 in 3 of 3, else notBreaching"],
      "bookshop-prod-faults": ["Bookshop/prod Faults", "Sum >= 1 in 1 of 1, else notBreaching"],
      "bookshop-prod-conflicts-exhausted": [
        "Bookshop/prod ConflictsExhausted",
        "Sum >= 5 in 1 of 1, else notBreaching",
      ],
      "bookshop-prod-callers-throttled": [
        "Bookshop/prod Throttled",
        "Sum >= 50 in 1 of 1, else notBreaching",
      ],
      "bookshop-prod-functions-throttled": ["AWS/Lambda Throttles", "Sum >= 1 in 1 of 1, else notBreaching"],
      "bookshop-prod-table-throttled": [
        "FILL(reads, 0) + FILL(writes, 0) + FILL(indexReads, 0) + FILL(indexWrites, 0)",
        "AWS/DynamoDB ReadThrottleEvents the table",
        "AWS/DynamoDB WriteThrottleEvents the table",
        "AWS/DynamoDB ReadThrottleEvents its index the table",
        "AWS/DynamoDB WriteThrottleEvents its index the table",
        "Sum >= 10 in 1 of 3, else notBreaching",
      ],
      "bookshop-prod-welcome-failed": [
        "AWS/Lambda Errors welcome-customer",
        "Sum >= 1 in 1 of 1, else notBreaching",
      ],
    });
  });

  test("each alarm says what it means and what to do, in its mail and in a row of docs/operations.md", () => {
    const page = readFileSync(join(root, "docs/operations.md"), "utf8");
    const section = page.split("\n## Alarms\n")[1]?.split("\n## ")[0] ?? "";
    const rows = [...section.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, alarm]) => `bookshop-prod-${alarm}`);
    expect(alarms.map(({ AlarmName }) => AlarmName)).toEqual(rows);
    for (const { AlarmDescription } of alarms)
      expect(AlarmDescription).toMatch(/^.{60,600} See docs\/operations\.md#alarms\.$/);
  });

  test("alarms reach their topic, over TLS alone, and by mail whoever is named", () => {
    const topic = theTopic(prod.operations);
    for (const { AlarmActions, OKActions } of alarms)
      expect([AlarmActions, OKActions]).toEqual([[topic], [topic]]);
    const publish = { Action: "sns:Publish", Resource: topic };
    const policy = theOnly("AWS::SNS::TopicPolicy", prod.operations).Properties;
    expect(policy.Topics).toEqual([topic]);
    expect(policy.PolicyDocument.Statement).toMatchObject([
      { ...publish, Effect: "Deny", Principal: "*", Condition: { Bool: { "aws:SecureTransport": "false" } } },
      {
        ...publish,
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
      },
    ]);
    const mailed = templatesOf(
      { ...environments.prod, alarmsTo: "owner@bookshop.example" },
      "mailed",
    ).operations;
    expect(theOnly("AWS::SNS::Subscription", mailed).Properties).toEqual({
      Protocol: "email",
      Endpoint: "owner@bookshop.example",
      TopicArn: theTopic(mailed),
    });
    expect(ofType("AWS::SNS::Subscription", prod.operations)).toEqual([]);
  });

  test("prod alone has a budget, which mails whoever is named as it is spent", () => {
    const budget = { BudgetType: "COST", TimeUnit: "MONTHLY", BudgetLimit: { Amount: 100, Unit: "USD" } };
    const owner = { ...environments.prod, alarmsTo: "owner@bookshop.example" };
    const mailed = templatesOf(owner, "mailed-budget").operations;

    expect(ofType("AWS::Budgets::Budget", dev.operations, staging.operations)).toEqual([]);
    expect(theOnly("AWS::Budgets::Budget", prod.operations).Properties).toEqual({ Budget: budget });
    expect(theOnly("AWS::Budgets::Budget", mailed).Properties).toEqual({
      Budget: budget,
      NotificationsWithSubscribers: [
        ["ACTUAL", 50],
        ["ACTUAL", 80],
        ["ACTUAL", 100],
        ["FORECASTED", 100],
      ].map(([NotificationType, Threshold]) => ({
        Notification: { NotificationType, Threshold, ComparisonOperator: "GREATER_THAN" },
        Subscribers: [{ SubscriptionType: "EMAIL", Address: "owner@bookshop.example" }],
      })),
    });
  });

  test("it is said aloud where alarms reach nobody", () => {
    const warningsOf = (environment: Environment, name: string) =>
      Annotations.fromStack(stacksOf(environment, name).stacks.operations)
        .findWarning("*", Match.stringLikeRegexp("alarmsTo"))
        .map(({ entry }) => entry.data);

    expect(warningsOf(environments.prod, "unmailed")).toHaveLength(1);
    expect(warningsOf({ ...environments.prod, alarmsTo: "owner@bookshop.example" }, "mailed")).toEqual([]);
    expect(warningsOf(environments.dev, "unwatched")).toEqual([]);
  });

  test("with a sender of its own, mail goes through SES", () => {
    const sender = { address: "shop@mail.example", domain: "mail.example", region: "eu-west-1" };
    const environment = { ...environments.dev, sender };
    const identity = new IdentityStack(appIn("sender"), "identity", { environment, code: emptyBundles });
    expect(
      theOnly("AWS::Cognito::UserPool", Template.fromStack(identity)).Properties.EmailConfiguration,
    ).toMatchObject({
      EmailSendingAccount: "DEVELOPER",
      From: "shop@mail.example",
    });
  });
});

const run = (file: string, args: string[], env: Record<string, string>) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(file, args, { cwd: root, env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

describe("the command line", () => {
  test.each([
    { given: "no environment", context: {} },
    { given: "an unknown environment", context: { env: "production" } },
  ])(
    "given $given, says in one line which there are, and fails",
    { timeout: 20_000 },
    async ({ context }) => {
      const app = join(root, "infra/app.ts");
      const { code, stdout, stderr } = await run(process.execPath, [app], {
        CDK_CONTEXT_JSON: JSON.stringify(context),
      });
      expect({ code, stdout, stderr }).toEqual({
        code: 1,
        stdout: "",
        stderr: "Which environment? Add -c env=dev, -c env=staging or -c env=prod.\n",
      });
    },
  );
});
