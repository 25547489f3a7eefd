import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";

// What becomes of a customer's request where Cognito is in trouble.

type Answer = (outgoing: ServerResponse) => void;
const refusing =
  (status: number, type: string): Answer =>
  (outgoing) =>
    void outgoing.writeHead(status).end(JSON.stringify({ __type: type, message: "no" }));

/** The two operations, asking a Cognito that answers so. */
async function accountsOf(answer: Answer) {
  const server = createServer((_, outgoing) => answer(outgoing)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  vi.stubEnv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", `http://127.0.0.1:${port}`);
  vi.resetModules();
  return import("../shared/account.ts");
}

const troubles: Record<string, Answer> = {
  "never answers": () => {},
  "begins to answer and does not go on": (outgoing) => void outgoing.writeHead(200).write("{"),
  "goes on answering for ever": (outgoing) => {
    outgoing.writeHead(200);
    const timer = setInterval(() => outgoing.write(" "), 200);
    outgoing.once("close", () => clearInterval(timer));
  },
  "hangs up": (outgoing) => void outgoing.destroy(),
  "is busy": refusing(400, "TooManyRequestsException"),
  "throttles all that is asked": refusing(400, "ThrottlingException"),
  "throttles by its status too": refusing(429, "ThrottlingException"),
  fails: refusing(500, "InternalErrorException"),
};

describe.each(Object.entries(troubles))("a Cognito that %s", (_, answer) => {
  test("is temporarily unavailable, within what a function has left for it", {
    timeout: 15_000,
  }, async () => {
    const { readAccount, deleteAccount } = await accountsOf(answer);

    for (const ask of [readAccount, deleteAccount])
      await expect(ask("somebody")).rejects.toMatchObject({ problem: { code: "temporarily-unavailable" } });
  });
});

test("an account that is gone is none, and deleting it again is done", async () => {
  const { readAccount, deleteAccount } = await accountsOf(refusing(400, "UserNotFoundException"));

  expect(await readAccount("nobody")).toBeNull();
  await deleteAccount("nobody");
});

test("what Cognito refuses for good is a mistake of ours", async () => {
  const { readAccount } = await accountsOf(refusing(400, "NotAuthorizedException"));

  await expect(readAccount("somebody")).rejects.toMatchObject({ name: "NotAuthorizedException" });
});
