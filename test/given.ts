import { randomUUID } from "node:crypto";
import { afterAll, inject, vi } from "vitest";
import { throwAwayAccounts } from "../infra/tools/throw-away-accounts.ts";
import { type Call, call, type Reply } from "./shop.ts";

/** Somebody with an account, who calls with their token. */
export type Person = {
  sub: string;
  email: string;
  token: string;
  send(method: string, path: string, body?: unknown, headers?: Call["headers"]): Promise<Reply>;
  get(path: string, headers?: Call["headers"]): Promise<Reply>;
  post(path: string, body?: unknown, headers?: Call["headers"]): Promise<Reply>;
  put(path: string, body?: unknown): Promise<Reply>;
  patch(path: string, body?: unknown, headers?: Call["headers"]): Promise<Reply>;
  delete(path: string): Promise<Reply>;
};

/** Someone who has just signed up. */
export const aCustomer = (): Promise<Person> => aPerson(`reader-${randomUUID()}@example.com`);

/** Someone of the staff, who like everyone signed up as a customer first. */
export const anAdmin = (): Promise<Person> => aPerson(`staff-${randomUUID()}@example.com`, "admins");

const deployed = inject("deployed");
const accounts = deployed && throwAwayAccounts(deployed);
if (accounts) afterAll(accounts.remove);

/** Tokens come from the pool of the deployed system that is tested, or else from the local one. */
async function aPerson(email: string, group?: string): Promise<Person> {
  const token = accounts
    ? await accounts.signIn(email, group ? ["customers", group] : ["customers"])
    : (await issueTokens(email, group)).access_token;
  return caller(token, email);
}

/** The header that says who calls. */
export const bearer = ({ token }: { token: string }) => ({ authorization: `Bearer ${token}` });

export function caller(token: string, email = ""): Person {
  const send: Person["send"] = (method, path, body, headers) =>
    call({ method, path, headers: { ...bearer({ token }), ...headers }, body });
  return {
    sub: JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).sub,
    email,
    token,
    send,
    get: (path, headers) => send("GET", path, undefined, headers),
    post: (path, body, headers) => send("POST", path, body, headers),
    put: (path, body) => send("PUT", path, body),
    patch: (path, body, headers) => send("PATCH", path, body, headers),
    delete: (path) => send("DELETE", path),
  };
}

/** Tokens from the user pool of a local system, as `npm run token` gets them. */
export async function issueTokens(email: string, group?: string, url = inject("url")) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "x-amz-target": "LocalUserPool.IssueTokens", "content-type": "application/x-amz-json-1.1" },
    body: JSON.stringify({ Username: email, ...(group && { Group: group }) }),
  });
  if (!answer.ok) throw new Error(`No tokens: ${await answer.text()}`);
  return (await answer.json()) as { access_token: string; id_token: string; refresh_token: string };
}

let staff: Promise<Person> | undefined;

/** A member of staff who is there in every test of a file. */
export const theStaff = (): Promise<Person> => {
  staff ??= anAdmin();
  return staff;
};

/** A book of its own for a test: 12.99, and no stock tracked unless said. */
export async function aBook(
  given: { title?: string; authors?: string[]; price?: number; stock?: number | null; active?: boolean } = {},
): Promise<{ bookId: string; title: string; price: number }> {
  const {
    title = `A book ${randomUUID()}`,
    authors = ["An Author"],
    price = 1299,
    stock = null,
    active = true,
  } = given;
  const admin = await theStaff();
  const form = { title, authors, price: { amount: price, currency: "USD" }, stock, active };
  const { status, body, text } = await admin.post("/api/admin/books", form);
  if (status !== 201) throw new Error(`No book: ${text}`);
  return { bookId: body.bookId, title, price };
}

/** What staff do to a book. */
export async function changeBook(bookId: string, change: Record<string, unknown>): Promise<void> {
  const { status, text } = await (await theStaff()).patch(`/api/admin/books/${bookId}`, change);
  if (status !== 200) throw new Error(`Not changed: ${text}`);
}

/** What an index shows in a moment, on AWS not at once. */
export const eventually = <Seen>(look: () => Promise<Seen>): Promise<Seen> =>
  vi.waitFor(look, { timeout: 10_000 });

/** A customer's cart with these books in it. */
export async function inTheCart(
  person: Person,
  lines: { bookId: string; quantity?: number }[],
): Promise<Reply> {
  for (const { bookId, quantity = 1 } of lines) {
    const { status, text } = await person.post("/api/cart/add", { bookId, quantity });
    if (status !== 200) throw new Error(`Not added: ${text}`);
  }
  return person.get("/api/cart");
}
