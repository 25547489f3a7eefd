export type Tokens = { access_token: string; refresh_token: string };

const aheadSeconds = 60;

/** Somebody who is signed in: their access token is renewed ahead of its `exp`, once for all who wait for it. */
export class Session {
  readonly #tokenUrl: string;
  #tokens: Tokens;
  #renewing: Promise<void> | undefined;

  /** `tokenUrl` is where the API's description says that tokens come from. */
  constructor(tokenUrl: string, tokens: Tokens) {
    this.#tokenUrl = tokenUrl;
    this.#tokens = tokens;
  }

  /** An access token that is good for a minute more. @throws Error where sign-in is over */
  async accessToken(): Promise<string> {
    const { exp } = claimsOf(this.#tokens.access_token);
    if (exp - Date.now() / 1000 > aheadSeconds) return this.#tokens.access_token;
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    await this.#renewing;
    return this.#tokens.access_token;
  }

  async #renew(): Promise<void> {
    const { access_token, refresh_token } = this.#tokens;
    const answer = await fetch(this.#tokenUrl, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "refresh_token",
        client_id: claimsOf(access_token).client_id,
        refresh_token,
      }),
    });
    if (!answer.ok) throw new Error(`Sign-in is over: ${await answer.text()}`);
    // a refresh token that is not rotated goes on
    this.#tokens = { ...this.#tokens, ...((await answer.json()) as Partial<Tokens>) };
  }
}

const claimsOf = (token: string): { exp: number; client_id: string } =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
