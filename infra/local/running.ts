/** Where a running local system keeps its table: what it tells the owner's tools at POST / under this target. */
export type Running = {
  dynamoDbEndpoint: string;
  /** Its data folder, as a whole path; null where it keeps nothing. */
  folder: string | null;
};
export const runningTarget = "LocalSystem.Describe";

const patienceMs = 30_000;

/** The local system on this port, once it is open; null where there is none. */
export async function runningOn(port: number): Promise<Running | null> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/`, {
      method: "POST",
      headers: { "x-amz-target": runningTarget },
      signal: AbortSignal.timeout(patienceMs),
    });
    const { dynamoDbEndpoint, folder } = (await answer.json()) as Partial<Running>;
    return typeof dynamoDbEndpoint === "string" ? { dynamoDbEndpoint, folder: folder ?? null } : null;
  } catch {
    return null;
  }
}
