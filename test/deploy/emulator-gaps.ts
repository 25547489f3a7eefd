/** What MiniStack 1.5.33 gets wrong, of all that this system uses. The run prints it. */

/** Mended by emulator.py, which also finds out whether that is still needed. */
export const patches = {
  "sign-in-style": {
    gap: "AWS::Cognito::ManagedLoginBranding is unknown and fails the stack: accepted, and nothing is made of it",
    assertedBy: "the sign-in domain's name holds environment and account; managed login has a style",
  },
  "saved-queries": {
    gap: "AWS::Logs::QueryDefinition is unknown and fails the stack: accepted, and nothing is made of it",
    assertedBy: "saved queries find an order, a customer, a request, what is slow and what is refused",
  },
  cors: {
    gap: "the API's CorsConfiguration is stored as the template spells it, and every preflight refused",
    assertedBy: "pages of the environment's origins alone may call, with the headers that they need",
  },
  "post-confirmation": {
    gap: "no function is told of a confirmed sign-up: it is called with the event that Cognito documents",
    assertedBy: "a new customer is welcomed by a function that only this pool may call",
  },
  "table-update": {
    gap: "an update of the table looks for it under another name, and puts an empty one in its place",
    assertedBy: "what must never be replaced keeps its name in CloudFormation",
  },
  "encrypted-requests": {
    gap: "no request counts as encrypted, so that the bootstrap bucket's own policy refuses every asset",
    // CDK's bootstrap, and nothing of ours
    assertedBy: null,
  },
};

/** Left as it is: only the template tests speak for these. */
export const assertedOnly = [
  {
    gap: "throttles are neither kept nor enforced",
    assertedBy: "each route has its throttle, set once the route is there",
  },
  {
    gap: "a function may be called by an API or a pool that has no permission to",
    assertedBy: "each function of the API may be called by it, and by nobody else",
  },
  {
    gap: "access logs are configured, and never written",
    assertedBy: "every call leaves a line in the access log, without token or address",
  },
  {
    gap: "the table's expiry is not switched on, and nothing expires",
    assertedBy: "one table on demand with its keys, its one index and its expiry, encrypted",
  },
  {
    gap: "refresh tokens are not rotated",
    assertedBy: "tokens live 15 minutes; refresh tokens 30 days, each used once",
  },
  {
    gap: "a token that was renewed after hosted sign-in carries no groups",
    // Cognito's own doing
    assertedBy: null,
  },
  {
    gap: "hosted sign-in has no sign-up page (sign-up goes through Cognito's API) and none of managed login's looks",
    assertedBy: "sign-up is by e-mail, and no custom attribute invites trust",
  },
  {
    gap: "memory, architecture and runtime are labels: functions run on this machine's Node",
    assertedBy: "functions run on Node 24 and arm64, within 10 seconds, and reserve no concurrency",
  },
  {
    gap: "mail is kept and not sent",
    assertedBy: "with a sender of its own, mail goes through SES",
  },
  {
    gap: "prod is not deployed: alarms on metric mathematics are refused",
    assertedBy: "each alarm has a source that there is, and its limit",
  },
  {
    gap: "the table's and the index's most units a second are neither kept nor enforced",
    assertedBy: "table and index take so many units a second, and no more",
  },
  {
    gap: "prod is not deployed: its budget, of a type that is unknown",
    assertedBy: "prod alone has a budget, which mails whoever is named as it is spent",
  },
  {
    gap: "prod is not deployed: what protects its data",
    assertedBy: "prod outlives its stacks, dev and staging do not",
  },
];
