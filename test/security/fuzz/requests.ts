import * as fc from "fast-check";
import { routed } from "../../../infra/local/event.ts";
import type { Json } from "../../description.ts";
import { canary } from "../canary.ts";
import type { Live } from "./cast.ts";
import { hostileTexts, Values } from "./values.ts";

/** One request; `who` is somebody of the stage, whose token goes with it. */
export type Asked = {
  who: string;
  through: "handlers" | "http";
  method: string;
  target: string;
  headers: Record<string, string>;
  body?: string;
};

const mostBytes = 65_536;
const through = fc.oneof(
  { weight: 3, arbitrary: fc.constant("handlers" as const) },
  { weight: 1, arbitrary: fc.constant("http" as const) },
);

/** What may stand in a header: no server takes more. */
const headerText = /^[\t\x20-\x7E\x80-\xFF]*$/;
const headerTexts = [...hostileTexts, '"', '"a", "b"', "W/", "*, *"].filter((text) => headerText.test(text));
/** Pieces of a path as they go over the wire. */
const undecodable = ["%ff", "%", "%ED%A0%80"];
const misleading = ["..", "%2e%2e", "a%2Fb", "%00", "%0d%0a", "%25", ";a=b"];
const hostilePiece = fc.oneof(
  fc.constantFrom(...undecodable),
  fc.constantFrom(...misleading),
  fc.constantFrom(...hostileTexts.map((text) => encodeURIComponent(text.toWellFormed()))),
);
const numbers = ["-0", "1.0", "1E2", "1e-400", "1e400", "9007199254740993", "00", "0x1", "NaN", '"1"', "[1]"];
const otherTypes = ["", "text/plain", "application/x-www-form-urlencoded", "application/json;charset=utf-8"];
const besides: Record<string, string>[] = [
  { "content-encoding": "gzip" },
  { "x-user-id": canary, "x-forwarded-for": canary, "x-http-method-override": "DELETE" },
  { cookie: `session=${canary}`, origin: `http://${canary}.example` },
  { "x-request-id": canary, "x-long": canary.repeat(200) },
];

/** Requests of one operation by one person, to whom `live` values are known. */
export function requestsOf(
  document: Json,
  { method, path, who, live }: { method: string; path: string; who: string; live: Live },
): fc.Arbitrary<Asked> {
  const { parameters, requestBody } = document.paths[path][method.toLowerCase()];
  const values = new Values(document, live);
  const given = (parameter: Json, garbage: readonly string[]) =>
    mostly(values.valid(parameter.schema, parameter.name).map(String), fc.constantFrom(...garbage));
  const of = (place: string) => parameters.filter((one: Json) => one.in === place);
  const inPath = fc.record(
    Object.fromEntries(
      of("path").map((one: Json) => [
        one.name,
        mostly(
          values.valid(one.schema, one.name).map((value) => encodeURIComponent(String(value).toWellFormed())),
          hostilePiece,
        ),
      ]),
    ),
  );
  const query = fc.array(
    fc.oneof<fc.Arbitrary<string>[]>(
      ...of("query").map((one: Json) =>
        given(one, hostileTexts).map(
          (value) => `${one.name}=${encodeURIComponent(String(value).toWellFormed())}`,
        ),
      ),
      fc.constantFrom(`${canary}=1`, "limit", "limit=", "cursor=%ff", "&&=", "limit=1%00"),
    ),
    { maxLength: 3 },
  );
  const headers = fc.record(
    Object.fromEntries(
      of("header").map((one: Json) => [
        one.name,
        given(one, headerTexts).filter((text) => headerText.test(text)),
      ]),
    ),
    { requiredKeys: [] },
  );
  const bodySchema = requestBody?.content["application/json"].schema;
  const body = bodySchema ? bodies(values, bodySchema) : rarely(fc.constant("{}"));
  const type = mostly(fc.constant("application/json"), fc.constantFrom(...otherTypes));

  return fc
    .record({ through, inPath, query, headers, body, type, beside: rarely(fc.constantFrom(...besides)) })
    .map(({ through, inPath, query, headers, body, type, beside }) => ({
      who,
      method,
      ...to(
        path.replace(/\{(\w+)\}/g, (_, name) => String(inPath[name])),
        query,
        through,
      ),
      headers: { ...beside, ...headers, ...(body !== undefined && type && { "content-type": type }) },
      ...(body !== undefined && { body }),
    }));
}

