/**
 * The whole API as one table. API Gateway, the local gateway, the functions' rights and the tests are all built from it:
 * a route cannot exist in one of them and be missing in another.
 *
 * `who` decides whether API Gateway asks for a token before the function runs; the function then decides for itself.
 * `rate` is in requests a second over all callers, with bursts of twice that.
 */
export type Route = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: `/${string}`;
  function: FunctionName;
  who: "anyone" | "customer" | "admin";
  rate: number;
};

export type FunctionName = keyof typeof functions;

/** What each function may do to the table, to its index, and to the user pool: nothing else is granted. */
export const functions = {
  "describe-api": { table: [], index: [] },
  "show-docs": { table: [], index: [] },
  "browse-books": { table: ["BatchGetItem"], index: ["Query"] },
  "add-to-cart": { table: ["BatchGetItem", "PutItem", "UpdateItem"], index: [] },
  "view-cart": { table: ["BatchGetItem"], index: [] },
  "change-cart": { table: ["BatchGetItem", "PutItem", "UpdateItem"], index: [] },
  "place-order": { table: ["BatchGetItem", "PutItem", "UpdateItem"], index: [] },
  "order-history": { table: ["BatchGetItem", "Query"], index: [] },
  "cancel-order": { table: ["BatchGetItem", "UpdateItem", "ConditionCheckItem"], index: [] },
  "export-me": { table: ["BatchGetItem", "Query"], index: [], pool: ["AdminGetUser"] },
  "erase-me": {
    table: ["BatchGetItem", "Query", "UpdateItem", "DeleteItem"],
    index: [],
    pool: ["AdminDeleteUser"],
  },
  "staff-books": { table: ["BatchGetItem", "PutItem", "UpdateItem"], index: ["Query"] },
  "staff-orders": { table: ["BatchGetItem", "UpdateItem"], index: ["Query"] },
} as const satisfies Record<string, Rights>;

/** Actions of DynamoDB's, and of Cognito's. */
export type Rights = { table: readonly string[]; index: readonly string[]; pool?: readonly string[] };

// biome-ignore format: it is a table
export const routes = [
  { method: "GET",    path: "/openapi.json",                function: "describe-api",  who: "anyone",   rate: 50 },
  { method: "GET",    path: "/docs",                        function: "show-docs",     who: "anyone",   rate: 50 },
  { method: "GET",    path: "/docs/{file}",                 function: "show-docs",     who: "anyone",   rate: 50 },
  { method: "GET",    path: "/api/books",                   function: "browse-books",  who: "anyone",   rate: 200 },
  { method: "GET",    path: "/api/books/{bookId}",          function: "browse-books",  who: "anyone",   rate: 200 },
  { method: "POST",   path: "/api/cart/add",                function: "add-to-cart",   who: "customer", rate: 100 },
  { method: "GET",    path: "/api/cart",                    function: "view-cart",     who: "customer", rate: 100 },
  { method: "PUT",    path: "/api/cart/items/{bookId}",     function: "change-cart",   who: "customer", rate: 100 },
  { method: "DELETE", path: "/api/cart/items/{bookId}",     function: "change-cart",   who: "customer", rate: 100 },
  { method: "DELETE", path: "/api/cart",                    function: "change-cart",   who: "customer", rate: 100 },
  { method: "POST",   path: "/api/orders",                  function: "place-order",   who: "customer", rate: 50 },
  { method: "GET",    path: "/api/orders",                  function: "order-history", who: "customer", rate: 100 },
  { method: "GET",    path: "/api/orders/{orderId}",        function: "order-history", who: "customer", rate: 100 },
  { method: "POST",   path: "/api/orders/{orderId}/cancel", function: "cancel-order",  who: "customer", rate: 50 },
  { method: "GET",    path: "/api/me/export",               function: "export-me",     who: "customer", rate: 20 },
  { method: "DELETE", path: "/api/me",                      function: "erase-me",      who: "customer", rate: 20 },
  { method: "POST",   path: "/api/admin/books",             function: "staff-books",   who: "admin",    rate: 50 },
  { method: "GET",    path: "/api/admin/books",             function: "staff-books",   who: "admin",    rate: 50 },
  { method: "GET",    path: "/api/admin/books/{bookId}",    function: "staff-books",   who: "admin",    rate: 50 },
  { method: "PATCH",  path: "/api/admin/books/{bookId}",    function: "staff-books",   who: "admin",    rate: 50 },
  { method: "GET",    path: "/api/admin/orders",            function: "staff-orders",  who: "admin",    rate: 50 },
  { method: "GET",    path: "/api/admin/orders/{orderId}",  function: "staff-orders",  who: "admin",    rate: 50 },
  { method: "PATCH",  path: "/api/admin/orders/{orderId}",  function: "staff-orders",  who: "admin",    rate: 50 },
] as const satisfies readonly Route[];

/** A route as API Gateway names it, `GET /api/cart`. */
export const routeKey = ({ method, path }: Pick<Route, "method" | "path">) => `${method} ${path}` as const;

/** The route keys that a function answers, so that the compiler finds a handler with a route too few or too many. */
export type RouteKeysOf<F extends FunctionName> =
  Extract<(typeof routes)[number], { function: F }> extends infer R
    ? R extends { method: infer M extends string; path: infer P extends string }
      ? `${M} ${P}`
      : never
    : never;
