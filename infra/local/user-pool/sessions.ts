import * as z from "zod";
import { digest, newSecret } from "./secrets.ts";
import type { Store } from "./store.ts";

const Session = z.object({ sub: z.string(), auth_time: z.number() });
export type Session = z.output<typeof Session>;
export type Sessions = ReturnType<typeof sessionsIn>;

/** A browser stays signed in for an hour, as with Cognito. */
export const sessionSeconds = 3600;

/** Who is signed in at the hosted pages, by the browser's cookie. */
export function sessionsIn({ sql }: Store) {
  const now = () => Math.floor(Date.now() / 1000);
  return {
    open(sub: string): { cookie: string; session: Session } {
      const cookie = newSecret();
      const session = { sub, auth_time: now() };
      sql.run`DELETE FROM sessions WHERE auth_time <= ${now() - sessionSeconds}`;
      sql.run`INSERT INTO sessions VALUES (${digest(cookie)}, ${sub}, ${session.auth_time})`;
      return { cookie, session };
    },
    find: (cookie = ""): Session | undefined =>
      Session.optional().parse(
        sql.get`SELECT * FROM sessions WHERE digest = ${digest(cookie)} AND auth_time > ${now() - sessionSeconds}`,
      ),
    close: (cookie = "") => sql.run`DELETE FROM sessions WHERE digest = ${digest(cookie)}`,
  };
}
