import { beforeAll, describe, expect, test } from "vitest";
import { routes } from "../../functions/routes.ts";
import { held, inProcess, type Reply } from "../shop.ts";
import { type HeaderLines, overHttp, url, withoutSlash } from "./behind-the-gateway.ts";
import { toTheHandler } from "./exact-requests.ts";
import {
  aToken,
  cartOf,
  claims,
  expectForbidden,
  expectUnauthenticated,
  keyServer,
  now,
  signed,
  store,
} from "./own-keys.ts";
import { attacks, besides, elsewhere, tooLarge } from "./token-attacks.ts";

// Each attack comes three ways: to the function past everything, through the gateway, and by the path with a slash at
// its end, which leads to the one without.

function expectRefusal(by: "gateway" | "function", answer: Reply): void {
  if (by === "function") {
    expectUnauthenticated(answer);
    return;
  }
  const { status, headers, text } = answer;
  expect({ status, text }).toEqual({ status: 401, text: '{"message":"Unauthorized"}' });
  expect(headers.get("www-authenticate")).toBe("Bearer");
  expect(headers.get("apigw-requestid")).toMatch(/\S/);
  expect(store.calls).toBe(0);
}

async function refusedEachWay(
  by: "gateway" | "function",
  target: string,
  headers: HeaderLines,
): Promise<void> {
  const joined = Object.entries(headers).map(([name, value]) => [name, [value].flat().join(",")]);
  expectUnauthenticated(await inProcess("GET", target, Object.fromEntries(joined)));
  expectRefusal(by, await overHttp("GET", target, headers));
  expectRefusal(by, await overHttp("GET", await withoutSlash(target, headers), headers));
}

beforeAll(async () => {
  // both fences have the keys, and can tell a token of ours from others
  const authorization = `Bearer ${await aToken()}`;
  for (const answer of [await cartOf(authorization), await overHttp("GET", "/api/cart", { authorization })])
    expect(answer.status).toBe(200);
});

describe("a token of the pool", () => {
  test.each(["Bearer", "bearer", "BEARER", "bEaReR"])("lets its owner in behind %s", async (scheme) => {
    const authorization = `${scheme} ${await aToken()}`;

    expect((await cartOf(authorization)).status).toBe(200);
    const { calls } = store;
    expect(calls).toBeGreaterThan(0);
    expect((await overHttp("GET", "/api/cart", { authorization })).status).toBe(200);
    expect(store.calls).toBe(2 * calls);
  });

  test.each(["JWT", "at+jwt", "JOSE", 1])(
    "may call itself a %s: its use decides, not its type",
    async (typ) => {
      const authorization = `Bearer ${await aToken({}, { typ })}`;

      expect((await cartOf(authorization)).status).toBe(200);
      expect((await overHttp("GET", "/api/cart", { authorization })).status).toBe(200);
    },
  );

  test("that says something twice means the last, as RFC 7519 has it", async () => {
    const text = JSON.stringify(claims()).replace(
      "{",
      '{"sub":"ada","client_id":"another","token_use":"id",',
    );
    const authorization = `Bearer ${signed(text)}`;

    expect((await cartOf(authorization)).status).toBe(200);
    expect((await overHttp("GET", "/api/cart", { authorization })).status).toBe(200);
  });

  test("is used as it stands for as long as it says, by the function with a minute for clocks that differ", async () => {
    const authorization = `Bearer ${await aToken({ iat: now() + 30, exp: now() + 30 + 24 * 60 * 60 })}`;

    expectRefusal("gateway", await overHttp("GET", "/api/cart", { authorization }));
    expect((await cartOf(authorization)).status).toBe(200);
  });
});

