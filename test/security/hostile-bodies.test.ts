import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, inject, test, vi } from "vitest";
import { routes } from "../../functions/routes.ts";
import { aCustomer, bearer } from "../given.ts";
import { answerOf, type EventChange, fromHere, held, inProcess, overHttp } from "../shop.ts";
import { canary } from "./canary.ts";
import { toTheHandler } from "./exact-requests.ts";
import { type Answer, ada, book, type Headers, json, refusedTwice, staff } from "./refused-twice.ts";

// Bodies that are too large, too deep, in no UTF-8, of another type, no JSON, or say more than belongs there.

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

describe.each([
  ["in process", inProcess],
  ["over HTTP", overHttp],
] as const)("%s", (way, send) => {
  const add = (body: string, headers: Headers = {}) =>
    send("POST", "/api/cart/add", { ...bearer(ada), ...json, ...headers }, body);
  afterEach(() => vi.restoreAllMocks());
  const sendBytes = (method: string, path: string, headers: Headers, body: Buffer) =>
    rawly[way](method, path, headers, body);

  test("of members of the same name the last one counts, and it is that one which is judged", async () => {
    const bob = await aCustomer();
    const twice = (one: number, other: number) =>
      `{"bookId":"${canary}","quantity":${one},"bookId":"${book.bookId}","quantity":${other}}`;

    await refusedTwice(() => add(twice(1, 0)), 400, "invalid-request");
    const answer = await send("POST", "/api/cart/add", { ...bearer(bob), ...json }, twice(0, 2));

    expect(answer.body.lines).toMatchObject([{ bookId: book.bookId, quantity: 2 }]);
  });

  test("a compressed body is not JSON, whatever its Content-Encoding says", async () => {
    const body = gzipSync(JSON.stringify({ bookId: book.bookId }));
    const headers = { ...bearer(ada), ...json, "content-encoding": "gzip" };

    await refusedTwice(() => sendBytes("POST", "/api/cart/add", headers, body), 400, "invalid-request");
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
