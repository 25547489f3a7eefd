/** What differs from one environment to the next, and everything that an owner edits. */
export type Environment = {
  /** dev, staging or prod: part of every stack's name and of the sign-in domain. */
  name: "dev" | "staging" | "prod";
  /** ISO 4217: the one currency of the shop. */
  currency: string;
  /** false: new orders get 503 `ordering-paused` while everything else goes on. */
  ordering: boolean;
  /** Web origins whose pages may call the API from a browser. */
  origins: string[];
  /** Where hosted sign-in may send a customer back to, and where to after signing out. */
  callbackUrls: string[];
  logoutUrls: string[];
  /** Start of the hosted sign-in domain; account and environment are added, since all of AWS shares these names. */
  domainPrefix: string;
  /** true: whoever has AWS credentials may sign an account in by its password, as `npm run smoke` and the tests do. */
  operatorSignIn: boolean;
  /** Sender of sign-up mails through SES, once its domain is verified there; without it Cognito mails by itself, some 50 a day. */
  sender?: { address: string; domain: string; region: string };
  /** true: data survives mistakes (point-in-time recovery, deletion protection, retained when a stack goes). */
  protectData: boolean;
  /** A table that was restored from the environment's own, and serves in its place (docs/operations.md). */
  restoredTable?: string;
  /** How long access and function logs are kept, in days. */
  logDays: 7 | 30 | 90 | 365;
  /** true: a dashboard and alarms, which cost money beyond the third and the tenth of an account. */
  watched: boolean;
  /** Where alarms are mailed to, once that address has confirmed it. */
  alarmsTo?: string;
  /** US dollars a month of the whole AWS account, whose parts are mailed to `alarmsTo` as they are spent. */
  budget?: number;
  /** Requests a second over all callers, and the burst above it, of what has no rate of its own: requests no route knows. */
  throttle: { rate: number; burst: number };
  /** Units a second beyond which DynamoDB turns requests away, which callers see as 503: what a flood can cost at most. */
  mostUnits: { table: Units; index: Units };
};

type Units = { read: number; write: number };

// Some way above what ordinary requests take at the rates of all routes together (test/security/abuse.test.ts): all that a
// new table takes anyway, and all that one partition of the index ever does.
const mostUnits = { table: { read: 12_000, write: 4_000 }, index: { read: 3_000, write: 1_000 } };

const localPages = ["http://localhost:5173"];

export const environments: Record<Environment["name"], Environment> = {
  dev: {
    name: "dev",
    currency: "USD",
    ordering: true,
    origins: localPages,
    callbackUrls: localPages.map((origin) => `${origin}/callback`),
    logoutUrls: localPages,
    domainPrefix: "bookshop",
    operatorSignIn: true,
    protectData: false,
    logDays: 7,
    watched: false,
    throttle: { rate: 200, burst: 400 },
    mostUnits,
  },
  staging: {
    name: "staging",
    currency: "USD",
    ordering: true,
    origins: ["https://staging.bookshop.example"],
    callbackUrls: ["https://staging.bookshop.example/callback"],
    logoutUrls: ["https://staging.bookshop.example"],
    domainPrefix: "bookshop",
    operatorSignIn: true,
    protectData: false,
    logDays: 30,
    watched: false,
    throttle: { rate: 200, burst: 400 },
    mostUnits,
  },
  prod: {
    name: "prod",
    currency: "USD",
    ordering: true,
    origins: ["https://bookshop.example"],
    callbackUrls: ["https://bookshop.example/callback"],
    logoutUrls: ["https://bookshop.example"],
    domainPrefix: "bookshop",
    operatorSignIn: false,
    protectData: true,
    logDays: 90,
    watched: true,
    budget: 100,
    throttle: { rate: 1000, burst: 2000 },
    mostUnits,
  },
};

/** The environment of that name, if there is one. */
export const environmentNamed = (name: unknown): Environment | undefined =>
  Object.values(environments).find((environment) => environment.name === name);

/** What a page of the allowed origins may send to the API, and read of its answers: the same here and on AWS. */
export const cors = {
  allowHeaders: ["authorization", "content-type", "idempotency-key", "if-match"],
  exposeHeaders: ["etag", "location", "retry-after", "x-request-id", "idempotency-replayed"],
  maxAgeSeconds: 3600,
};

/** Milliseconds: to connect to the store, for one call to it, and for all of one request. */
export const storeTimes = { STORE_CONNECT_MS: "500", STORE_REQUEST_MS: "1500", STORE_TOTAL_MS: "6000" };

/** The variables that every function which serves the API reads (shared/config.ts): the same here and on AWS. */
export const functionVariables = (names: {
  tableName: string;
  userPoolId: string;
  clientId: string;
  jwksUri: string;
  signInUrl: string;
  currency: string;
  ordering: boolean;
}) => ({
  TABLE_NAME: names.tableName,
  USER_POOL_ID: names.userPoolId,
  CLIENT_ID: names.clientId,
  JWKS_URI: names.jwksUri,
  SIGN_IN_URL: names.signInUrl,
  CURRENCY: names.currency,
  ORDERING: names.ordering ? "on" : "paused",
  ...storeTimes,
});
