import { describe, expect, inject, test } from "vitest";
import { files } from "../functions/docs/files.ts";
import { overHttp } from "./shop.ts";

const get = (path: string) => overHttp("GET", path, {});
/** Lambda's limit for an answer (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const mostBytes = 6 * 1024 * 1024;

describe("the page at /docs", () => {
  test("is HTML that loads nothing but its own files", async () => {
    const { status, headers, text } = await get("/docs");
    const loaded = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);

    expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(loaded.filter((address) => address?.startsWith("/docs/"))).toHaveLength(4);
    for (const address of loaded)
      expect(["data:,", "/openapi.json", ...Object.keys(files).map((name) => `/docs/${name}`)]).toContain(
        address,
      );
  });

  test.each(["/docs", ...Object.keys(files).map((name) => `/docs/${name}`)])(
    "lets a browser ask no other origin than its own and sign-in's: %s",
    async (path) => {
      const { status, headers } = await get(path);
      const policy = headers.get("content-security-policy") ?? "";

      expect(status).toBe(200);
      expect(policy).toMatch(/^default-src 'none';/);
      expect(policy.match(/https?:[^\s;]+/g)).toEqual([inject("variables").SIGN_IN_URL]);
      expect(policy).not.toContain("*");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("public, max-age=3600");
    },
  );

  test.each(Object.entries(files))("has %s as what it is, and whole", async (name, { type, gzipped }) => {
    const { headers, text } = await get(`/docs/${name}`);

    expect(headers.get("content-type")).toBe(type);
    expect(headers.get("content-encoding")).toBe("gzip");
    expect(text.length).toBeGreaterThan(0);
    expect(gzipped.length).toBeLessThan(mostBytes / 6);
  });

  test("has no other file", async () => {
    for (const path of ["/docs/nothing.js", "/docs/constructor", "/docs/..%2Fpage.ts"]) {
      const { status, body } = await get(path);
      expect([status, body.code]).toEqual([404, "route-not-found"]);
    }
  });

  test("is found with a slash at its end", async () => {
    for (const path of ["/docs", "/docs/page.js"]) {
      const { status, headers } = await get(`${path}/`);
      expect([status, headers.get("location")]).toEqual([308, path]);
    }
  });
});
