// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of the source
import { describe, expect, inject, test } from "vitest";
import type { Mutant } from "../histories/mutants.ts";
import { runVitest } from "../mutants/vitest-run.ts";

// Each fence is taken away once, in a copy of its source that is planted as it is loaded: the test named beside it must miss
// it. That it passes while the fence stands is for the run of its own list to say.

type Fence = Mutant & { missedBy: [file: string, test: string] };

const identity = "shared/identity.ts";
const http = "shared/http.ts";
const endpoint = "shared/endpoint.ts";
const poolKeys = "shared/pool-keys.ts";
/** The list that misses it, and a part of the name of its test. */
const inList =
  (list: string) =>
  (named: string): Fence["missedBy"] => [`test/security/${list}.test.ts`, named];
const tokens = inList("tokens");
const groups = inList("token-groups");
const keyServer = inList("key-server");
const roles = inList("roles");
const others = inList("others-things");
const leaks = inList("leaks");
const addresses = inList("redirect-addresses");
const codes = inList("codes-and-refresh-tokens");
const pages = inList("sign-in-pages");
const sessions = inList("browser-sessions");
const fuzz = inList("fuzz");
const abuse = inList("abuse");
const bodies = inList("hostile-bodies");
const values = inList("hostile-values");

const fences: Fence[] = [
  {
    name: "signature",
    file: identity,
    from: "await verifier.verify(token)",
    to: 'JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString())',
    missedBy: tokens("a changed payload"),
  },
  {
    name: "token_use",
    file: identity,
    from: 'tokenUse: "access"',
    to: "tokenUse: null",
    missedBy: tokens("the use of an ID token"),
  },
  {
    name: "client",
    file: identity,
    from: "clientId: config.clientId",
    to: "clientId: null",
    missedBy: tokens("another client: 401"),
  },
  {
    name: "extensions that must be understood",
    file: identity,
    from: 'if ("crit" in header)',
    to: 'if ("crit" in header && false)',
    missedBy: tokens("an extension that must be understood"),
  },
  {
    name: "form of sub",
    file: identity,
    from: "-[0-9a-f]{12}$/",
    to: "-[0-9a-f]{12}/",
    missedBy: tokens("a sub with more behind it"),
  },
  {
    name: "an end at all",
    file: identity,
    from: "exp: z.int()",
    to: "exp: z._default(z.int(), 0)",
    missedBy: tokens("no end"),
  },
  {
    name: "an end within a day",
    file: identity,
    from: "exp - iat <= longestLifeSeconds",
    to: "exp - iat < Infinity",
    missedBy: tokens("a life of more than a day"),
  },
  {
    name: "issued by now",
    file: identity,
    from: "iat <= now() / 1000 + clockSkewSeconds",
    to: "iat < Infinity",
    missedBy: tokens("issued in the future"),
  },
  {
    name: "groups are a list",
    file: identity,
    from: "z.array(z.string()), []",
    to: "z.any(), []",
    missedBy: tokens("groups as a text: 401"),
  },
  {
    name: "group match",
    file: identity,
    from: "caller.groups.includes(group)",
    to: "caller.groups.some((one) => one.includes(group))",
    missedBy: groups("a name that begins like ours"),
  },
  {
    name: "a group at all",
    file: endpoint,
    from: "    requireGroup(caller, group);\n",
    to: "",
    missedBy: groups("no groups: 403"),
  },
  {
    name: "audience",
    file: identity,
    from: "[aud].flat().includes(config.clientId)",
    to: 'aud !== ""',
    missedBy: tokens("an audience that is another"),
  },
  {
    name: "the scheme",
    file: identity,
    from: "/^Bearer ([",
    to: "/^(?:Bearer )?([",
    missedBy: tokens("no scheme"),
  },
  {
    name: "one header alone",
    file: endpoint,
    from: "callerOf(event.headers.authorization)",
    to: 'callerOf(event.headers.authorization ?? event.headers["x-authorization"])',
    missedBy: tokens("the token in x-authorization"),
  },
  {
    name: "keys in time",
    file: poolKeys,
    from: "{ signal: AbortSignal.timeout(longestMs) }",
    to: "{}",
    missedBy: keyServer("never answers"),
  },
  {
    name: "keys of a size",
    file: poolKeys,
    from: "bytes > mostBytes",
    to: "bytes < 0",
    missedBy: keyServer("reads no more than keys can be"),
  },
  {
    name: "keys of one kind",
    file: poolKeys,
    from: 'kty: z.literal("RSA")',
    to: "kty: z.string()",
    missedBy: keyServer("calls itself another kind"),
  },
  {
    name: "keys of 2,048 bits",
    file: poolKeys,
    from: "{342,}",
    to: "+",
    missedBy: keyServer("a key of 1,024 bits"),
  },
  {
    name: "the token's form before its keys are fetched",
    file: identity,
    from: "([\\w-]+\\.[\\w-]+\\.[\\w-]+)$/i",
    to: "(\\S+)=*$/i",
    missedBy: tokens("a `=` at its end"),
  },
  {
    name: "owner prefix",
    file: "shared/table/keys.ts",
    from: "`CUSTOMER#${customerId}`",
    to: "`CUSTOMER#${customerId && 0}`",
    missedBy: ["test/customer/orders.test.ts", "has nothing for somebody who has not ordered"],
  },
  {
    name: "size limit",
    file: http,
    from: "bytes.length > mostBytes",
    to: "bytes.length > mostBytes * 99",
    missedBy: bodies("a body of 65,537 bytes is refused"),
  },
  {
    name: "size in bytes",
    file: http,
    from: "bytes.length > mostBytes",
    to: "bytes.toString().length > mostBytes",
    missedBy: bodies("bytes are counted, not characters"),
  },
  {
    name: "strict bodies",
    file: "shared/cart.ts",
    from: "AddToCart = z.strictObject(",
    to: "AddToCart = z.object(",
    missedBy: bodies("a price beside what belongs there"),
  },
  {
    name: "strict bodies in their depth",
    file: "shared/order.ts",
    from: "Address = z.strictObject(",
    to: "Address = z.object(",
    missedBy: bodies("__proto__ is refused in the depth"),
  },
  {
    name: "bodies are JSON",
    file: http,
    from: "application\\/json\\s*(;|$)",
    to: "",
    missedBy: bodies("a Content-Type that is not JSON"),
  },
  {
    name: "bodies are UTF-8",
    file: http,
    from: "fatal: true",
    to: "fatal: false",
    missedBy: bodies("a body that is not UTF-8"),
  },
  {
    name: "no echo of what was sent",
    file: http,
    from: '"Has a member that is not known"',
    to: "issue.message",
    missedBy: bodies("an unknown member beside what belongs there"),
  },
  {
    name: "a page's size",
    file: http,
    from: "limit > 50",
    to: "limit > 99",
    missedBy: abuse("a page of 51"),
  },
  {
    name: "an id's length",
    file: "shared/ids.ts",
    from: '{1,64}$/, "Must be an id"',
    to: '{1,640}$/, "Must be an id"',
    missedBy: abuse("id of 65"),
  },
  {
    name: "a key's length",
    file: endpoint,
    from: "{1,255}$/.test(header)",
    to: "{1,9999}$/.test(header)",
    missedBy: abuse("a key of"),
  },
  {
    name: "a title's length",
    file: "shared/book.ts",
    from: "title: Text(300)",
    to: "title: Text(3000)",
    missedBy: abuse("a title of 301"),
  },
  {
    name: "so many calls",
    file: "shared/table/client.ts",
    from: "used.calls === mostCalls || ",
    to: "",
    missedBy: abuse("takes no more units"),
  },
  {
    name: "so many titles",
    file: "shared/cart.ts",
    from: "mostTitles = 50",
    to: "mostTitles = 60",
    missedBy: abuse("books of ordinary size"),
  },
  {
    name: "a cursor's length",
    file: "shared/table/books.ts",
    from: "Buffer.byteLength(position) <= mostKeyBytes",
    to: "position.length <= 512",
    missedBy: abuse("place among the books"),
  },
  {
    name: "an order's owner",
    file: "shared/shop.ts",
    from: "await readOrder(table, customerId, parts.cartId)",
    to: "await readOrder(table, parts.customerId, parts.cartId)",
    missedBy: others("in process: GET /api/orders/{orderId} id of a customer"),
  },
  {
    name: "whose history a cursor goes on in",
    file: "shared/shop.ts",
    from: "`orders ${customerId}`",
    to: "`orders ${customerId.length}`",
    missedBy: others("in process: GET /api/orders cursor of a customer"),
  },
  {
    name: "whose page of orders a cursor goes on in",
    file: "shared/staff.ts",
    from: "`all orders ${customerId} ",
    to: "`all orders ",
    missedBy: others("GET /api/admin/orders cursor of staff"),
  },
  {
    name: "whose page of books a cursor goes on in",
    file: "shared/staff.ts",
    from: "`shelf ${customerId} ",
    to: "`shelf ",
    missedBy: others("GET /api/admin/books cursor of staff"),
  },
  {
    name: "whose Idempotency-Key",
    file: "shared/table/keys.ts",
    from: "pk: customer(customerId),\n  sk: `KEY#",
    to: "pk: customer(customerId.slice(0, 0)),\n  sk: `KEY#",
    missedBy: others("in process: POST /api/cart/add key of a customer"),
  },
  {
    name: "an erased account of staff's",
    file: "shared/staff.ts",
    from: "changeableCart(cart);\n  return moveOrder",
    to: "return moveOrder",
    missedBy: roles("in process: changes nothing, as staff neither"),
  },
  {
    name: "AWS's words stay out of the log",
    file: "shared/http.ts",
    from: "$metadata ? {} : { message }",
    to: "{ message }",
    missedBy: leaks("refuses what it is sent, and repeats it"),
  },
  {
    name: "paths stay out of the log",
    file: "shared/http.ts",
    from: "route: event.routeKey,",
    to: "route: event.rawPath,",
    missedBy: leaks("in process: POST /api/cart/add"),
  },
  {
    name: "broken JSON is not repeated",
    file: "shared/http.ts",
    from: '"Must be JSON in UTF-8"',
    to: "utf8.decode(bytes).slice(0, 99)",
    missedBy: leaks("in process: POST /api/cart/add"),
  },
  {
    name: "HTTPS from then on",
    file: "shared/http.ts",
    from: '      "strict-transport-security": "max-age=31536000",\n',
    to: "",
    missedBy: leaks("in process: POST /api/cart/add"),
  },
  {
    name: "no type is guessed",
    file: "shared/http.ts",
    from: '      "x-content-type-options": "nosniff",\n',
    to: "",
    missedBy: leaks("in process: POST /api/cart/add"),
  },
  {
    name: "the page stands in no frame",
    file: "functions/docs/page.ts",
    from: "\"frame-ancestors 'none'\",",
    to: "",
    missedBy: leaks("in process: GET /docs"),
  },
  {
    name: "quantities in their bounds",
    file: "shared/cart.ts",
    from: "z.int().check(z.gte(1), z.lte(mostCopies))",
    to: "z.number()",
    missedBy: values("a quantity of 0.99999 is refused"),
  },
  {
    name: "whole characters",
    file: "shared/text.ts",
    from: "text.isWellFormed() &&",
    to: "",
    missedBy: values("half a character in it"),
  },
  {
    name: "bodies in base64",
    file: "shared/http.ts",
    from: 'event.isBase64Encoded ? "base64" : "utf8"',
    to: '"utf8"',
    missedBy: bodies("is read as the bytes that were sent"),
  },
  {
    name: "no byte order mark",
    file: "shared/http.ts",
    from: "ignoreBOM: true",
    to: "ignoreBOM: false",
    missedBy: bodies("a byte order mark before it"),
  },
  {
    name: "a refusal writes nothing",
    file: "shared/shop.ts",
    from: "  if (!book.active) throw unavailable([bookId]);\n  return changeCart(",
    to: "  if (!book.active) {\n    await table.write([addCopies(customerId, cart, bookId, quantity, timestamp()).action]);\n    throw unavailable([bookId]);\n  }\n  return changeCart(",
    missedBy: fuzz("POST /api/cart/add"),
  },
  {
    name: "sign-in: known addresses",
    file: "infra/local/user-pool/authorization-request.ts",
    from: 'if (!isLocal(redirectUri) || redirectUri.includes("#"))',
    to: "if (!redirectUri)",
    missedBy: addresses("gets no answer: redirect_uri"),
  },
  {
    name: "sign-in: S256",
    file: "infra/local/user-pool/authorization-request.ts",
    from: 'parameter("code_challenge_method") !== "S256" || ',
    to: "",
    missedBy: addresses("with plain PKCE"),
  },
  {
    name: "sign-in: the verifier",
    file: "infra/local/user-pool/token-endpoints.ts",
    from: "grant.challenge === digest(code_verifier)",
    to: "code_verifier",
    missedBy: codes("with another verifier"),
  },
  {
    name: "sign-in: a code once",
    file: "infra/local/user-pool/authorization-codes.ts",
    from: "const grant = grants.get(code);\n      grants.delete(code);",
    to: "const grant = grants.get(code);",
    missedBy: codes("gives tokens once"),
  },
  {
    name: "sign-in: a refresh token once",
    file: "infra/local/user-pool/sign-ins.ts",
    from: "sql.run`DELETE FROM refresh_tokens WHERE used_at <= ${now() - refreshGraceSeconds}`;",
    to: "",
    missedBy: codes("once it has been used, ten seconds later"),
  },
  {
    name: "sign-in: known pages after signing out",
    file: "infra/local/user-pool/hosted-sign-in.ts",
    from: "if (!isLocal(back)) {",
    to: "if (!back) {",
    missedBy: addresses("nobody is sent there by signing out"),
  },
  {
    name: "sign-in: no form of another site's",
    file: "infra/local/user-pool/hosted-sign-in.ts",
    from: 'c.html(errorPage("This form was sent from another site."), 403)',
    to: "next()",
    missedBy: sessions("cannot post to the sign-in forms"),
  },
  {
    name: "sign-in: a cookie that no script reads",
    file: "infra/local/user-pool/hosted-sign-in.ts",
    from: "httpOnly: true,",
    to: "",
    missedBy: sessions("is no script's to read"),
  },
  {
    name: "sign-in: nothing of the visitor's is markup",
    file: "infra/local/user-pool/pages.ts",
    from: 'value="${email ?? ""}"',
    to: 'value="${raw(email ?? "")}"',
    missedBy: pages("takes the e-mail, at the sign-in"),
  },
  {
    name: "sign-in: who has an account takes no less time",
    file: "infra/local/user-pool/users.ts",
    from: "const right = await isPassword(password, known?.password ?? null);",
    to: "const right = known && (await isPassword(password, known.password));",
    missedBy: pages("cannot be heard at the sign-in"),
  },
  {
    name: "a cursor's place",
    file: "shared/cursor.ts",
    from: " || !isPlace(position)",
    to: "",
    missedBy: values("a cursor made up with a checksum that is right"),
  },
];

const runWithout = ({ missedBy: [file, named], ...mutant }: Fence) =>
  runVitest({
    files: [file],
    projects: ["security", "in process", "system"],
    system: { url: inject("url"), variables: inject("variables") },
    mutant,
    test: named,
    patienceMs: 60_000,
  });

describe.concurrent("a fence that is taken away is missed", { timeout: 120_000 }, () => {
  test.for(fences)("$name", async (fence, { task }) => {
    const { failed, broken } = await runWithout(fence);

    expect(broken).toEqual([]);
    expect(failed?.name).toContain(fence.missedBy[1]);
    task.meta.shown = `${fence.name.padEnd(48)}${failed?.name}`;
  });

  test("but an edit that takes nothing away is not", async () => {
    const [fence] = fences as [Fence];

    const { failed, broken, ran } = await runWithout({ ...fence, to: fence.from });

    expect({ failed, broken, ran }).toEqual({ failed: null, broken: [], ran: 1 });
  });
});
