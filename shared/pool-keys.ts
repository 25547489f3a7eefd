import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { FetchError } from "aws-jwt-verify/error";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import * as z from "zod/mini";
import { config } from "./config.ts";

const longestMs = 1000;
const mostBytes = 65_536;

/** A key as Cognito publishes it, of 2,048 bits or more as RFC 7518 asks. */
const Key = z.object({
  kid: z.string(),
  kty: z.literal("RSA"),
  alg: z.literal("RS256"),
  use: z.literal("sig"),
  n: z.string().check(z.regex(/^[\w-]{342,}$/)),
  e: z.string().check(z.regex(/^[\w-]+$/)),
});
const KeySet = z.object({ keys: z.array(z.unknown()) });

/**
 * The keys that the pool's tokens are signed with. Asked for again when a token names one that is not among them, and
 * then not for 10 seconds if it was not there either. A FetchError where they are out of reach or are no keys.
 */
export const poolKeys = new SimpleJwksCache({
  fetcher: { fetch: () => download(new URL(config.jwksUri)) },
  jwksParser: (bytes) => ({ keys: usable(bytes) }),
});

/** What is not understood is passed over, as RFC 7517 has it. */
function usable(bytes: ArrayBuffer): z.infer<typeof Key>[] {
  try {
    const { keys } = KeySet.parse(JSON.parse(Buffer.from(bytes).toString()));
    const understood = keys.map((key) => Key.safeParse(key).data).filter((key) => key !== undefined);
    if (understood.length === 0) throw new Error("no keys");
    return understood;
  } catch (error) {
    throw new FetchError(config.jwksUri, error);
  }
}

/** aws-jwt-verify's own fetcher takes https alone and three seconds twice. */
function download(url: URL): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(new FetchError(url.href, error));
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(
      url,
      { signal: AbortSignal.timeout(longestMs) },
      async (response) => {
        try {
          if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
          const chunks: Buffer[] = [];
          let bytes = 0;
          for await (const chunk of response) {
            bytes += chunk.length;
            if (bytes > mostBytes) throw new Error("too long");
            chunks.push(chunk);
          }
          resolve(new Uint8Array(Buffer.concat(chunks)).buffer);
        } catch (error) {
          response.destroy();
          fail(error);
        }
      },
    );
    request.on("error", fail).end();
  });
}
