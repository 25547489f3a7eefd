import { expect } from "vitest";
import type { Answer } from "../../description.ts";
import { held } from "../../shop.ts";
import { canary } from "../canary.ts";
import type { Sent } from "../exact-requests.ts";
import { headersOf } from "../safe-headers.ts";
import { lineBreaks, type People, people, urlOf, type Way, written } from "./stage.ts";

// What an answer and the log may say, and the headers that each kind of answer has.

/** Statuses that were judged, by route. */
export const judged = new Map<string, Set<number>>();

/** An answer says nothing of what was asked, and has the headers of its kind. */
export async function judge(way: Way, key: string, sent: Sent, answer: Answer): Promise<void> {
  const { status, headers, text } = answer;
  judged.set(key, new Set([...(judged.get(key) ?? []), status]));
  if (status === 500) await expect(held(sent, answer)).rejects.toThrow("met a bug");
  else await held(sent, answer);
  if (way === "over HTTP" && status === 401 && headers.has("apigw-requestid") && !headers.has("x-request-id"))
    return expectGateways(answer, 401, "Unauthorized");
  expect(headersOf(answer)).toEqual(expectedHeaders(way, key, answer));
  if (status < 400) return;
  expect(`${text} ${[...headers].join(" ")}`).not.toContain(canary);
  expect(text).not.toMatch(/\.ts\b|node_modules|\bat \S+:\d|CUSTOMER#|eyJ/);
}

// biome-ignore format: it is a table
/** How long an answer may be kept, where it is not `private, no-store`; a cache keeps it apart for each origin. */
export const keptFor: Record<string, string> = {
  "GET /openapi.json":       "public, max-age=3600",
  "GET /docs":               "public, max-age=3600",
  "GET /docs/{file}":        "public, max-age=3600",
  "GET /api/books":          "public, max-age=60",
  "GET /api/books/{bookId}": "public, max-age=60",
};

export const everyAnswer = {
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
};
export const pages = (way: Way) => ({
  "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ${urlOf(way)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "referrer-policy": "no-referrer",
});

function expectedHeaders(way: Way, key: string, { status }: Answer) {
  const isPage = key.startsWith("GET /docs") && status === 200;
  const type = isPage
    ? key === "GET /docs"
      ? "text/html; charset=utf-8"
      : "text/javascript; charset=utf-8"
    : status < 400
      ? "application/json"
      : "application/problem+json";
  const kept = status === 200 && keptFor[key];
  return {
    ...everyAnswer,
    "cache-control": kept || "private, no-store",
    ...(kept && { vary: "Origin" }),
    "x-request-id": expect.stringMatching(/\S/),
    ...(![204, 308].includes(status) && { "content-type": type }),
    ...(isPage && pages(way)),
  };
}

/** API Gateway's own answers: its body, and nothing that the shop could add. */
export function expectGateways(answer: Answer, status: number, message: string): void {
  expect([answer.status, answer.text]).toEqual([status, JSON.stringify({ message })]);
  expect(headersOf(answer)).toEqual({ "content-type": "application/json" });
}

/** What is only the caller's: parts of tokens, and the word. */
export const secretsOf = ({ ada, staff, broken }: People) => [
  canary,
  ...[ada, staff, broken].flatMap(({ token, idToken }) =>
    [token, idToken].flatMap((whole) => whole.split(".").slice(1)),
  ),
];

/** A log is lines of JSON, one to a request, each whole and short, but for those of faults, and holds no secret. */
export function expectClean(text: string, secrets: readonly string[]): void {
  const requests = new Set<string>();
  expect(text).toMatch(/^([^\n]+\n)*$/);
  for (const end of lineBreaks.filter((one) => one !== "\n")) expect(text).not.toContain(end);
  for (const line of text.split("\n").filter(Boolean)) {
    const { route, requestId, frames } = JSON.parse(line);
    expect([typeof route, Array.isArray(frames)]).toContain(route ? "string" : true);
    if (route) {
      expect(Buffer.byteLength(line)).toBeLessThan(350);
      expect(requests).not.toContain(requestId);
      requests.add(requestId);
    }
    for (const secret of secrets) expect(line).not.toContain(secret);
  }
}

/** Does something whose lines in the log of this process hold nothing of what was sent. */
export async function cleanly(way: Way, work: () => Promise<void>): Promise<void> {
  const before = written["in process"].length;
  await work();
  if (way !== "in process") return;
  const said = written[way].slice(before);
  expect(said).not.toBe("");
  expectClean(said, secretsOf(people[way]));
}
