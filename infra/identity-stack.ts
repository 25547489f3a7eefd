import { Aws, Duration, Stack } from "aws-cdk-lib";
import {
  AccountRecovery,
  FeaturePlan,
  ManagedLoginVersion,
  Mfa,
  UserPool,
  UserPoolDomain,
  UserPoolEmail,
  UserPoolGroup,
  UserPoolOperation,
} from "aws-cdk-lib/aws-cognito";
import { Policy, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import type { Environment } from "./environments.ts";
import { bundledFunction, keptLog } from "./function.ts";
import { stateful } from "./stateful.ts";

/** Who there is: the user pool, its sign-in domain, its two groups, and the function that welcomes a new customer. */
export class IdentityStack extends Stack {
  readonly pool: UserPool;
  readonly domain: UserPoolDomain;

  constructor(
    scope: Construct,
    id: string,
    { environment, code }: { environment: Environment; code: string },
  ) {
    super(scope, id, { terminationProtection: environment.protectData });

    this.pool = new UserPool(this, "UserPool", {
      userPoolName: `bookshop-${environment.name}`,
      featurePlan: FeaturePlan.ESSENTIALS,
      selfSignUpEnabled: true,
      // Aliases, case and required attributes cannot be changed later: another pool would take this one's place.
      signInAliases: { email: true },
      signInCaseSensitive: false,
      standardAttributes: { email: { required: true, mutable: true } },
      autoVerify: { email: true },
      keepOriginal: { email: true },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      mfa: Mfa.OFF,
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      email: mailer(environment),
      deletionProtection: environment.protectData,
    });
    stateful(this.pool, "UserPool", environment);

    this.domain = new UserPoolDomain(this, "SignInDomain", {
      userPool: this.pool,
      cognitoDomain: { domainPrefix: `${environment.domainPrefix}-${environment.name}-${Aws.ACCOUNT_ID}` },
      managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN,
    });
    stateful(this.domain, "SignInDomain", environment);

    this.group("Customers", "customers", environment);
    this.group("Admins", "admins", environment);
    this.welcomeNewCustomers(environment, code);

    // Pinned: an export that another stack still imports cannot be taken away.
    this.exportValue(this.pool.userPoolId);
    this.exportValue(this.pool.userPoolArn);
    this.exportValue(this.domain.domainName);
  }

  private group(logicalId: string, groupName: string, environment: Environment) {
    stateful(new UserPoolGroup(this, logicalId, { userPool: this.pool, groupName }), logicalId, environment);
  }

  private welcomeNewCustomers(environment: Environment, code: string) {
    // Cognito waits 5 seconds for a trigger, whatever the function's own limit
    // (docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html).
    const timeout = Duration.seconds(5);
    const logGroup = keptLog(this, "welcome-customer-log", environment);
    const welcome = bundledFunction(this, "welcome-customer", { environment, code, logGroup, timeout });
    this.pool.addTrigger(UserPoolOperation.POST_CONFIRMATION, welcome);
    // A policy of its own: as part of the role it would wait for the pool, which waits for the function and its role.
    welcome.role?.attachInlinePolicy(
      new Policy(this, "welcome-customer-policy", {
        statements: [
          new PolicyStatement({
            actions: ["cognito-idp:AdminAddUserToGroup"],
            resources: [this.pool.userPoolArn],
          }),
        ],
      }),
    );
  }
}

const mailer = ({ sender }: Environment) =>
  sender
    ? UserPoolEmail.withSES({
        fromEmail: sender.address,
        sesVerifiedDomain: sender.domain,
        sesRegion: sender.region,
      })
    : UserPoolEmail.withCognito();
