import type { RequestListener } from "node:http";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { inProcess } from "../shop.ts";
import { aKeyPair, jwkOf, keySet } from "../signing-keys.ts";
import {
  answering,
  aToken,
  cartOf,
  expectUnauthenticated,
  expectUnavailable,
  keyServer,
  ours,
  store,
  withOurKey,
} from "./own-keys.ts";
import { attacks } from "./token-attacks.ts";

// What a function does while the pool's keys are out of reach, wrong or new. "Cold" has none yet, "warm" has them.

const longestMs = 3000;
const ourKey = await jwkOf(ours.publicKey, "ours");
const next = aKeyPair();
const nextKey = await jwkOf(next.publicKey, "next");

const good = async () => `Bearer ${await aToken()}`;
const ofNext = async () => `Bearer ${await aToken({}, { kid: "next" }, next.privateKey)}`;
const unknown = async () => `Bearer ${await aToken({}, { kid: "unknown" })}`;
const statusOf = async (authorization: Promise<string>) => (await cartOf(await authorization)).status;

const cold = (serve: RequestListener) => {
  keyServer.serve = serve;
  vi.resetModules();
};
const warm = async (serve = withOurKey) => {
  cold(serve);
  expect(await statusOf(good())).toBe(200);
  keyServer.requests = store.calls = 0;
};

beforeEach(() => cold(withOurKey));
afterEach(() => vi.useRealTimers());

/** How many bytes have been taken of an answer without end. */
let endless = 0;
function* spaces() {
  for (const chunk = Buffer.alloc(65_536, " "); ; endless += chunk.length) yield chunk;
}
const troubles: Record<string, RequestListener> = {
  "is cut off": (incoming) => incoming.socket.destroy(),
  "never answers": () => {},
  "answers a space at a time": (_, outgoing) => {
    outgoing.writeHead(200);
    const drip = setInterval(() => outgoing.write(" "), 300);
    outgoing.once("close", () => clearInterval(drip));
  },
  "never stops": (_, outgoing) => void Readable.from(spaces()).pipe(outgoing),
  "breaks off in the middle": (_, outgoing) => {
    const text = keySet(ourKey);
    outgoing.writeHead(200, { "content-length": text.length });
    outgoing.write(text.slice(0, 99), () => outgoing.destroy());
  },
  "answers 500 and the keys": (_, outgoing) => void outgoing.writeHead(500).end(keySet(ourKey)),
  "leads elsewhere": (_, outgoing) => void outgoing.writeHead(302, { location: "/elsewhere" }).end(),
};
for (const [what, text] of Object.entries({
  "a page": "<html>Welcome to the hotel's network</html>",
  nothing: "",
  null: "null",
  "an object without keys": "{}",
  "a list": "[]",
  "a message": '{"message":"Try later"}',
  "no keys": '{"keys":[]}',
  "keys as a text": '{"keys":"ours"}',
  "keys that are null": '{"keys":[null]}',
  "a kid and no key": '{"keys":[{"kid":"ours"}]}',
  "a key without a number": keySet({ ...ourKey, n: "" }),
  "a key that is no base64url": keySet({ ...ourKey, n: "*".repeat(342) }),
  "a key of 1,024 bits": keySet({ ...ourKey, n: ourKey.n?.slice(0, 171) }),
  "a key for secrets": keySet({ ...ourKey, use: "enc" }),
  "a key for another algorithm": keySet({ ...ourKey, alg: "PS256" }),
  "a key for any algorithm": keySet({ ...ourKey, alg: undefined }),
  "a key that calls itself another kind": keySet({ ...ourKey, kty: "EC" }),
  "a secret": keySet({ kid: "ours", kty: "oct", k: "c2VjcmV0", alg: "HS256", use: "sig" }),
}))
  troubles[`answers ${what}`] = answering(text);

