import { expect, inject, test } from "vitest";
import { aQuery, cognito, reader } from "../user-pool.ts";
import { overTheWire, type Sent } from "./exact-requests.ts";

// What a page in a developer's browser can do to the system that runs on the same machine.

const url = new URL(inject("url"));

/** A request of its own connection, its Host included. */
const send = ({ method = "POST", ...sent }: Omit<Sent, "method"> & { method?: string }) =>
  overTheWire({ method, ...sent }, { agent: false });
const token = (email: string) => JSON.stringify({ Username: email, Group: "admins" });
const operations = [
  "LocalSystem.Describe",
  "LocalUserPool.IssueTokens",
  ...[
    "AdminCreateUser",
    "AdminSetUserPassword",
    "AdminAddUserToGroup",
    "AdminDeleteUser",
    "ListUsers",
    "SignUp",
  ].map(cognito),
];
const origins = [
  "https://evil.example",
  "http://evil.example:3000",
  "http://localhost.evil.example",
  "http://127.0.0.1.evil.example",
  "https://127.0.0.1",
  "null",
  "file://",
];

test.each(operations)("is driven by no page of another origin: %s", async (target) => {
  for (const origin of origins)
    for (const type of ["application/x-amz-json-1.1", "text/plain", "application/x-www-form-urlencoded"]) {
      const headers = { origin, "x-amz-target": target, "content-type": type };
      const answer = await send({ target: "/", headers, body: token(`${origin}@example.com`) });

      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text).__type).toBe("NotAuthorizedException");
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    }
});

test("may be driven by a page of this machine, such as a front end that is being written", async () => {
  const headers = { origin: "http://localhost:5173", "x-amz-target": "LocalUserPool.IssueTokens" };
  const answer = await send({ target: "/", headers, body: token("developer@example.com") });

  expect(answer.status).toBe(200);
  expect(answer.headers.get("access-control-allow-origin")).toBe(headers.origin);
});

test("tells a page nothing of itself, not even one of this machine", async () => {
  const headers = { origin: "http://localhost:5173", "x-amz-target": "LocalSystem.Describe" };

  expect(JSON.parse((await send({ target: "/", headers, body: "{}" })).text).__type).toBe(
    "UnknownOperationException",
  );
});

test("takes no operation from where a page may write it without being asked first", async () => {
  const { status, text: said } = await send({
    target: "/?X-Amz-Target=LocalUserPool.IssueTokens",
    headers: { "content-type": "text/plain" },
    body: JSON.stringify({ "X-Amz-Target": "LocalUserPool.IssueTokens", Username: "x@example.com" }),
  });

  expect([status, JSON.parse(said).__type]).toEqual([400, "UnknownOperationException"]);
});

const { port } = url;
const hosts = [
  "evil.example",
  `evil.example:${port}`,
  `localhost.evil.example:${port}`,
  `127.0.0.1.evil.example:${port}`,
  `localhost@evil.example:${port}`,
  `evil.example#localhost:${port}`,
  `[::1]:${port}`,
  `0.0.0.0:${port}`,
];

test.each(hosts)("answers nothing to a page whose own name leads here: Host: %s", async (host) => {
  const own = { host, origin: `http://${host}`, "sec-fetch-site": "same-origin" };
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const { CLIENT_ID: clientId = "" } = inject("variables");
  const asked = aQuery({ clientId });
  const email = `${hosts.indexOf(host)}@example.com`;
  for (const sent of [
    { target: "/", headers: { host, "x-amz-target": "LocalSystem.Describe" }, body: "{}" },
    { target: "/", headers: { host, "x-amz-target": "LocalUserPool.IssueTokens" }, body: token(email) },
    { target: "/", headers: { ...own, "x-amz-target": "LocalUserPool.IssueTokens" }, body: token(email) },
    {
      target: `/signup?${asked}`,
      headers: { ...own, ...form },
      body: `email=${email}&password=${reader.password}`,
    },
    { method: "GET", target: `/login?${asked}`, headers: { host } },
    { method: "GET", target: "/api/books", headers: { host } },
    { method: "GET", target: "/docs", headers: { host } },
  ]) {
    const { status, headers, text: said } = await send(sent);
    expect([status, said]).toEqual([403, '{"message":"Forbidden"}']);
    expect(headers.get("set-cookie")).toBeNull();
  }
});

test.each([`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`])(
  "answers to its own name: Host: %s",
  async (host) => {
    expect((await send({ method: "GET", target: "/api/books?limit=1", headers: { host } })).status).toBe(200);
  },
);
