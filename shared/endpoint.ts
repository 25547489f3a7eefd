import type * as z from "zod/mini";
import { type Answer, type Endpoint, type Event, type Notes, parseBody, parseQuery } from "./http.ts";
import { callerOf, requireGroup } from "./identity.ts";
import { Refusal } from "./refusal.ts";
import { openTable, type Table } from "./table/client.ts";
import { type KeyedRequest, keyedRequest } from "./table/key-records.ts";

/** What a route takes besides its path. */
type Form<Body> = {
  body?: z.ZodMiniType<Body>;
  query?: readonly string[];
  /** true: an Idempotency-Key makes it happen once. */
  takesKey?: boolean;
};

/** A request, parsed: nothing of the raw one is left to trust. */
type Asked<Body> = {
  /** API Gateway's id of this request: kept with what it writes, shown in X-Request-Id and the log. */
  requestId: string;
  /** What the log will say of it. */
  notes: Notes;
  table: Table;
  path: Record<string, string | undefined>;
  query: ReadonlyMap<string, string>;
  body: Body;
  ifMatch: string | undefined;
  key: KeyedRequest | undefined;
};

type AskedBy<Body> = Asked<Body> & {
  /** The caller's account, from the token and nowhere else. */
  customerId: string;
  groups: readonly string[];
};

/** A route that anyone may call. */
export const anyone =
  <Body = undefined>(form: Form<Body>, run: (asked: Asked<Body>) => Promise<Answer>): Endpoint =>
  async (event, notes) => {
    const table = openTable();
    return run(parse(event, form, table, notes)).finally(() => Object.assign(notes, table.used));
  };

const groupMember =
  (group: "customers" | "admins") =>
  <Body = undefined>(form: Form<Body>, run: (asked: AskedBy<Body>) => Promise<Answer>): Endpoint =>
  async (event: Event, notes: Notes) => {
    const table = openTable();
    const caller = await callerOf(event.headers.authorization);
    notes.sub = caller.customerId;
    requireGroup(caller, group);
    return run({ ...parse(event, form, table, notes), ...caller }).finally(() =>
      Object.assign(notes, table.used),
    );
  };

/** A route for accounts in the group `customers`. */
export const customer = groupMember("customers");

/** A route for accounts in the group `admins`. */
export const admin = groupMember("admins");

function parse<Body>(event: Event, form: Form<Body>, table: Table, notes: Notes): Asked<Body> {
  const body = form.body ? parseBody(event, form.body) : (undefined as Body);
  const path = event.pathParameters ?? {};
  return {
    requestId: event.requestContext.requestId,
    notes,
    table,
    path,
    query: parseQuery(event, form.query ?? []),
    body,
    ifMatch: event.headers["if-match"],
    key: form.takesKey ? parseKey(event.headers["idempotency-key"], [event.routeKey, path, body]) : undefined,
  };
}

function parseKey(header: string | undefined, request: unknown): KeyedRequest | undefined {
  if (header === undefined) return undefined;
  if (/^[\x21-\x7E]{1,255}$/.test(header)) return keyedRequest(header, request);
  throw new Refusal("invalid-idempotency-key", "An Idempotency-Key has 1 to 255 visible ASCII characters.", {
    errors: [{ path: "Idempotency-Key", message: "Must have 1 to 255 characters from 0x21 to 0x7E" }],
  });
}
