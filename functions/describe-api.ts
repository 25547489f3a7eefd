import { keptFor, ok, serve } from "../shared/http.ts";
import { document } from "./openapi/document.ts";
import type { RouteKeysOf } from "./routes.ts";

/** It needs no table: all that it says was known when it was bundled, and from its settings. */
export const handler = serve<RouteKeysOf<"describe-api">>({
  "GET /openapi.json": async () => ok(document, keptFor(3600)),
});
