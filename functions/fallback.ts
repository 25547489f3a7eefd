import { type Answer, type Event, serve } from "../shared/http.ts";
import { Refusal } from "../shared/refusal.ts";
import { type Route, routes } from "./routes.ts";

/** API Gateway's `$default`: whatever no route takes. It reads nothing but the path. */
export const handler = serve<"$default">({
  $default: async (event) => {
    const { method, path } = event.requestContext.http;
    const slashless = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : null;
    const allowed = methodsOf(slashless ?? path);
    const isRoute = allowed.includes(method);
    // a client would go up by dots, to another thing
    const leadsOn = slashless !== null && !/\/\.\.?(\/|$)/.test(slashless);
    if (isRoute && leadsOn) return redirect(slashless, event);
    // a route's own path that came here was written in another way, with a letter encoded
    if (isRoute || allowed.length === 0)
      throw new Refusal("route-not-found", "There is nothing at this path.");
    throw new Refusal(
      "method-not-allowed",
      "This path takes other methods.",
      {},
      { allow: allowed.join(", ") },
    );
  },
});

const methodsOf = (path: string): string[] =>
  routes.filter((route: Route) => matches(route.path, path)).map(({ method }) => method);

const matches = (pattern: string, path: string) => {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => (part.startsWith("{") ? given[index] !== "" : part === given[index]))
  );
};

/** The path came decoded: what was a `?` in an id is none that begins a query. */
const encoded = (path: string) => path.split("/").map(encodeURIComponent).join("/");

const redirect = (path: string, { rawQueryString }: Event): Answer => ({
  status: 308,
  headers: { location: encoded(path) + (rawQueryString === "" ? "" : `?${rawQueryString}`) },
});
