import { connect } from "node:net";
import { beforeAll, expect, inject, test } from "vitest";
import { aBook, aCustomer, type Person } from "../given.ts";
import { itemsOf } from "../partition.ts";
import { held } from "../shop.ts";
import { canary } from "./canary.ts";
import { overTheWire } from "./exact-requests.ts";

// What no HTTP client would send, byte for byte, to the local gateway.

const { hostname, port } = new URL(inject("url"));
let ada: Person;
let body: string;
let authorization: string;

beforeAll(async () => {
  ada = await aCustomer();
  body = JSON.stringify({ bookId: (await aBook()).bookId });
  authorization = `Bearer ${ada.token}`;
});

const nothingIsWritten = async () => expect(await itemsOf(ada.sub)).toEqual([]);

/** All that comes back over one connection until it is closed. */
const answersTo = (bytes: string): Promise<string> =>
  new Promise((resolve) => {
    let said = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes, "latin1"));
    socket.on("data", (chunk) => {
      said += chunk;
    });
    socket.once("error", () => resolve(said)).once("close", () => resolve(said));
  });

const statusesIn = (said: string) =>
  [...said.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
const lines = (...each: string[]) => `${each.join("\r\n")}\r\n\r\n`;
const post = (...headers: string[]) =>
  lines(
    "POST /api/cart/add HTTP/1.1",
    "Host: localhost",
    "Content-Type: application/json",
    `Authorization: ${authorization}`,
    ...headers,
  );
const length = () => `Content-Length: ${body.length}`;
const closing = "Connection: close";
const chunks = () => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

test.each<[string, number[], () => string]>([
  ["both a length and chunks", [400], () => post(length(), "Transfer-Encoding: chunked") + chunks()],
  ["two lengths", [400], () => post(length(), "Content-Length: 5") + body],
  ["a length with a sign", [400], () => post("Content-Length: +5") + body],
  ["a length that is no number", [400], () => post("Content-Length: 0x10") + body],
  ["a coding that hides chunks", [400], () => post("Transfer-Encoding: xchunked") + chunks()],
  ["chunks that are not the last coding", [400], () => post("Transfer-Encoding: chunked, gzip") + chunks()],
  ["a coding with a space before its colon", [400], () => post("Transfer-Encoding : chunked") + chunks()],
  [
    "a chunk whose size is none",
    [400],
    () => `${post("Transfer-Encoding: chunked")}zz\r\n${body}\r\n0\r\n\r\n`,
  ],
  ["a folded header", [400], () => `${post(`X-A: a\r\n ${length()}`)}${body}`],
  ["a header with a NUL", [400], () => post("X-A: \u0000", length()) + body],
  ["a header with a bare line feed", [400], () => post("X-A: a\nX-B: b", length()) + body],
  ["a header without a name", [400], () => post(": a", length()) + body],
  ["a header of 20 KB", [431], () => post(`X-A: ${canary.repeat(2000)}`, length()) + body],
  [
    "3,000 headers",
    [431],
    () => post(...Array.from({ length: 3000 }, (_, at) => `X-${at}: a`), length()) + body,
  ],
  ["no host", [400], () => lines("GET /api/cart HTTP/1.1", `Authorization: ${authorization}`)],
  [
    "a method in small letters",
    [400],
    () => lines("post /api/cart/add HTTP/1.1", "Host: localhost", length()) + body,
  ],
  ["no method that there is", [400], () => lines("JUMP /api/cart HTTP/1.1", "Host: localhost")],
  ["the beginning of HTTP/2", [400], () => lines("PRI * HTTP/2.0", "", "SM")],
  ["no HTTP at all", [400], () => `${canary}\r\n\r\n`],
  ["a target with a space", [400], () => lines("GET /api/cart add HTTP/1.1", "Host: localhost")],
  [
    "the target of a proxy",
    [404],
    () => lines("GET http://127.0.0.1/api/cart HTTP/1.1", "Host: localhost", closing),
  ],
  ["the target of the server", [404], () => lines("OPTIONS * HTTP/1.1", "Host: localhost", closing)],
  [
    "dots in a target",
    [404],
    () => lines("POST /api/books/../cart/add HTTP/1.1", "Host: localhost", length(), closing) + body,
  ],
  [
    "two slashes",
    [404],
    () => lines("POST //api/cart/add HTTP/1.1", "Host: localhost", length(), closing) + body,
  ],
  ["a tunnel", [], () => lines("CONNECT 127.0.0.1:3000 HTTP/1.1", "Host: localhost")],
  ["two types", [415], () => post("Content-Type: application/json", length(), closing) + body],
  [
    "two keys that are none together",
    [400],
    () => post("Idempotency-Key: a", "Idempotency-Key: b c", length(), closing) + body,
  ],
])("%s on the wire: answered %j, and nothing is written", async (_, statuses, bytes) => {
  const said = await answersTo(bytes());

  expect(statusesIn(said)).toEqual(statuses);
  expect(said).not.toContain(canary);
  await nothingIsWritten();
});

test("a request hidden in the body of another is not answered", async () => {
  const hidden = post(length()) + body;
  const said = await answersTo(
    lines("GET /api/books?limit=1 HTTP/1.1", "Host: localhost", `Content-Length: ${hidden.length}`, closing) +
      hidden,
  );

  expect(statusesIn(said)).toEqual([200]);
  await nothingIsWritten();
});

test("a path whose slash leads on keeps what is encoded in it encoded", async () => {
  const target = "/docs/%0d%0aSet-Cookie:%20a=b%5c%5cexample.com/";
  const { status, headers } = await overTheWire({ method: "GET", target });

  expect(status).toBe(308);
  expect(headers.get("location")).toBe("/docs/%0D%0ASet-Cookie%3A%20a%3Db%5C%5Cexample.com");
  expect(headers.has("set-cookie")).toBe(false);
});

test("a body of more than 10 MB is the gateway's to refuse", async () => {
  const most = 10 * 1024 * 1024;
  const asked = { method: "POST", target: "/api/cart/add" };
  const headers = { authorization, "content-type": "application/json" };
  const sent = (bytes: number) => overTheWire({ ...asked, headers, body: " ".repeat(bytes) });

  expect((await held(asked, await sent(most))).body).toMatchObject({ code: "payload-too-large" });
  const { status, body: refused } = await held(asked, await sent(most + 1));
  expect({ status, refused }).toEqual({ status: 413, refused: { message: "Request Entity Too Large" } });
  await nothingIsWritten();
});
