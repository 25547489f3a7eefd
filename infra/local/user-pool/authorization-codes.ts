import { newSecret } from "./secrets.ts";

/** What a code stands for: this person, for this application's request. */
export type CodeGrant = {
  sub: string;
  authTime: number;
  redirectUri: string;
  challenge: string;
  scope: string;
  nonce: string | undefined;
};
export type AuthorizationCodes = ReturnType<typeof authorizationCodes>;

const lifetime = 5 * 60_000;

/** Codes live for five minutes and one use; a restart forgets them. */
export function authorizationCodes() {
  const grants = new Map<string, CodeGrant & { expires: number }>();
  return {
    issue(grant: CodeGrant): string {
      for (const [code, { expires }] of grants) if (expires <= Date.now()) grants.delete(code);
      const code = newSecret();
      grants.set(code, { ...grant, expires: Date.now() + lifetime });
      return code;
    },
    /** Takes the code out of use, whatever comes of it. */
    redeem(code: string): CodeGrant | undefined {
      const grant = grants.get(code);
      grants.delete(code);
      return grant && grant.expires > Date.now() ? grant : undefined;
    },
  };
}
