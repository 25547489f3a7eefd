import { Aws, CfnOutput, Duration, Lazy, Stack } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  CfnRoute,
  type CfnStage,
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpUserPoolAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import {
  CfnManagedLoginBranding,
  ClientAttributes,
  OAuthScope,
  UserPoolClient,
  UserPoolClientIdentityProvider,
} from "aws-cdk-lib/aws-cognito";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { type FunctionName, functions, type Rights, routeKey, routes } from "../functions/routes.ts";
import { layout } from "../shared/table/keys.ts";
import type { DataStack } from "./data-stack.ts";
import { cors, type Environment, functionVariables } from "./environments.ts";
import { bundledFunction, keptLog } from "./function.ts";
import type { IdentityStack } from "./identity-stack.ts";
import { pinned } from "./stateful.ts";

type Parts = { environment: Environment; code: string; data: DataStack; identity: IdentityStack };

/** Where sign-in sends a customer of the API's own page back to (functions/docs/page.js), and where to after signing out. */
const docs = { callback: "/docs/oauth2-redirect.html", page: "/docs" };

/** A line of the access log, as API Gateway fills it in for each request. */
export const accessLine = JSON.stringify({
  time: "$context.requestTime",
  requestId: "$context.requestId",
  route: "$context.routeKey",
  status: "$context.status",
  latency: "$context.responseLatency",
  integrationLatency: "$context.integrationLatency",
  integrationStatus: "$context.integrationStatus",
});

/** What may be asked: the HTTP API built from the route table, its functions, and the client that signs customers in. */
export class ApiStack extends Stack {
  readonly api: HttpApi;
  /** One line for each request that a function answered (shared/http.ts). */
  readonly requestLog: LogGroup;
  /** One line for each request that came, those that API Gateway answered by itself included. */
  readonly accessLog: LogGroup;

  constructor(scope: Construct, id: string, parts: Parts) {
    super(scope, id);
    const { environment, data, identity } = parts;

    this.requestLog = keptLog(this, "RequestLog", environment);
    pinned(this.requestLog, "RequestLog");
    this.accessLog = keptLog(this, "AccessLog", environment);
    pinned(this.accessLog, "AccessLog");
    const client = this.appClient(parts);
    this.api = new HttpApi(this, "Api", {
      apiName: `bookshop-${environment.name}`,
      createDefaultStage: false,
      // Closed unless a route is opened by name.
      defaultAuthorizer: new HttpUserPoolAuthorizer("Customers", identity.pool, {
        userPoolClients: [client],
      }),
      corsPreflight: {
        allowOrigins: environment.origins,
        allowMethods: [...new Set(routes.map(({ method }) => CorsHttpMethod[method]))],
        allowHeaders: cors.allowHeaders,
        exposeHeaders: cors.exposeHeaders,
        maxAge: Duration.seconds(cors.maxAgeSeconds),
      },
    });
    pinned(this.api, "Api");
    this.answerRoutes(client, parts);
    const stage = this.stage(environment);

    new CfnOutput(this, "ApiUrl", { value: stage.url });
    new CfnOutput(this, "UserPoolId", { value: identity.pool.userPoolId });
    new CfnOutput(this, "ClientId", { value: client.userPoolClientId });
    new CfnOutput(this, "SignInUrl", { value: identity.domain.baseUrl() });
    new CfnOutput(this, "TableName", { value: data.table.tableName });

    // Pinned: an export that another stack still imports cannot be taken away.
    this.exportValue(this.api.apiId);
    this.exportValue(this.requestLog.logGroupName);
    this.exportValue(this.accessLog.logGroupName);
  }

