import { customer } from "../shared/endpoint.ts";
import { serve } from "../shared/http.ts";
import { eraseMe } from "../shared/me.ts";
import type { RouteKeysOf } from "./routes.ts";

export const handler = serve<RouteKeysOf<"erase-me">>({
  "DELETE /api/me": customer({}, async (request) => {
    await eraseMe(request);
    return { status: 204 };
  }),
});
