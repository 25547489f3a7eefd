import { parseArgs } from "node:util";
import * as z from "zod/mini";
import { command } from "./command-line.ts";
import { askRunningSystem } from "./running-system.ts";

const Issued = z.object({ access_token: z.string().check(z.regex(/^[\w.-]+$/)) });

await command(async () => {
  const { values, positionals } = parseArgs({
    options: { group: { type: "string" } },
    allowPositionals: true,
  });
  const [email, ...more] = positionals;
  if (!email || more.length > 0) throw new Error("Usage: npm run -s token -- EMAIL [--group GROUP]");
  const issued = await askRunningSystem("LocalUserPool.IssueTokens", {
    Username: email,
    ...(values.group !== undefined && { Group: values.group }),
  });
  const { data } = Issued.safeParse(issued);
  if (!data) throw new Error("What answers there gives no token: is it a bookshop?");
  console.log(data.access_token);
});
