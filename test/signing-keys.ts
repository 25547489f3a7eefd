import { generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, SignJWT } from "jose";

// Keys of a test's own, served as a user pool serves its own, and the access tokens that the pool would sign with them.

export const algorithm = "RS256";

export const aKeyPair = () => generateKeyPairSync("rsa", { modulusLength: 2048 });

export const jwkOf = async (key: KeyObject, kid: string) => ({
  ...(await exportJWK(key)),
  kid,
  alg: algorithm,
  use: "sig",
});

export const keySet = (...keys: object[]): string => JSON.stringify({ keys });

/** Serves on a free port of this machine until it is closed. */
export async function serve(listener: RequestListener): Promise<{ url: string; close: () => void }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => void server.close().closeAllConnections(),
  };
}

type Client = { userPoolId: string; clientId: string };
/** Whom a token names; `issued` in seconds since 1970, now unless said, and good for `seconds`, 15 minutes unless said. */
type Holder = { sub: string; groups: string[]; issued?: number; seconds?: number };

export const issuerOf = (userPoolId: string) => `https://cognito-idp.us-east-1.amazonaws.com/${userPoolId}`;

/** What stands in an access token of a pool. */
export const accessClaims = (
  { userPoolId, clientId }: Client,
  { sub, groups, issued = Math.floor(Date.now() / 1000), seconds = 15 * 60 }: Holder,
): Record<string, unknown> => ({
  sub,
  "cognito:groups": groups,
  iss: issuerOf(userPoolId),
  client_id: clientId,
  token_use: "access",
  scope: "openid email",
  auth_time: issued,
  iat: issued,
  exp: issued + seconds,
  jti: randomUUID(),
  username: sub,
});

/** Lets in whomever a test likes: a server of one key, and access tokens that it is the key to. */
export async function ownSigner(client: Client) {
  const { privateKey, publicKey } = aKeyPair();
  const keys = keySet(await jwkOf(publicKey, "own"));
  const { url, close } = await serve((_, outgoing) => void outgoing.end(keys));
  const tokenOf = (holder: Holder): Promise<string> =>
    new SignJWT(accessClaims(client, holder))
      .setProtectedHeader({ alg: algorithm, kid: "own" })
      .sign(privateKey);
  return { url, close, tokenOf };
}
