import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, expect, inject, test, vi } from "vitest";

const page = readFileSync("docs/front-end.md", "utf8");
const callback = "http://localhost:5173/callback";
const reader = { email: `front-end-${randomUUID()}@example.com`, password: "Gutenberg1455" };

afterEach(() => vi.unstubAllGlobals());

/** The page's own lines, in what a browser would give them. */
async function signInOf(storage: Record<string, string>, location: { href: string; search: string }) {
  const code = /```js\n([\s\S]+?)```/.exec(page)?.[1]?.replace("http://127.0.0.1:3000", inject("url")) ?? "";
  vi.stubGlobal("sessionStorage", storage);
  vi.stubGlobal("location", location);
  return (await import(`data:text/javascript,${encodeURIComponent(`${code}\n// ${randomUUID()}`)}`)) as {
    leave(): Promise<void>;
    comeBack(): Promise<{ access_token: string; refresh_token: string }>;
    signOut(refreshToken: string, logoutUri: string): Promise<void>;
  };
}

test("a front end signs in and out by the page's own lines", async () => {
  const location = { href: "", search: "" };
  const { leave, comeBack, signOut } = await signInOf({}, location);

  await leave();
  // who has no account makes one there, and comes back signed in
  const answer = await fetch(`${inject("url")}/signup${new URL(location.href).search}`, {
    method: "POST",
    body: new URLSearchParams(reader),
    redirect: "manual",
  });
  const back = new URL(answer.headers.get("location") ?? "none:");
  expect(back.href.startsWith(callback)).toBe(true);
  location.search = back.search;
  const { access_token, refresh_token } = await comeBack();

  const cart = await fetch(`${inject("url")}/api/cart`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  expect(cart.status).toBe(200);
  expect(refresh_token).toBeTruthy();

  await signOut(refresh_token, "http://localhost:5173/");
  const out = await fetch(location.href, { redirect: "manual" });
  expect(out.headers.get("location")).toBe("http://localhost:5173/");
  const client_id = inject("variables").CLIENT_ID ?? "";
  const refreshed = await fetch(`${inject("url")}/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "refresh_token", client_id, refresh_token }),
  });
  expect(await refreshed.json()).toEqual({ error: "invalid_grant" });
});

test("it takes no code that it did not ask for", async () => {
  const { comeBack } = await signInOf({ state: "mine" }, { href: "", search: "?code=theirs&state=theirs" });

  await expect(comeBack()).rejects.toThrow("Nobody left from here");
});
