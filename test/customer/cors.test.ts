import { describe, expect, inject, test } from "vitest";
import { routes } from "../../functions/routes.ts";
import { cors, environments } from "../../infra/environments.ts";
import { aCustomer } from "../given.ts";
import { call } from "../shop.ts";

const { origins } = inject("deployed")?.environment ?? environments.dev;
const [origin = ""] = origins;
const words = (header: string | null) => header?.split(/, ?/).map((word) => word.toLowerCase());

// The gateway answers for the functions here, so in process there is nothing to see.
describe("a page of an allowed origin", () => {
  test.each(routes.map(({ method, path }) => ({ method, path: path.replace(/\{.+\}/, "an-id") })))(
    "may ask to $method $path with what the shop takes, without a token",
    async ({ method, path }) => {
      const asked = "authorization,content-type,idempotency-key,if-match";
      const { status, headers } = await call({
        method: "OPTIONS",
        path,
        headers: { origin, "access-control-request-method": method, "access-control-request-headers": asked },
      });

      expect(status).toBe(204);
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-allow-methods")?.split(/, ?/)).toContain(method);
      expect(words(headers.get("access-control-allow-headers"))).toEqual(
        expect.arrayContaining(asked.split(",")),
      );
      expect(headers.get("access-control-allow-credentials")).toBeNull();
    },
  );

  test("may read the answers, refusals too, and the headers that it needs", async () => {
    const ada = await aCustomer();

    const answers = [
      await call({ method: "GET", path: "/api/books", headers: { origin } }),
      await ada.get("/api/cart", { origin }),
      await ada.post("/api/orders", undefined, { origin }),
      await call({ method: "GET", path: "/api/nothing", headers: { origin } }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 409, 404]);
    for (const { headers } of answers) {
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(words(headers.get("access-control-expose-headers"))).toEqual(
        expect.arrayContaining(["etag", "location", "retry-after", "x-request-id", "idempotency-replayed"]),
      );
    }
    expect(cors.exposeHeaders).toHaveLength(5);
  });

  test("is the only one that may", async () => {
    for (const foreign of ["https://evil.example", "http://localhost.evil.example", "null"]) {
      const preflight = await call({
        method: "OPTIONS",
        path: "/api/cart",
        headers: { origin: foreign, "access-control-request-method": "GET" },
      });
      const answer = await call({ method: "GET", path: "/api/books?limit=1", headers: { origin: foreign } });

      for (const { headers } of [preflight, answer])
        expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});
