/** A finding that stays, where it stays, and why. One that is no longer found there has to go from here. */
export type Accepted = { rule: string; at: RegExp; why: string };

/** Of cdk-nag's AwsSolutions; `at` is a construct's path. */
export const acceptedByNag: Accepted[] = [
  {
    rule: "AwsSolutions-COG2",
    at: /-identity\/UserPool\/Resource$/,
    why: "Customers sign in by a password of 12 characters; a second factor for everybody would cost sales, and is one line in identity-stack.ts.",
  },
  {
    rule: "AwsSolutions-COG8",
    at: /-identity\/UserPool\/Resource$/,
    why: "The Plus plan is paid for by each active user; Essentials has all that is used here.",
  },
  {
    rule: "AwsSolutions-APIG4",
    at: /-api\/(Api\/GET--openapi.json|Api\/GET--docs(--\{file\})?|Api\/GET--api--books(--\{bookId\})?|fallback-route)\/Resource$/,
    why: "Anyone may look at books and read what the API is and try it, and a path that there is not has nothing to guard; every other route has the authorizer.",
  },
];

/** Of cfn-lint; `at` is a template's name and the place in it. */
export const acceptedByCfnLint: Accepted[] = [
  {
    rule: "W3005",
    at: /-(api|identity) Resources\/[a-z]+[0-9A-F]{8}\/DependsOn\/\d+$/,
    why: "aws-cdk-lib lets each function wait for its role by name as well, whatever it refers to: superfluous, and harmless.",
  },
  {
    rule: "W6001",
    at: /-api Outputs\/(UserPoolId|SignInUrl|TableName)\/Value\b/,
    why: "A client finds all that it needs in the outputs of one stack, also what another stack made.",
  },
];
