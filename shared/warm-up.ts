import { sleep } from "./chance.ts";
import { fetchKeys } from "./identity.ts";
import { openTable } from "./table/client.ts";
import { bookKey } from "./table/keys.ts";

const longestMs = 1000;

/**
 * What an environment does before its first request, while Lambda gives it a whole processor: it fetches the keys that
 * tokens are signed with, and sends one read, which opens the connection and has the SDK's code compiled. A request
 * needs neither to have worked.
 */
export async function warmUp(): Promise<void> {
  const steps = [fetchKeys(), openTable().read([bookKey("-")])];
  await Promise.race([Promise.allSettled(steps), sleep(longestMs)]);
}