describe.each(Object.entries(troubles))("a key server that %s", (_, trouble) => {
  test("has a cold function answer 503 within 3 s, until it is back", async () => {
    cold(trouble);
    const authorization = await good();
    const began = performance.now();
    expectUnavailable(await cartOf(authorization));
    expect(performance.now() - began).toBeLessThan(longestMs);

    keyServer.serve = withOurKey;
    expect(await statusOf(good())).toBe(200);
  });

  test("leaves a warm function serving, and a token that it cannot judge gets 503, until it is back", async () => {
    await warm();
    keyServer.serve = trouble;

    expect(await statusOf(good())).toBe(200);
    expect(keyServer.requests).toBe(0);
    store.calls = 0;
    expectUnavailable(await cartOf(await ofNext()));
    expect(await statusOf(good())).toBe(200);

    keyServer.serve = answering(keySet(nextKey, ourKey));
    expect(await statusOf(ofNext())).toBe(200);
  });
});

describe("a key server whose keys are replaced", () => {
  test("has the new one used at once, and the old one for as long as it is there", async () => {
    await warm();
    keyServer.serve = answering(keySet(nextKey, ourKey));

    for (const token of [ofNext, good]) expect(await statusOf(token())).toBe(200);
    expect(keyServer.requests).toBe(1);
  });

  test("has one that is gone believed until the first token of the new one comes, and no longer", async () => {
    await warm();
    keyServer.serve = answering(keySet(nextKey));

    expect(await statusOf(good())).toBe(200);
    expect(await statusOf(ofNext())).toBe(200);
    store.calls = 0;
    expectUnauthenticated(await cartOf(await good()));
    expect(await statusOf(ofNext())).toBe(200);
  });

  test("is asked once about a flood of keys that nobody knows, and good tokens go on", async () => {
    await warm();
    const flood = await Promise.all(
      Array.from(
        { length: 200 },
        async (_, count) => `Bearer ${await aToken({}, { kid: `unknown-${count}` })}`,
      ),
    );

    const [refused, letIn] = await Promise.all([Promise.all(flood.map(cartOf)), statusOf(good())]);
    for (const answer of refused) expect(answer.status).toBe(401);
    expect(letIn).toBe(200);
    expect(keyServer.requests).toBe(1);
    expect(await statusOf(good())).toBe(200);
    expect(keyServer.requests).toBe(1);
  });

  test("is asked again 10 s after a key that nobody knows, and not before", async () => {
    await warm();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    expectUnauthenticated(await cartOf(await unknown()));
    keyServer.serve = answering(keySet(nextKey, ourKey));

    vi.advanceTimersByTime(9_999);
    for (const token of [unknown, ofNext]) expectUnauthenticated(await cartOf(await token()));
    expect(await statusOf(good())).toBe(200);
    expect(keyServer.requests).toBe(1);

    vi.advanceTimersByTime(1);
    expect(await statusOf(ofNext())).toBe(200);
    expect(keyServer.requests).toBe(2);
  });

  test("may have one of a kind that is not understood beside ours", async () => {
    await warm(answering(keySet({ kid: "new", kty: "OKP", crv: "Ed25519", x: "eA" }, ourKey)));
  });
});

describe("a function without keys", () => {
  test("reads no more than keys can be", async () => {
    cold(troubles["never stops"] as RequestListener);
    endless = 0;

    expectUnavailable(await cartOf(await good()));
    // what is on its way, and in the buffers of both ends
    expect(endless).toBeLessThan(16 * 1024 * 1024);
  });

  test("asks once for all who wait", async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, good));
    expect(new Set(await Promise.all(tokens.map((token) => statusOf(Promise.resolve(token)))))).toEqual(
      new Set([200]),
    );
    expect(keyServer.requests).toBe(1);
  });

  test.each(["no token", "junk", "another pool's issuer", "no kid", "alg none"])(
    "does not ask for them about %s",
    async (what) => {
      cold(troubles["never answers"] as RequestListener);

      const authorization = await attacks.gateway[what]?.();
      expectUnauthenticated(await cartOf(authorization as string | undefined));
      expect(keyServer.requests).toBe(0);
    },
  );

  test("shows books all the same", async () => {
    cold(troubles["never answers"] as RequestListener);

    expect((await inProcess("GET", "/api/books?limit=1", {})).status).toBe(200);
    expect(keyServer.requests).toBe(0);
  });
});
