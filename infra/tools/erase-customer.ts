import { setTimeout as sleep } from "node:timers/promises";
import { eraseMe } from "../../shared/me.ts";
import { Refusal } from "../../shared/refusal.ts";
import { openTable } from "../../shared/table/client.ts";

const mostTries = 1000;
const pauseMs = 200;

/**
 * Erases a customer as they would by DELETE /api/me, also one whose account is gone: a table that was restored has their
 * addresses back. Each try goes on where the one before has ended. @throws Error in one line where it is not through
 */
export async function eraseCustomer(customerId: string): Promise<void> {
  for (let tries = 1; tries <= mostTries; tries++) {
    try {
      return await eraseMe({ table: openTable(), customerId });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (tries % 10 === 0) console.error(`${customerId}: ${tries} tries, and more to erase ...`);
      await sleep(pauseMs);
    }
  }
  throw new Error(`${customerId} is not erased to the end: try again.`);
}