  /**
   * The one client: public, hosted sign-in by code alone, no right to touch one's own account through it. Our pages send PKCE;
   * Cognito has no setting that demands it.
   */
  private appClient({ environment, identity }: Parts) {
    const client = new UserPoolClient(this, "AppClient", {
      userPool: identity.pool,
      // Inert without triggers of its own; but with no flow named, Cognito allows sign-in by password through its API
      // (docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html).
      authFlows: { custom: true, adminUserPassword: environment.operatorSignIn },
      oAuth: {
        flows: { authorizationCodeGrant: true, implicitCodeGrant: false },
        scopes: [OAuthScope.OPENID, OAuthScope.EMAIL],
        // the page's addresses follow once there is an API
        callbackUrls: Lazy.list({
          produce: () => [...environment.callbackUrls, this.addressOf(docs.callback)],
        }),
        logoutUrls: Lazy.list({
          produce: () => [...environment.logoutUrls, this.addressOf(docs.page)],
        }),
      },
      supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO],
      accessTokenValidity: Duration.minutes(15),
      idTokenValidity: Duration.minutes(15),
      refreshTokenValidity: Duration.days(30),
      refreshTokenRotationGracePeriod: Duration.seconds(10),
      enableTokenRevocation: true,
      preventUserExistenceErrors: true,
      readAttributes: new ClientAttributes().withStandardAttributes({ email: true }),
      writeAttributes: new ClientAttributes().withStandardAttributes({ email: true }),
    });
    pinned(client, "AppClient");
    // Managed login shows an error page for a client without a style.
    new CfnManagedLoginBranding(this, "SignInStyle", {
      userPoolId: identity.pool.userPoolId,
      clientId: client.userPoolClientId,
      useCognitoProvidedValues: true,
    });
    return client;
  }

  /** As in the output ApiUrl. */
  private addressOf(path: string): string {
    return `https://${this.api.apiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}${path}`;
  }

  /** A function for each name in the route table, and the open `$default` one for what no route knows. */
  private answerRoutes(client: UserPoolClient, { environment, code, data, identity }: Parts) {
    const variables = functionVariables({
      tableName: data.table.tableName,
      userPoolId: identity.pool.userPoolId,
      clientId: client.userPoolClientId,
      jwksUri: `https://cognito-idp.${Aws.REGION}.amazonaws.com/${identity.pool.userPoolId}/.well-known/jwks.json`,
      signInUrl: identity.domain.baseUrl(),
      currency: environment.currency,
      ordering: environment.ordering,
    });
    const answerWith = (name: string, rights: PolicyStatement[]) => {
      const timeout = Duration.seconds(10);
      const logGroup = this.requestLog;
      const lambda = bundledFunction(this, name, { environment, code, logGroup, timeout, rights, variables });
      return new HttpLambdaIntegration(`${name}-integration`, lambda);
    };

    for (const name of Object.keys(functions) as FunctionName[]) {
      const integration = answerWith(name, rightsOf(name, data.table, identity.pool));
      for (const { method, path, who } of routes.filter((route) => route.function === name))
        this.api.addRoutes({
          path,
          methods: [HttpMethod[method]],
          integration,
          ...(who === "anyone" && { authorizer: new HttpNoneAuthorizer() }),
        });
    }
    new HttpRoute(this, "fallback-route", {
      httpApi: this.api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: answerWith("fallback", []),
      authorizer: new HttpNoneAuthorizer(),
    });
  }

  private stage(environment: Environment) {
    const stage = new HttpStage(this, "Stage", {
      httpApi: this.api,
      stageName: "$default",
      autoDeploy: true,
      throttle: { rateLimit: environment.throttle.rate, burstLimit: environment.throttle.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLog),
        format: AccessLogFormat.custom(accessLine),
      },
    });
    const resource = stage.node.defaultChild as CfnStage;
    resource.routeSettings = Object.fromEntries(
      routes.map((route) => [
        routeKey(route),
        { ThrottlingRateLimit: route.rate, ThrottlingBurstLimit: 2 * route.rate },
      ]),
    );
    // CloudFormation does not see that settings name routes, and would set them before there are any.
    for (const route of this.api.node.findAll().filter((child) => child instanceof CfnRoute))
      resource.addResourceDependency(route);
    return stage;
  }
}

/**
 * A function's rights to the table and its index, as the route table has them; a write only as part of a transaction,
 * which is no action itself (docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html).
 */
const rightsOf = (
  name: FunctionName,
  { tableArn }: DataStack["table"],
  { userPoolArn }: IdentityStack["pool"],
): PolicyStatement[] => {
  const { table, index, pool = [] }: Rights = functions[name];
  const transacted = { "ForAnyValue:StringEquals": { "dynamodb:EnclosingOperation": "TransactWriteItems" } };
  const of = (service: string, actions: readonly string[]) => actions.map((action) => `${service}:${action}`);
  return [
    {
      actions: of(
        "dynamodb",
        table.filter((action) => !isWrite(action)),
      ),
      resources: [tableArn],
    },
    { actions: of("dynamodb", table.filter(isWrite)), resources: [tableArn], conditions: transacted },
    { actions: of("dynamodb", index), resources: [`${tableArn}/index/${layout.index.name}`] },
    { actions: of("cognito-idp", pool), resources: [userPoolArn] },
  ]
    .filter(({ actions }) => actions.length > 0)
    .map((statement) => new PolicyStatement(statement));
};

const isWrite = (action: string) => /^(Put|Update|Delete|ConditionCheck)Item$/.test(action);
