import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";

// Loaded before all else (node --import) where AWS is an emulator: the names that AWS gives to an API, a sign-in domain
// and a pool's keys lead to it, as a name server would have it. The SDK finds it by AWS_ENDPOINT_URL.

// biome-ignore lint/style/noProcessEnv: the SDK's own variable
const endpoint = process.env.AWS_ENDPOINT_URL ?? "";

function here(url: URL): URL {
  const [, api] = /^(\w+)\.execute-api\.[\w-]+\.amazonaws\.com$/.exec(url.hostname) ?? [];
  if (api) return new URL(`${endpoint}/_aws/execute-api/${api}/$default${url.pathname}${url.search}`);
  return /^cognito-idp\.[\w-]+\.amazonaws\.com$|\.auth\.[\w-]+\.amazoncognito\.com$/.test(url.hostname)
    ? new URL(url.pathname + url.search, endpoint)
    : url;
}

const { fetch } = globalThis;
globalThis.fetch = (input, init) => fetch(input instanceof Request ? input : here(new URL(input)), init);

const { request } = https;
https.request = ((url: URL, ...others: [https.RequestOptions]) => {
  const to = url instanceof URL ? here(url) : url;
  return to === url ? request(url, ...others) : http.request(to, ...others);
}) as typeof https.request;
syncBuiltinESMExports();
