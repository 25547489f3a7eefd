import { randomUUID } from "node:crypto";
import * as z from "zod";
import { digest, newSecret } from "./secrets.ts";
import type { Store } from "./store.ts";
import { type SignIn, type Tokens, tokenSeconds } from "./tokens.ts";
import type { User, Users } from "./users.ts";

const KeptSignIn = z.object({
  origin_jti: z.string(),
  sub: z.string(),
  scope: z.string(),
  auth_time: z.number(),
});
export type SignIns = ReturnType<typeof signInsIn>;

const lifetimeSeconds = 30 * 24 * 3600;

/** Sign-ins of applications: each goes on from refresh token to refresh token until it is revoked or 30 days old. */
export function signInsIn(
  { sql }: Store,
  { users, tokens, refreshGraceSeconds }: { users: Users; tokens: Tokens; refreshGraceSeconds: number },
) {
  const now = () => Math.floor(Date.now() / 1000);

  const answer = async (user: User, signIn: SignIn) => {
    const refreshToken = newSecret();
    sql.run`INSERT INTO refresh_tokens (digest, origin_jti) VALUES (${digest(refreshToken)}, ${signIn.originJti})`;
    const issued = await tokens.issue(user, users.groupsOf(user), signIn);
    return { ...issued, refresh_token: refreshToken, expires_in: tokenSeconds, token_type: "Bearer" };
  };

  return {
    begin(user: User, asked: Omit<SignIn, "originJti">) {
      const originJti = randomUUID();
      sql.run`DELETE FROM sign_ins WHERE expires_at <= ${now()}`;
      sql.run`INSERT INTO sign_ins
        VALUES (${originJti}, ${user.sub}, ${asked.scope}, ${asked.authTime}, ${now() + lifetimeSeconds})`;
      return answer(user, { ...asked, originJti });
    },

    /** Rotates: the old token works for the grace time only, so that an answer that was lost can be asked for again. */
    async goOn(refreshToken: string) {
      sql.run`DELETE FROM refresh_tokens WHERE used_at <= ${now() - refreshGraceSeconds}`;
      const row = sql.get`SELECT sign_ins.* FROM sign_ins JOIN refresh_tokens USING (origin_jti)
        WHERE digest = ${digest(refreshToken)} AND expires_at > ${now()}`;
      if (!row) return undefined;
      sql.run`UPDATE refresh_tokens SET used_at = coalesce(used_at, ${now()}) WHERE digest = ${digest(refreshToken)}`;
      const { origin_jti, sub, scope, auth_time } = KeptSignIn.parse(row);
      return answer(users.named(sub), { originJti: origin_jti, scope, authTime: auth_time });
    },

    isOpen: (originJti: string) => Boolean(sql.get`SELECT 1 FROM sign_ins WHERE origin_jti = ${originJti}`),

    end(refreshToken: string): void {
      sql.run`DELETE FROM sign_ins
        WHERE origin_jti = (SELECT origin_jti FROM refresh_tokens WHERE digest = ${digest(refreshToken)})`;
    },
  };
}