/** What no operation takes: other methods, other paths, paths with a slash at the end, preflights. */
export function unroutedRequests(document: Json, live: Live): fc.Arbitrary<Asked> {
  const { bookId = [], orderId = [], file = [] } = live;
  const piece = fc.oneof(fc.constantFrom(...bookId, ...orderId, ...file), hostilePiece);
  const known = fc
    .tuple(fc.constantFrom(...Object.keys(document.paths)), piece)
    .map(([path, value]) => path.replace(/\{\w+\}/, () => value));
  const unknown = fc.array(piece, { maxLength: 4 }).map((pieces) => `/${pieces.join("/")}`);
  const path = fc.tuple(fc.oneof(known, known, unknown), fc.constantFrom("", "/", "/", "//"));
  const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "PURGE", "QUERY"];
  const asksFirst = { origin: "http://localhost:5173", "access-control-request-method": "POST" };
  return fc
    .record({
      through,
      path,
      method: fc.constantFrom(...methods),
      query: fc.subarray(["title=a", `${canary}=%ff`, "%"]),
      headers: fc.constantFrom({}, asksFirst),
      who: fc.constantFrom("nobody", "stranger", "shopper", "staff"),
    })
    .map(({ path: [path, end], query, through, ...asked }) => ({
      ...asked,
      // the preflight is the gateway's own
      ...to(path + end, query, asked.method === "OPTIONS" ? "http" : through),
    }));
}

/** Texts of a body: as the schema has it, with one keyword broken, or hostile to whoever parses it. */
function bodies(values: Values, schema: Json): fc.Arbitrary<string | undefined> {
  const valid = values.valid(schema).map((value) => JSON.stringify(value));
  const hostile = fc.oneof(
    fc.tuple(valid, fc.constantFrom(...numbers)).map(([text, number]) => text.replace(/\d+/, () => number)),
    fc.tuple(valid, fc.nat()).map(([text, at]) => text.slice(0, at % text.length)),
    // the same member twice: the last one counts
    fc.tuple(valid, valid).map(([one, other]) => `${one.slice(0, -1)},${other.slice(1)}`),
    valid.map((text) => `[${text}]`),
    valid.map((text) => `\ufeff${text}`),
    valid.map((text) => text.replace("{", `{"__proto__":{"${canary}":1},`)),
    valid.map((text) => text.replaceAll(":", "\u0000:")),
    fc.json(),
    fc.constantFrom("null", '""', "[]", "{", canary, `"${canary}"`, "[".repeat(5000)),
    fc.constantFrom("[".repeat(20_000) + "]".repeat(20_000), " ".repeat(mostBytes), '{"a":'.repeat(5000)),
    valid.map((text) => text.padEnd(mostBytes + 1)),
  );
  return fc.oneof(
    { weight: 6, arbitrary: valid },
    { weight: 2, arbitrary: values.broken(schema).map((value) => JSON.stringify(value)) },
    { weight: 2, arbitrary: hostile },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

/** A target, and the way there: one that cannot be decoded is refused by the gateway. */
function to(path: string, query: string[], through: Asked["through"]): Pick<Asked, "target" | "through"> {
  const target = query.length > 0 ? `${path}?${query.join("&")}` : path;
  const isDecodable = routed({ method: "GET", target, headers: {}, body: Buffer.alloc(0) }) !== null;
  return { target, through: isDecodable ? through : "http" };
}

const mostly = <T>(usual: fc.Arbitrary<T>, unusual: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: unusual });

const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
