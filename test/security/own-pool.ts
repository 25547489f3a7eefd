import { afterAll } from "vitest";
import { aBrowser, servePool, signUp } from "../user-pool.ts";
import { canary, noiseOf } from "./canary.ts";

// A user pool of the file's own, in which the reader has an account.

export const pool = await servePool();
afterAll(pool.close);

/** The browser in which the reader has signed up, and is signed in. */
export const signedIn = aBrowser(pool);
await signUp(pool, signedIn);

/** A form as a program sends it, with the canary in every header that nobody reads. */
export const form = (fields: Record<string, string>) => ({
  headers: { ...noiseOf(canary), "content-type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams(fields).toString(),
});
