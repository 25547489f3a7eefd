import * as z from "zod/mini";
import { port } from "./command-line.ts";

const patienceMs = 10_000;

const Running = z.object({
  dynamoDbEndpoint: z.url({ protocol: /^https?$/ }),
  userPoolId: z.string(),
  clientId: z.string(),
  /** The whole path of its data folder; null where it keeps nothing. */
  folder: z.nullable(z.string()),
});
/** Where its parts are: names and no more, since whatever listens on that port may say this. */
export type Running = z.infer<typeof Running>;
/** By this X-Amz-Target the system tells it. */
export const describeTarget = "LocalSystem.Describe";

/** The local system that runs on PORT. @throws Error in one line where none runs */
export async function runningSystem(): Promise<Running & { url: string }> {
  const { data } = Running.safeParse(await askRunningSystem(describeTarget));
  if (!data) throw new Error(`What answers on ${urlOfPort()} is no bookshop: start one with npm start.`);
  return { ...data, url: urlOfPort() };
}

const urlOfPort = () => `http://127.0.0.1:${port()}`;

/**
 * Asks the local system that runs on PORT for something that AWS has no operation for, by its X-Amz-Target.
 * @throws Error in one line where none runs, or it refuses
 */
export async function askRunningSystem<Answer>(target: string, body: object = {}): Promise<Answer> {
  const url = `${urlOfPort()}/`;
  const { ok, answer } = await fetch(url, {
    method: "POST",
    headers: { "x-amz-target": target, "content-type": "application/x-amz-json-1.1" },
    body: JSON.stringify(body),
    redirect: "error",
    signal: AbortSignal.timeout(patienceMs),
  })
    .then(async (response) => ({
      ok: response.ok,
      answer: (await response.json()) as Answer & { message?: string },
    }))
    .catch(() => {
      throw new Error(
        `No bookshop answers on ${url}: start it with npm start, or say where it is with PORT.`,
      );
    });
  if (!ok) throw new Error(answer.message ?? `The bookshop on ${url} did not answer.`);
  return answer;
}
