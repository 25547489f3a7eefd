import createClient, { type Client } from "openapi-fetch";
import type { paths } from "./api.d.ts";
import type { Session } from "./session.ts";

export type ShopClient = Client<paths>;

/** A client of the API, in the types of its description, for who is signed in; null: for anyone. */
export function shopClient(
  session: Session | null,
  { baseUrl, fetch }: { baseUrl: string; fetch: (request: Request) => Promise<Response> },
): ShopClient {
  const client = createClient<paths>({ baseUrl, fetch });
  client.use({
    onRequest: async ({ request }) => {
      if (session) request.headers.set("authorization", `Bearer ${await session.accessToken()}`);
    },
  });
  return client;
}
