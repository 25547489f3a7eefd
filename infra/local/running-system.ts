import { port } from "./command-line.ts";

const patienceMs = 10_000;

/** What its functions find in their environment, and the whole path of its data folder; null where it keeps nothing. */
export type Running = { variables: Record<string, string>; folder: string | null };
/** By this X-Amz-Target the system tells it. */
export const describeTarget = "LocalSystem.Describe";

/**
 * Asks the local system that runs on PORT for something that AWS has no operation for, by its X-Amz-Target.
 * @throws Error in one line where none runs, or it refuses
 */
export async function askRunningSystem<Answer>(target: string, body: object = {}): Promise<Answer> {
  const url = `http://127.0.0.1:${port()}/`;
  const { ok, answer } = await fetch(url, {
    method: "POST",
    headers: { "x-amz-target": target, "content-type": "application/x-amz-json-1.1" },
    body: JSON.stringify(body),
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
