import { createHash, randomBytes } from "node:crypto";
import {
  CognitoIdentityProviderClient,
  ConfirmSignUpCommand,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import type { Deployed } from "../../infra/tools/deployed.ts";
import { remoteCalls } from "../../infra/tools/remote-calls.ts";

export type Tokens = { access_token: string; id_token: string; refresh_token?: string };
type Answer = { status: number; body: Tokens & { error?: string } };

const patience = () => AbortSignal.timeout(10_000);

/** What a customer's browser does: sign-up, hosted sign-in with code and PKCE, and the renewal of tokens. */
export function browserOf({ region, clientId, signInUrl, environment }: Deployed) {
  const cognito = new CognitoIdentityProviderClient({ ...remoteCalls, region });
  const [redirectUri = ""] = environment.callbackUrls;

  const token = async (form: Record<string, string>): Promise<Answer> => {
    const answer = await fetch(`${signInUrl}/oauth2/token`, {
      method: "POST",
      body: new URLSearchParams({ client_id: clientId, ...form }),
      signal: patience(),
    });
    return { status: answer.status, body: (await answer.json()) as Answer["body"] };
  };

  return {
    signUp: (email: string, password: string) =>
      cognito.send(
        new SignUpCommand({
          ClientId: clientId,
          Username: email,
          Password: password,
          UserAttributes: [{ Name: "email", Value: email }],
        }),
      ),
    confirm: (email: string, code: string) =>
      cognito.send(new ConfirmSignUpCommand({ ClientId: clientId, Username: email, ConfirmationCode: code })),

    /** Fills in the sign-in form that the authorize page shows. Null where it leads back to no page of ours. */
    async signIn(email: string, password: string, callback = redirectUri) {
      const verifier = randomBytes(32).toString("base64url");
      const authorize = new URLSearchParams({
        client_id: clientId,
        response_type: "code",
        scope: "openid email",
        redirect_uri: callback,
        state: "a-state",
        code_challenge: createHash("sha256").update(verifier).digest("base64url"),
        code_challenge_method: "S256",
      });
      const page = await fetch(`${signInUrl}/oauth2/authorize?${authorize}`, { signal: patience() });
      const html = await page.text();
      const hidden = [...html.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)];
      const form = hidden.map(([, name = "", value = ""]): [string, string] => [
        name,
        value.replaceAll("&amp;", "&"),
      ]);
      const answer = await fetch(`${signInUrl}/login`, {
        method: "POST",
        body: new URLSearchParams([...form, ["username", email], ["password", password]]),
        redirect: "manual",
        signal: patience(),
      });
      const back = new URL(answer.headers.get("location") ?? "none:");
      const code = back.searchParams.get("code");
      return code && back.href.startsWith(callback) && back.searchParams.get("state") === "a-state"
        ? { code, verifier }
        : null;
    },

    exchange: (code: string, verifier: string) =>
      token({ grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: redirectUri }),
    renew: (refreshToken: string) => token({ grant_type: "refresh_token", refresh_token: refreshToken }),
  };
}
