import { isLocal, withParameters } from "../local-addresses.ts";

/** What an application asks for when it sends a person here to sign in. */
export type AuthorizationRequest = {
  redirectUri: string;
  state: string | undefined;
  nonce: string | undefined;
  scope: string;
  challenge: string;
  prompt: string | undefined;
};

/** The scopes that the client may ask for. */
export const scopes = ["openid", "email"];

/**
 * Reads an application's request, or says how to refuse it: on a page of our own as long as it is not certain
 * where an answer may be sent, and to the application from then on.
 */
export function readAuthorizationRequest(
  query: URLSearchParams,
  clientId: string,
): { asked: AuthorizationRequest } | { page: string } | { redirect: string } {
  const parameter = (name: string) => query.get(name) ?? undefined;
  const redirectUri = parameter("redirect_uri");

  if (query.size !== new Set(query.keys()).size) return { page: "A parameter stands there more than once." };
  if (parameter("client_id") !== clientId) return { page: "Client does not exist." };
  if (!isLocal(redirectUri) || redirectUri.includes("#")) {
    return { page: "redirect_uri must be an address on http://localhost or http://127.0.0.1." };
  }

  const state = parameter("state");
  const refused = (error: string, description: string) => ({
    redirect: withParameters(redirectUri, { error, error_description: description, state }),
  });
  const scope = parameter("scope")?.trim().split(/ +/).join(" ") || "openid email";
  const challenge = parameter("code_challenge") ?? "";

  if (parameter("response_type") !== "code") {
    return refused("unsupported_response_type", "only response_type=code is supported");
  }
  if (!scope.split(" ").every((each) => scopes.includes(each))) {
    return refused("invalid_scope", `scope may name ${scopes.join(", ")}`);
  }
  if (parameter("code_challenge_method") !== "S256" || !/^[\w-]{43}$/.test(challenge)) {
    return refused("invalid_request", "PKCE with code_challenge_method=S256 is required");
  }
  return {
    asked: { redirectUri, state, nonce: parameter("nonce"), scope, challenge, prompt: parameter("prompt") },
  };
}
