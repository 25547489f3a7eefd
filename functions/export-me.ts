import { customer } from "../shared/endpoint.ts";
import { ok, serve } from "../shared/http.ts";
import { exportMe } from "../shared/me.ts";
import type { RouteKeysOf } from "./routes.ts";

export const handler = serve<RouteKeysOf<"export-me">>({
  "GET /api/me/export": customer({ query: ["cursor"] }, async (request) =>
    ok(await exportMe(request, request.query.get("cursor"))),
  ),
});
