import { type Answer, keptFor, ok, serve } from "../shared/http.ts";
import { Refusal } from "../shared/refusal.ts";
import { files } from "./docs/files.ts";
import { contentSecurityPolicy, page } from "./docs/page.ts";
import type { RouteKeysOf } from "./routes.ts";

/** The page to read and try the API, and all that it loads. It needs no table. */
export const handler = serve<RouteKeysOf<"show-docs">>({
  "GET /docs": async () => shown(Buffer.from(page), { "content-type": "text/html; charset=utf-8" }),
  "GET /docs/{file}": async ({ pathParameters }) => {
    const [, file] = Object.entries(files).find(([name]) => name === pathParameters?.file) ?? [];
    if (!file) throw new Refusal("route-not-found", "There is nothing at this path.");
    const headers = { "content-type": file.type, "content-encoding": "gzip" };
    return shown(Buffer.from(file.gzipped, "base64"), headers);
  },
});

const shown = (bytes: Buffer, headers: Record<string, string>): Answer =>
  ok(bytes, {
    ...headers,
    ...keptFor(3600),
    "content-security-policy": contentSecurityPolicy,
    "referrer-policy": "no-referrer",
  });
