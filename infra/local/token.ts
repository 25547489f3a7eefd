import { parseArgs } from "node:util";
import { command } from "./command-line.ts";
import { askRunningSystem } from "./running-system.ts";

await command(async () => {
  const { values, positionals } = parseArgs({
    options: { group: { type: "string" } },
    allowPositionals: true,
  });
  const [email, ...more] = positionals;
  if (!email || more.length > 0) throw new Error("Usage: npm run -s token -- EMAIL [--group GROUP]");
  const { access_token } = await askRunningSystem<{ access_token: string }>("LocalUserPool.IssueTokens", {
    Username: email,
    ...(values.group !== undefined && { Group: values.group }),
  });
  console.log(access_token);
});
