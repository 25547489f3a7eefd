import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { onTestFinished } from "vitest";
import { digest } from "../infra/local/user-pool/secrets.ts";
import { openUserPool } from "../infra/local/user-pool/user-pool.ts";

// The local user pool alone, on a port of its own, and who deals with it: a browser, and an application.

export const callback = "http://localhost:5173/callback";
export const reader = { email: "reader@example.com", password: "Gutenberg1455" };
export const verifier = "v".repeat(43);

let people = 0;
/** Somebody who has no account yet. */
export const aPerson = () => ({ ...reader, email: `reader-${++people}@example.com` });

type Options = {
  file?: string;
  refreshGraceSeconds?: number;
  onConfirmed?: (user: { sub: string; email: string }) => Promise<void>;
};

/** A pool that serves until it is closed. */
export async function servePool({
  file = ":memory:",
  onConfirmed = async () => {},
  ...options
}: Options = {}) {
  const server = serve({ fetch: (request) => pool.fetch(request), hostname: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pool = await openUserPool({ file, url, onConfirmed, ...options });
  const close = async () => {
    if (!server.listening) return;
    await new Promise((done) => server.close(done));
    pool.close();
  };
  return { ...pool, url, close };
}
export type Pool = Awaited<ReturnType<typeof servePool>>;

/** A pool that serves until the test is over. */
export async function aPool(options: Options = {}): Promise<Pool> {
  const pool = await servePool(options);
  onTestFinished(pool.close);
  return pool;
}

/** A browser, as far as it matters here: it keeps cookies, and a test looks at each redirect. */
export function aBrowser(pool: Pool) {
  const cookies = new Map<string, string>();
  const visit = async (address: string | URL, init: RequestInit = {}) => {
    const answer = await fetch(new URL(address, pool.url), {
      ...init,
      redirect: "manual",
      headers: { cookie: [...cookies].map((pair) => pair.join("=")).join("; "), ...init.headers },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value) cookies.set(name, value);
      else cookies.delete(name);
    }
    return answer;
  };
  const submit = (
    address: string | URL,
    form: Record<string, string>,
    headers: Record<string, string> = {},
  ) => visit(address, { method: "POST", body: new URLSearchParams(form), headers });
  return { visit, submit, cookies };
}

/** What an application asks with when it sends somebody to sign in; undefined leaves a parameter out. */
export const aQuery = (pool: { clientId: string }, changes: Record<string, string | undefined> = {}) => {
  const parameters = {
    response_type: "code",
    client_id: pool.clientId,
    redirect_uri: callback,
    code_challenge: digest(verifier),
    code_challenge_method: "S256",
    state: "kept",
    ...changes,
  };
  return new URLSearchParams(
    Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
};

export const locationOf = (answer: Response) =>
  new URL(answer.headers.get("location") ?? "", "http://nowhere");

/** The code of somebody who has just signed up. */
export const signUp = async (pool: Pool, browser = aBrowser(pool), person = reader) =>
  locationOf(await browser.submit(`/signup?${aQuery(pool)}`, person)).searchParams.get("code") ?? "";

export const exchange = async (pool: Pool, form: Record<string, string>) => {
  const answer = await fetch(`${pool.url}/oauth2/token`, { method: "POST", body: new URLSearchParams(form) });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
};

export const redeem = (pool: Pool, code: string, changes: Record<string, string> = {}) =>
  exchange(pool, {
    grant_type: "authorization_code",
    client_id: pool.clientId,
    code,
    redirect_uri: callback,
    code_verifier: verifier,
    ...changes,
  });

export const refresh = (pool: Pool, token = "", changes: Record<string, string> = {}) =>
  exchange(pool, { grant_type: "refresh_token", client_id: pool.clientId, refresh_token: token, ...changes });

/** An operation of Cognito's API, as its requests name it. */
export const cognito = (operation: string) => `AWSCognitoIdentityProviderService.${operation}`;

/** Calls the pool's API as AWS's SDK does. */
export const administer = async (
  pool: { url: string },
  target: string,
  body: unknown,
  headers: Record<string, string> = {},
) => {
  const answer = await fetch(`${pool.url}/`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "x-amz-target": target, "content-type": "application/x-amz-json-1.1", ...headers },
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
};
