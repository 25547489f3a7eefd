import { parseArgs } from "node:util";
import { command, port } from "./command-line.ts";

const patienceMs = 10_000;

type Answer = { access_token?: string; message?: string };

await command(async () => {
  const { values, positionals } = parseArgs({
    options: { group: { type: "string" } },
    allowPositionals: true,
  });
  const [email, ...more] = positionals;
  if (!email || more.length > 0) throw new Error("Usage: npm run -s token -- EMAIL [--group GROUP]");
  const url = `http://127.0.0.1:${port()}/`;
  const { ok, body } = await fetch(url, {
    method: "POST",
    headers: { "x-amz-target": "LocalUserPool.IssueTokens", "content-type": "application/x-amz-json-1.1" },
    body: JSON.stringify({ Username: email, ...(values.group !== undefined && { Group: values.group }) }),
    signal: AbortSignal.timeout(patienceMs),
  })
    .then(async (answer) => ({ ok: answer.ok, body: (await answer.json()) as Answer }))
    .catch(() => {
      throw new Error(
        `No bookshop answers on ${url}: start it with npm start, or say where it is with PORT.`,
      );
    });
  if (!ok || body.access_token === undefined) throw new Error(body.message ?? "No token came back.");
  console.log(body.access_token);
});
