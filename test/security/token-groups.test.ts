import { describe, expect, test } from "vitest";
import { routes } from "../../functions/routes.ts";
import { inProcess } from "../shop.ts";
import { overHttp, withoutSlash } from "./behind-the-gateway.ts";
import { aToken, expectForbidden } from "./own-keys.ts";

// Who somebody is stands in their token's list of groups, and in nothing that only looks like ours.

const notCustomers: [string, unknown][] = [
  ["no groups", undefined],
  ["an empty list", []],
  ["an empty name", [""]],
  ["a name that begins like ours", ["customers-former"]],
  ["a name that ends like ours", ["no-customers"]],
  ["a name with ours between commas", ["others,customers,admins"]],
  ["a name with ours in brackets", ["[customers]"]],
  ["ours with a space", ["customers "]],
  ["ours with a new line", ["customers\n"]],
  ["ours in capitals", ["Customers"]],
  ["ours in letters that only look like it", ["сustomers"]],
  ["a name of the prototype", ["__proto__", "constructor"]],
  ["as many others as fit", Array.from({ length: 400 }, (_, at) => `customers-${at}`)],
  ["the staff's alone", ["admins"]],
];

/** Past the gateway, through it, and by the path with a slash at its end. */
async function forbiddenEachWay(target: string, headers: Record<string, string>): Promise<void> {
  expectForbidden(await inProcess("GET", target, headers));
  expectForbidden(await overHttp("GET", target, headers));
  expectForbidden(await overHttp("GET", await withoutSlash(target, headers), headers));
}

describe("a token of somebody in another group", () => {
  test.each(notCustomers)("%s: 403 on a customer's route, and the store is not asked", async (_, groups) => {
    const authorization = `Bearer ${await aToken({ "cognito:groups": groups })}`;
    await forbiddenEachWay("/api/cart", { authorization });
  });

  test.each([
    ["custom:role", { "custom:role": "admins" }],
    ["groups", { groups: ["admins"] }],
    ["cognito:roles", { "cognito:roles": ["admins"], "cognito:preferred_role": "admins" }],
    ["scope", { scope: "openid email admins aws.cognito.signin.user.admin" }],
    ["username", { username: "admins" }],
  ])("%s says nothing of the staff: 403", async (_, change) => {
    const authorization = `Bearer ${await aToken(change)}`;
    await forbiddenEachWay("/api/admin/books", { authorization });
  });

  test.each(routes.filter(({ who }) => who !== "anyone"))(
    "$method $path takes members of its own group alone, before it looks at anything else",
    async ({ method, path, who }) => {
      const other = who === "admin" ? "customers" : "admins";
      const authorization = `Bearer ${await aToken({ "cognito:groups": [other] })}`;
      const body = method === "GET" ? undefined : "{";
      for (const send of [inProcess, overHttp])
        expectForbidden(await send(method, path.replace(/\{.+\}/, "x"), { authorization }, body));
    },
  );

  test("one who is in both may do both", async () => {
    const authorization = `Bearer ${await aToken({ "cognito:groups": ["customers", "admins", "others"] })}`;

    for (const path of ["/api/cart", "/api/admin/books"])
      for (const send of [inProcess, overHttp])
        expect((await send("GET", path, { authorization })).status).toBe(200);
  });
});
