import { gzipSync } from "node:zlib";
import { afterEach, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { routes } from "../../functions/routes.ts";
import { cursorAt } from "../../shared/cursor.ts";
import { aBook, aCustomer, bearer, inTheCart, type Person, theStaff } from "../given.ts";
import { itemsOf } from "../partition.ts";
import { answerOf, type EventChange, fromHere, held, inProcess, overHttp, type Reply } from "../shop.ts";
import { canary } from "./canary.ts";
import { toTheHandler } from "./exact-requests.ts";

type Answer = Pick<Reply, "status" | "headers" | "text">;
type Headers = Record<string, string>;

const json = { "content-type": "application/json" };
const mostBytes = 65_536;

/** Bytes that are no text, both ways. */
const rawly = {
  async "in process"(method: string, target: string, headers: Headers, body: Buffer): Promise<Answer> {
    return held({ method, target }, await answerOf(fromHere, { method, target, headers, body }));
  },
  async "over HTTP"(method: string, target: string, headers: Headers, body: Buffer): Promise<Answer> {
    const answer = await fetch(inject("url") + target, { method, headers, body: new Uint8Array(body) });
    const { status, headers: given } = answer;
    return held({ method, target }, { status, headers: given, text: await answer.text() });
  },
};

let ada: Person;
let staff: Person;
let book: { bookId: string };

beforeAll(async () => {
  [ada, staff, book] = await Promise.all([aCustomer(), theStaff(), aBook()]);
  await inTheCart(ada, [book]);
});

/** A body that would do, where what the path names takes one. */
const fitting: Record<string, string> = {
  "PUT /api/cart/items/{bookId}": '{"quantity":1}',
  "PATCH /api/admin/books/{bookId}": '{"active":true}',
  "PATCH /api/admin/orders/{orderId}": '{"status":"paid"}',
};

/** Sends it twice: the same refusal, to the byte, and nothing has changed. */
async function refusedTwice(send: () => Promise<Answer>, status: number, code: string, who = ada) {
  const before = await itemsOf(who.sub);
  const [first, second] = [await send(), await send()];
  expect({ status: first.status, ...JSON.parse(first.text) }).toMatchObject({ status, code });
  expect(first.headers.get("content-type")).toBe("application/problem+json");
  expect(first.headers.get("x-request-id")).toMatch(/\S/);
  expect(second.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
  expect(second.text).toBe(first.text);
  expect(first.text).not.toContain(canary);
  expect(first.text).not.toMatch(/\.ts\b|node_modules| at \S+:\d/);
  expect(await itemsOf(who.sub)).toEqual(before);
  return JSON.parse(first.text) as { errors?: { path: string; message: string }[] };
}

describe.each([
  ["in process", inProcess],
  ["over HTTP", overHttp],
] as const)("%s", (way, send) => {
  const add = (body: string, headers: Headers = {}) =>
    send("POST", "/api/cart/add", { ...bearer(ada), ...json, ...headers }, body);
  afterEach(() => vi.restoreAllMocks());
  const sendBytes = (method: string, path: string, headers: Headers, body: Buffer) =>
    rawly[way](method, path, headers, body);

  test("an order of an empty cart is refused", async () => {
    const bob = await aCustomer();

    await refusedTwice(() => send("POST", "/api/orders", bearer(bob)), 409, "cart-empty", bob);
    expect(await itemsOf(bob.sub)).toEqual([]);
  });

  test.each([
    "0",
    "-1",
    "1.5",
    '"1"',
    "100",
    "1e400",
    "-1e400",
    "1e2",
    "null",
    "true",
    "[1]",
    "{}",
    "-0",
    "0.99999",
    "1e-400",
    "9007199254740993",
    "1.0000001",
    "18446744073709551617",
    "1".repeat(400),
  ])("a quantity of %s is refused", async (quantity) => {
    const { errors } = await refusedTwice(
      () => add(`{"bookId":"${book.bookId}","quantity":${quantity}}`),
      400,
      "invalid-request",
    );

    expect(new Set(errors?.map(({ path }) => path))).toEqual(new Set(["/quantity"]));
  });

  test.each([
    ["1.0", 1],
    ["2E0", 2],
    ["0.3e1", 3],
    ["40e-1", 4],
    ["5.00000000000000000000001", 5],
  ])("a quantity of %s is %i, as in any JSON", async (written, quantity) => {
    const bob = await aCustomer();
    const body = `{"bookId":"${book.bookId}","quantity":${written}}`;

    const answer = await send("POST", "/api/cart/add", { ...bearer(bob), ...json }, body);

    expect(answer.body.lines).toMatchObject([{ quantity }]);
  });

  test("of members of the same name the last one counts, and it is that one which is judged", async () => {
    const bob = await aCustomer();
    const twice = (one: number, other: number) =>
      `{"bookId":"${canary}","quantity":${one},"bookId":"${book.bookId}","quantity":${other}}`;

    await refusedTwice(() => add(twice(1, 0)), 400, "invalid-request");
    const answer = await send("POST", "/api/cart/add", { ...bearer(bob), ...json }, twice(0, 2));

    expect(answer.body.lines).toMatchObject([{ bookId: book.bookId, quantity: 2 }]);
  });

  test.each([
    ["from right to left", "\u05e9\u05dc\u05d5\u05dd \u202eabc\u202c"],
    ["of four bytes", "\u{1f4da}\u{20000}\u{10ffff}"],
    ["joined", "\u{1f469}\u200d\u{1f680} e\u0301 \u0e01\u0e33"],
    ["of JSON, HTML and paths", `"\\{}[] <script> ../ %00 {{1}} $\{1} 'or'1'='1`],
    ["with a byte order mark inside", "a\ufeffb"],
    ["that means something to JavaScript", "__proto__"],
  ])("a text %s is kept and given back to the byte", async (_, text) => {
    const bob = await aCustomer();
    await inTheCart(bob, [book]);
    const shippingAddress = { name: text, lines: [text], city: text, country: "GB" };
    const form = { title: text, authors: [text], price: { amount: 1, currency: "USD" } };
    const asStaff = { ...bearer(staff), ...json };

    const order = await send(
      "POST",
      "/api/orders",
      { ...bearer(bob), ...json },
      JSON.stringify({ shippingAddress }),
    );
    const made = await send("POST", "/api/admin/books", asStaff, JSON.stringify(form));

    const found = await send("GET", `/api/orders/${order.body.orderId}`, bearer(bob));
    expect(found.body.shippingAddress).toEqual(shippingAddress);
    expect((await send("GET", `/api/admin/books/${made.body.bookId}`, asStaff)).body).toMatchObject(form);
  });

  test("a compressed body is not JSON, whatever its Content-Encoding says", async () => {
    const body = gzipSync(JSON.stringify({ bookId: book.bookId }));
    const headers = { ...bearer(ada), ...json, "content-encoding": "gzip" };

    await refusedTwice(() => sendBytes("POST", "/api/cart/add", headers, body), 400, "invalid-request");
  });

  test("a book that there is not is refused, also under a name that means something to JavaScript", async () => {
    for (const bookId of [canary, "__proto__", "constructor", "toString", "a".repeat(64)])
      await refusedTwice(() => add(JSON.stringify({ bookId })), 404, "book-not-found");
  });

  test.each([
    "",
    "a".repeat(65),
    "a b",
    "a\u0000b",
    "a\nb",
    "é",
    "a/b",
    "\ud800",
    "\udc00\ud800",
    "a\u2028",
    " x",
    "a#b",
  ])("a book id of %j is refused", async (bookId) => {
    const { errors } = await refusedTwice(() => add(JSON.stringify({ bookId })), 400, "invalid-request");

    expect(errors).toEqual([{ path: "/bookId", message: expect.any(String) }]);
  });

  test.each([
    ["half of it", `{"bookId":"${canary}"`],
    ["a comma too many", `{"bookId":"${canary}",}`],
    ["something after it", `{"bookId":"${canary}"}}`],
    ["other quotes", `{'bookId':'${canary}'}`],
    ["a name without quotes", `{bookId:"${canary}"}`],
    ["a comment", `{"bookId":"${canary}"} // x`],
    ["spaces alone", "   "],
    ["NaN", `{"bookId":"${canary}","quantity":NaN}`],
    ["a form", `bookId=${canary}&quantity=1`],
    ["a NUL", `{"bookId":"a\u0000"}`],
    ["a byte order mark before it", `\ufeff{"bookId":"${canary}"}`],
    ["a hexadecimal number", `{"bookId":"${canary}","quantity":0x1}`],
    ["a number with a zero before it", `{"bookId":"${canary}","quantity":01}`],
    ["a number with a plus", `{"bookId":"${canary}","quantity":+1}`],
    ["a line break in a text", `{"bookId":"${canary}\n"}`],
  ])("broken JSON is refused: %s", async (_, body) => {
    const { errors } = await refusedTwice(() => add(body), 400, "invalid-request");

    expect(errors).toEqual([{ path: "", message: expect.any(String) }]);
  });

  test.each(["null", "[]", '"x"', "1", "true", `["${canary}"]`])("%s is no request", async (body) => {
    await refusedTwice(() => add(body), 400, "invalid-request");
  });

  test.each([
    ["an unknown member", `"${canary}":1`],
    ["a price", `"unitPrice":{"amount":1,"currency":"USD"}`],
    ["another customer", `"customerId":"${canary}"`],
    ["a member of the same name in capitals", `"Quantity":2`],
    ["__proto__", `"__proto__":{"quantity":50,"${canary}":1}`],
    ["__proto__ of null", `"__proto__":null`],
    ["constructor", `"constructor":{"prototype":{"${canary}":1}}`],
    ["toString", `"toString":"${canary}"`],
  ])("%s beside what belongs there is refused", async (_, member) => {
    const { errors } = await refusedTwice(
      () => add(`{"bookId":"${book.bookId}",${member}}`),
      400,
      "invalid-request",
    );

    expect(errors).toEqual([{ path: "", message: expect.any(String) }]);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  const form = { title: "A title", authors: ["A"], price: { amount: 1, currency: "USD" } };
  test.each<[string, object]>([
    ["PUT /api/cart/items/{bookId}", { quantity: 2, unitPrice: 1 }],
    ["POST /api/orders", { customerId: canary }],
    ["POST /api/orders", { status: "paid" }],
    ["POST /api/admin/books", { ...form, bookId: canary }],
    ["POST /api/admin/books", { ...form, price: { ...form.price, [canary]: 1 } }],
    ["PATCH /api/admin/books/{bookId}", { price: { ...form.price, [canary]: 1 } }],
    ["PATCH /api/admin/books/{bookId}", { title: canary, revision: 1 }],
    ["PATCH /api/admin/orders/{orderId}", { status: "paid", customerId: canary }],
  ])("%s takes no member but its own: %j", async (route, body) => {
    const [method = "", path = ""] = route.split(" ");
    const caller = path.startsWith("/api/admin/") ? staff : ada;
    const target = path.replace(/\{.+\}/, book.bookId);
    const { errors } = await refusedTwice(
      () => send(method, target, { ...bearer(caller), ...json }, JSON.stringify(body)),
      400,
      "invalid-request",
      caller,
    );

    expect(errors).toEqual([
      { path: expect.stringMatching(/^(\/price)?$/), message: "Has a member that is not known" },
    ]);
  });

  test("__proto__ is refused in the depth of a body too", async () => {
    const address = `{"name":"A","lines":["1"],"city":"C","country":"US","__proto__":{"region":"${canary}"}}`;
    const { errors } = await refusedTwice(
      () => send("POST", "/api/orders", { ...bearer(ada), ...json }, `{"shippingAddress":${address}}`),
      400,
      "invalid-request",
    );

    expect(errors?.[0]?.path).toBe("/shippingAddress");
  });

  test.each([
    ["none", ""],
    ["text", "text/plain"],
    ["a form", "application/x-www-form-urlencoded"],
    ["another JSON", "application/problem+json"],
    ["one that begins like it", "application/jsonlines"],
    ["one that ends like it", "text/application/json"],
    ["bytes", "application/octet-stream"],
    ["two", "text/plain, application/json"],
  ])("a Content-Type that is not JSON's is refused: %s", async (_, type) => {
    const body = JSON.stringify({ bookId: book.bookId });
    const headers = { ...bearer(ada), ...(type && { "content-type": type }) };

    await refusedTwice(
      () => sendBytes("POST", "/api/cart/add", headers, Buffer.from(body)),
      415,
      "unsupported-media-type",
    );
  });

  test.each(["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"])(
    "%s is JSON's",
    async (type) => {
      const body = JSON.stringify({ quantity: 0 });

      expect((await add(body, { "content-type": type })).status).toBe(400);
    },
  );

  test("a body of 65,537 bytes is refused on every route that takes one, before it is parsed or the table is asked", async () => {
    const body = JSON.stringify(canary.padEnd(mostBytes - 1));
    const takingBody = routes.filter(
      ({ method, path }) => method !== "GET" && method !== "DELETE" && !path.endsWith("/cancel"),
    );
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const parse = vi.spyOn(JSON, "parse");

    for (const { method, path, who } of takingBody) {
      const caller = who === "admin" ? staff : ada;
      const target = path.replace(/\{.+\}/, "an-id");
      const headers = { ...bearer(caller), ...json };
      await refusedTwice(() => send(method, target, headers, body), 413, "payload-too-large", caller);
    }

    // what another process does is not seen from here
    const seen = way === "in process" ? 2 * takingBody.length : 0;
    expect(log).toHaveBeenCalledTimes(seen);
    for (const [line] of log.mock.calls) expect(JSON.parse(String(line)).calls ?? 0).toBe(0);
    // a matcher would take minutes to show the difference of such texts
    expect(parse.mock.calls.some(([text]) => text === body)).toBe(false);
  });

  test("a body of 65,536 bytes is not too large", async () => {
    const bob = await aCustomer();
    const body = JSON.stringify({ bookId: book.bookId }).padEnd(mostBytes);

    expect((await send("POST", "/api/cart/add", { ...bearer(bob), ...json }, body)).status).toBe(200);
    expect((await send("POST", "/api/cart/add", { ...bearer(bob), ...json }, `${body} `)).status).toBe(413);
  });

  test("bytes are counted, not characters, and before anything is parsed", async () => {
    const characters = `{"${canary}":"${"é".repeat(mostBytes / 2)}`;

    expect(characters.length).toBeLessThan(mostBytes);
    await refusedTwice(() => add(characters), 413, "payload-too-large");
  });

  test.each([
    ["lists", `${"[".repeat(30_000)}${"]".repeat(30_000)}`],
    ["lists for an id", `{"bookId":${"[".repeat(30_000)}${"]".repeat(30_000)}}`],
    ["lists beside an id", `{"bookId":"x","${canary}":${"[".repeat(30_000)}${"]".repeat(30_000)}}`],
    ["objects", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`],
    ["lists that never end", "[".repeat(60_000)],
  ])("JSON as deep as fits is refused: %s", async (_, body) => {
    await refusedTwice(() => add(body), 400, "invalid-request");
  });

  test.each([
    ["half a character", "\\ud83d"],
    ["a NUL", "\\u0000"],
    ["a line break", "\\n"],
    ["a delete character", "\\u007f"],
  ])("a name with %s in it is refused", async (_, text) => {
    const body = `{"shippingAddress":{"name":"${canary}${text}","lines":["1"],"city":"C","country":"US"}}`;
    const { errors } = await refusedTwice(
      () => send("POST", "/api/orders", { ...bearer(ada), ...json }, body),
      400,
      "invalid-request",
    );

    expect(errors?.[0]?.path).toBe("/shippingAddress/name");
  });

  test("a body that is not UTF-8 is refused where an id is asked for", async () => {
    const body = Buffer.concat([Buffer.from('{"bookId":"'), Buffer.from([0xff, 0xc3]), Buffer.from('"}')]);

    await refusedTwice(
      () => sendBytes("POST", "/api/cart/add", { ...bearer(ada), ...json }, body),
      400,
      "invalid-request",
    );
  });

  test("a body that is not UTF-8 is refused where any text is taken", async () => {
    const form = { title: "?", authors: ["A"], price: { amount: 1, currency: "USD" } };
    const [before = "", after = ""] = JSON.stringify(form).split("?");
    const body = Buffer.concat([Buffer.from(before), Buffer.from([0x43, 0xe9]), Buffer.from(after)]);

    const { status } = await sendBytes("POST", "/api/admin/books", { ...bearer(staff), ...json }, body);

    expect(status).toBe(400);
  });

  test("a change or a creation that is not valid leaves the book as it is", async () => {
    const path = `/api/admin/books/${book.bookId}`;
    const headers = { ...bearer(staff), ...json };
    const before = await send("GET", path, headers);

    for (const body of [`{"title":"${canary}","${canary}":1}`, '{"stock":1e400}', '{"price":1}', "[]", "{"])
      await refusedTwice(() => send("PATCH", path, headers, body), 400, "invalid-request", staff);
    for (const body of [`{"title":"${canary}"}`, '{"__proto__":{}}', "null"])
      await refusedTwice(
        () => send("POST", "/api/admin/books", headers, body),
        400,
        "invalid-request",
        staff,
      );

    expect((await send("GET", path, headers)).text).toBe(before.text);
  });

  test.each([
    "%00",
    "a%2Fb",
    "a%2eb",
    "%2E%2E%2F",
    "%252e%252e",
    "..%5C",
    "%0A",
    "..%2F",
    "%25",
    "__proto__%00",
    canary.repeat(7),
  ])("what no id can be leads nowhere in a path: %s", async (id) => {
    for (const { method, path, who } of routes.filter(({ path }) => path.includes("Id}"))) {
      const caller = who === "admin" ? staff : ada;
      const headers = { ...bearer(caller), ...json };
      const target = path.replace(/\{.+\}/, id);
      const code = path.includes("{bookId}") ? "book-not-found" : "order-not-found";
      const body = fitting[`${method} ${path}`];
      await refusedTwice(() => send(method, target, headers, body), 404, code, caller);
    }
  });

  test.each([
    ["/api/books?", "books ", () => ({})],
    ["/api/books?title=emma&", "books emma", () => ({})],
    ["/api/orders?", "orders {sub}", () => bearer(ada)],
    ["/api/admin/books?", "shelf {sub} true ", () => bearer(staff)],
    ["/api/admin/books?title=emma&", "shelf {sub} true emma", () => bearer(staff)],
  ])("a cursor made up with a checksum that is right is refused: %s", async (path, list, headers) => {
    const { sub } = path.includes("admin") ? staff : ada;

    expect(await statusesOfMadeUp(path, list.replace("{sub}", sub), headers())).toEqual(new Set([400]));
  });

  test("a cursor made up with a checksum that is right is refused: /api/admin/orders?", async () => {
    const list = `all orders ${staff.sub} * false`;

    expect(await statusesOfMadeUp("/api/admin/orders?", list, bearer(staff))).toEqual(new Set([400]));
  });

  const statusesOfMadeUp = async (path: string, list: string, headers: Headers) => {
    const beyondTheTitle = "emma\u{10FFFF}\tid";
    const positions = [
      "",
      "x",
      "\t",
      "\u0000",
      "a".repeat(2000),
      `zz\t${"a".repeat(3000)}`,
      `${"\u{1F600}".repeat(260)}\tid`,
      ...(list.endsWith("emma") ? [beyondTheTitle] : []),
    ];
    const answers = await Promise.all(
      positions.map((position) => send("GET", `${path}cursor=${cursorAt(list, position)}`, headers)),
    );
    return new Set(answers.map(({ status }) => status));
  };

  test("nothing is written by what no route takes", async () => {
    const headers = { ...bearer(ada), ...json };
    const body = JSON.stringify({ bookId: book.bookId, quantity: 1 });

    for (const path of [`/api/${canary}`, "/api/cart/items", "/api/admin/carts", `/${canary}/api/cart/add`])
      await refusedTwice(() => send("POST", path, headers, body), 404, "route-not-found");
    for (const [method, path] of [
      ["PUT", "/api/cart/add"],
      ["POST", "/api/cart"],
      ["PATCH", `/api/orders/${canary}`],
      ["DELETE", "/api/orders"],
    ] as const)
      await refusedTwice(() => send(method, path, headers, body), 405, "method-not-allowed");
  });

  test("nothing is written by a request that is sent on to the path without a slash", async () => {
    const before = await itemsOf(ada.sub);

    for (const { method, path } of routes) {
      const target = `${path.replace(/\{.+\}/, book.bookId)}/?title=${encodeURIComponent("a b&c")}&x=%25`;
      const body = method === "GET" ? undefined : JSON.stringify({ bookId: book.bookId, quantity: 1 });
      const { status, headers } = await send(method, target, { ...bearer(ada), ...json }, body);
      expect({ status, location: headers.get("location") }).toEqual({
        status: 308,
        location: target.replace("/?", "?"),
      });
    }

    expect(await itemsOf(ada.sub)).toEqual(before);
  });
});

describe("a body that API Gateway hands over in base64", () => {
  const add = async (body: string, type = "application/json") => {
    const asked = { method: "POST", target: "/api/cart/add" };
    const headers = { ...bearer(ada), "content-type": type };
    const inBase64: EventChange = (event) => ({ ...event, body, isBase64Encoded: true });
    return held(asked, await toTheHandler({ ...asked, headers }, inBase64));
  };
  const encoded = (text: string | Uint8Array) => Buffer.from(text).toString("base64");

  test("is read as the bytes that were sent", async () => {
    const body = JSON.stringify({ bookId: book.bookId });

    expect((await add(encoded(body))).status).toBe(200);
    expect((await add(encoded(body.padEnd(mostBytes)))).status).toBe(200);
  });

  test("is refused like any other", async () => {
    const body = JSON.stringify({ bookId: book.bookId });

    await refusedTwice(() => add(encoded(body.padEnd(mostBytes + 1))), 413, "payload-too-large");
    await refusedTwice(() => add(encoded(body), "application/octet-stream"), 415, "unsupported-media-type");
    const notUtf8 = Buffer.from(body.replace(book.bookId, "\u00e9"), "latin1");
    const { errors } = await refusedTwice(() => add(encoded(notUtf8)), 400, "invalid-request");
    expect(errors).toEqual([{ path: "", message: expect.any(String) }]);
    await refusedTwice(() => add(encoded(Buffer.from(body, "utf16le"))), 400, "invalid-request");
    await refusedTwice(() => add(body), 400, "invalid-request");
    for (const broken of ["%%%", "====", encoded(body).slice(0, -4), `${encoded(body).slice(0, 9)}\u0000`])
      await refusedTwice(() => add(broken), 400, "invalid-request");
  });
});

describe("while ordering is paused", () => {
  const order = (who: Person, key: string) =>
    inProcess(
      "POST",
      "/api/orders",
      { ...bearer(who), ...json, "idempotency-key": key },
      '{"cartId":"unknown"}',
    );

  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  test("an order is refused before its cart is looked for, and all else goes on", async () => {
    const bob = await aCustomer();
    const { body: cart } = await inTheCart(bob, [book]);
    vi.stubEnv("ORDERING", "paused");
    vi.resetModules();

    await refusedTwice(() => order(bob, "k"), 503, "ordering-paused", bob);

    const { headers, body } = await order(bob, "k");
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Object.keys(body).sort()).toEqual(["code", "detail", "status", "title", "type"]);
    expect((await inProcess("GET", "/api/cart", bearer(bob))).body).toEqual(cart);
    const added = await inProcess(
      "POST",
      "/api/cart/add",
      { ...bearer(bob), ...json },
      JSON.stringify({ bookId: book.bookId }),
    );
    expect(added.status).toBe(200);
  });

  test("an order that was placed before is still answered to its key, and a wrong body is still wrong", async () => {
    const bob = await aCustomer();
    await inTheCart(bob, [book]);
    const place = (body = "{}") =>
      inProcess("POST", "/api/orders", { ...bearer(bob), ...json, "idempotency-key": "k" }, body);
    const first = await place();
    vi.stubEnv("ORDERING", "paused");
    vi.resetModules();

    expect(await place()).toMatchObject({ status: 201, text: first.text });
    expect((await place('{"cartId":"unknown"}')).status).toBe(422);
    expect((await place("{")).status).toBe(400);
  });
});

test("a path that cannot be decoded is the gateway's to refuse", async () => {
  for (const path of ["/api/books/%", "/api/books/%ff", "/api/books/%ED%A0%80"]) {
    const { status, text } = await overHttp("GET", path, {});
    expect({ status, text }).toEqual({ status: 400, text: '{"message":"Bad Request"}' });
  }
});
