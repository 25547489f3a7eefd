import { afterEach, describe, expect, test, vi } from "vitest";
import { routes } from "../../functions/routes.ts";
import { cursorAt } from "../../shared/cursor.ts";
import { aCustomer, bearer, inTheCart, type Person } from "../given.ts";
import { itemsOf } from "../partition.ts";
import { inProcess, overHttp } from "../shop.ts";
import { canary } from "./canary.ts";
import { ada, book, type Headers, json, refusedTwice, staff } from "./refused-twice.ts";

// Quantities, texts, ids, cursors and paths that nothing can be, and orders that cannot be placed.

/** A body that would do, where what the path names takes one. */
const fitting: Record<string, string> = {
  "PUT /api/cart/items/{bookId}": '{"quantity":1}',
  "PATCH /api/admin/books/{bookId}": '{"active":true}',
  "PATCH /api/admin/orders/{orderId}": '{"status":"paid"}',
};

describe.each([
  ["in process", inProcess],
  ["over HTTP", overHttp],
] as const)("%s", (_way, send) => {
  const add = (body: string) => send("POST", "/api/cart/add", { ...bearer(ada), ...json }, body);

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
