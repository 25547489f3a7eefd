import { randomUUID } from "node:crypto";
import { type Route, routeKey } from "../../../functions/routes.ts";
import { bearer } from "../../given.ts";
import { canary } from "../canary.ts";
import type { Sent } from "../exact-requests.ts";
import { aPerson, forged, form, json, made, noise, people, type Way } from "./stage.ts";

// A good request of every route, and what spoils it, with the word wherever a caller can write.

const mostBytes = 65_536;
/** One that has done nothing yet. */
const aKey = () => ({ "idempotency-key": `${canary}-${randomUUID()}` });
const address = {
  name: canary,
  lines: [canary, canary],
  city: canary,
  region: canary,
  postalCode: canary,
  country: "GB",
};

export const bodies: Record<string, (bookId: string) => object> = {
  "POST /api/cart/add": (bookId) => ({ bookId }),
  "PUT /api/cart/items/{bookId}": () => ({ quantity: 2 }),
  "POST /api/orders": () => ({ shippingAddress: address }),
  "POST /api/admin/books": () => form(`${canary} ${randomUUID()}`),
  "PATCH /api/admin/books/{bookId}": () => ({ title: canary, authors: [canary] }),
  "PATCH /api/admin/orders/{orderId}": () => ({ status: "paid" }),
};

/** The request that a route is there for, with the word wherever it can be. */
export async function aGoodRequest(way: Way, route: Route): Promise<Sent> {
  const { staff, bookId } = people[way];
  const who = route.path === "/api/me" ? await aPerson(way) : people[way].ada;
  await made(way, who, "POST", "/api/cart/add", { bookId });
  const needsOrder = route.path.includes("{orderId}");
  const orderId = needsOrder ? (await made(way, who, "POST", "/api/orders")).orderId : "";
  const path = route.path
    .replace("{bookId}", bookId)
    .replace("{orderId}", orderId)
    .replace("{file}", "page.js");
  const body = bodies[routeKey(route)]?.(bookId);
  return {
    method: route.method,
    target: `${path}?title=${canary}&${canary}=${encodeURIComponent(forged)}`,
    headers: {
      ...noise,
      ...aKey(),
      ...(route.who !== "anyone" && bearer(route.who === "admin" ? staff : who)),
      ...(body && json),
    },
    ...(body && { body: JSON.stringify(body) }),
  };
}

/** What makes a good request a bad one; some of it is nothing to some routes. */
export const spoiled: Record<string, (good: Sent, way: Way, route: Route) => Partial<Sent>> = {
  "no token": ({ headers = {} }) => ({ headers: { ...headers, authorization: "" } }),
  "a broken token": ({ headers = {} }) => ({
    headers: { ...headers, authorization: `Bearer ${canary}.${canary}.${canary}` },
  }),
  "another scheme": ({ headers = {} }) => ({
    headers: { ...headers, authorization: `Basic ${btoa(canary)}` },
  }),
  "an ID token": ({ headers = {} }, way) => ({
    headers: { ...headers, authorization: `Bearer ${people[way].ada.idToken}` },
  }),
  "the other group": ({ target, headers = {} }, way) => {
    const { ada, staff } = people[way];
    return { headers: { ...headers, ...bearer(target.startsWith("/api/admin/") ? ada : staff) } };
  },
  "an id": (_good, _way, { path }) => ({ target: path.replace(/\{.+\}/, canary) }),
  "an id with line breaks": (_good, _way, { path }) => ({
    target: path.replace(/\{.+\}/, encodeURIComponent(canary + forged)),
  }),
  "a cursor": ({ target }) => ({ target: `${target}&cursor=${canary}.${canary}` }),
  "a limit": ({ target }) => ({ target: `${target}&limit=${canary}` }),
  "a choice": ({ target }) => ({ target: `${target}&active=${canary}&status=${canary}&order=${canary}` }),
  "a title twice": ({ target }) => ({ target: `${target}&title=${encodeURIComponent(forged)}` }),
  "a key": ({ headers = {} }) => ({ headers: { ...headers, "idempotency-key": `${canary} ${canary}` } }),
  "a tag": ({ headers = {} }) => ({ headers: { ...headers, "if-match": canary } }),
  "a tag of ours": ({ headers = {} }) => ({ headers: { ...headers, "if-match": `"${canary}"` } }),
  "a member": ({ body }) =>
    body !== undefined ? { body: JSON.stringify({ ...JSON.parse(body), [canary + forged]: forged }) } : {},
  "half of a body": ({ body }) => (body ? { body: `{"${canary}":"${canary}` } : {}),
  "values of the wrong kind": ({ body }) =>
    body
      ? {
          body: JSON.stringify(
            Object.fromEntries(Object.keys(JSON.parse(body)).map((name) => [name, [canary, forged]])),
          ),
        }
      : {},
  "the word for each value": ({ headers = {}, body }) =>
    body
      ? {
          headers: { ...headers, ...aKey() },
          body: JSON.stringify(
            Object.fromEntries(Object.keys(JSON.parse(body)).map((name) => [name, canary])),
          ),
        }
      : {},
  "a cart": ({ headers = {}, body }) =>
    body
      ? {
          headers: { ...headers, ...aKey() },
          body: JSON.stringify({ ...JSON.parse(body), cartId: canary }),
        }
      : {},
  "another type": ({ headers = {}, body }) =>
    body ? { headers: { ...headers, "content-type": `text/${canary}` } } : {},
  "a body too large": ({ body }) =>
    body ? { body: `"${canary.repeat(mostBytes / canary.length + 1)}"` } : {},
  "another method": () => ({ method: "PURGE" }),
  "another path": ({ target }) => ({ target: `/${canary}${encodeURIComponent(forged)}${target}` }),
};
