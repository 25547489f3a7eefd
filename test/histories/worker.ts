import * as fc from "fast-check";
import { breaches } from "./check.ts";
import { type History, play } from "./history.ts";
import { plans } from "./plan.ts";
import { Statistics } from "./statistics.ts";
import { surroundings } from "./surroundings.ts";

export type Task = { seed: number; histories: number; turns: number; shrinkMs: number };
/** What a worker tells: how far it is, and at last what it saw, and how the first breach came about. */
export type Report = { done: number } | { seen: Statistics["seen"]; breach: string | null };

/** Plays histories from one seed until all are played or one breaks a promise, which is then made as small as time allows. */
async function work({ seed, histories, turns, shrinkMs }: Task): Promise<Report> {
  const around = await surroundings();
  const statistics = new Statistics();
  let smallest: History | undefined;
  let breachAt = 0;
  const outcome = await fc.check(
    fc.asyncProperty(plans(turns), async (plan) => {
      if (breachAt > 0 && Date.now() - breachAt > shrinkMs) return;
      const history = await play(plan, around);
      const found = breaches(history);
      if (found.length > 0) {
        breachAt ||= Date.now();
        smallest = history;
        throw new Error(found.join("\n"));
      }
      statistics.add(history);
      process.send?.({ done: statistics.seen.histories } satisfies Report);
    }),
    { numRuns: histories, seed },
  );
  await around.stop();
  return { seen: statistics.seen, breach: outcome.failed && smallest ? story(outcome, smallest) : null };
}

function story(
  { errorInstance, counterexample }: { errorInstance: unknown; counterexample: unknown },
  history: History,
): string {
  const operations = history.operations.map(
    ({ id, method, path, body, customer, invoked, completed, reply }) =>
      [
        id,
        invoked,
        completed,
        customer ?? "staff",
        method,
        path,
        JSON.stringify(body),
        reply?.status,
        history.faults
          .filter(({ operation }) => operation === id)
          .map(({ fault }) => fault)
          .join("|"),
        reply?.text,
      ].join(" "),
  );
  const transitions = history.transitions.map(({ operation, step, after }) =>
    [step, operation, JSON.stringify(after)].join(" "),
  );
  const plan = JSON.stringify(counterexample);
  return [(errorInstance as Error).message, plan, ...operations, ...transitions]
    .map((line) => line.slice(0, 1000))
    .join("\n");
}

process.once("message", (task: Task) => {
  void work(task).then((report) => process.send?.(report, () => process.exit(0)));
});