describe("what is no token of the pool", () => {
  describe.each(["gateway", "function"] as const)("and the %s sees it", (by) => {
    test.each(Object.entries(attacks[by]))("%s: 401, and the store is not asked", async (_, attack) => {
      const authorization = await attack();
      await refusedEachWay(by, "/api/cart", authorization === undefined ? {} : { authorization });
    });
  });

  test.each(Object.entries(besides))("%s: 401, and the store is not asked", async (_, besidesOf) => {
    const { query = "", headers = {} } = besidesOf(await aToken());
    await refusedEachWay("gateway", `/api/cart${query}`, headers);
  });

  test.each(Object.entries(tooLarge))(
    "%s: 401 from the function, and no header over HTTP",
    async (_, attack) => {
      const authorization = await attack();
      expectUnauthenticated(await cartOf(authorization));
      // the answer may be lost, as the connection is closed with most of the header unread
      const answer = fetch(`${url}/api/cart`, { headers: { authorization } });
      expect(["431", "cut off"]).toContain(
        await answer.then(
          ({ status }) => String(status),
          () => "cut off",
        ),
      );
      expect(store.calls).toBe(0);
    },
  );

  test("leads nobody to a key that it names itself", async () => {
    const naming = Object.entries(attacks.gateway).filter(([name]) => name.includes("named in the token"));
    expect(naming).toHaveLength(4);
    for (const [, attack] of naming)
      await refusedEachWay("gateway", "/api/cart", { authorization: (await attack()) ?? "" });
    expect(elsewhere.requests).toBe(0);
  });

  test("says nothing of why", async () => {
    const texts = new Set<string>();
    for (const attack of Object.values({ ...attacks.gateway, ...attacks.function })) {
      const authorization = [await attack()].flat().join(",");
      texts.add((await cartOf(authorization)).text);
    }
    expect(texts.size).toBe(1);
  });
});

describe("a function that is called past the gateway", () => {
  const jwt = { claims: { ...claims(), "cognito:groups": "[customers admins]" }, scopes: null };

  /** As if API Gateway had found this to be a customer and an admin. */
  async function forged(target: string, headers: HeaderLines): Promise<Reply> {
    const sent = { method: "GET", target, headers };
    const known = { authorizer: { jwt, lambda: jwt.claims, principalId: "admin" } };
    const answer = await toTheHandler(sent, (event) => {
      const requestContext = { ...event.requestContext, ...known };
      return { ...event, requestContext } as typeof event;
    });
    return held(sent, answer);
  }

  test("believes nobody who says that the caller is known: 401 without a token", async () => {
    for (const path of ["/api/cart", "/api/admin/books"]) expectUnauthenticated(await forged(path, {}));
  });

  test("goes by the token, not by the groups that it is told: 403 for a customer among the staff", async () => {
    const authorization = `Bearer ${await aToken()}`;

    expectForbidden(await forged("/api/admin/books", { authorization }));
  });
});

describe("every route that asks who calls", () => {
  const closed = routes.filter(({ who }) => who !== "anyone");

  test.each(closed)("$method $path refuses before it looks at anything else", async ({ method, path }) => {
    const target = path.replace(/\{.+\}/, "x");
    const body = method === "GET" ? undefined : "{";
    const wrong = { "content-type": "text/plain", "if-match": "x", "idempotency-key": "" };
    const plain = await inProcess(method, target, wrong, body);
    expectUnauthenticated(plain);
    for (const authorization of ["Bearer a.b.c", `Bearer ${await aToken({ token_use: "id" })}`]) {
      const refused = await inProcess(method, target, { ...wrong, authorization }, body);
      expectUnauthenticated(refused);
      expect(refused.text).toBe(plain.text);
    }
    expectRefusal("gateway", await overHttp(method, target, wrong, body));
    expectRefusal(
      "gateway",
      await overHttp(method, target, { ...wrong, authorization: "Bearer a.b.c" }, body),
    );
  });
});

test("a flood of keys that nobody knows ends at the gateway, which asks the key server once at most", async () => {
  const tokens = await Promise.all(
    Array.from({ length: 200 }, (_, count) => aToken({}, { kid: `unknown-${count}` })),
  );
  keyServer.requests = 0;

  const get = (token: string) => overHttp("GET", "/api/cart", { authorization: `Bearer ${token}` });
  for (const refused of await Promise.all(tokens.map(get))) expectRefusal("gateway", refused);
  expect(keyServer.requests).toBeLessThanOrEqual(1);
  expect((await get(await aToken())).status).toBe(200);
});
