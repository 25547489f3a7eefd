import type { StoreCall } from "../faults/store-proxy.ts";
import type { Listed } from "./list.ts";

/** A condition as it was sent, and which write it belonged to. */
export type Sent = { write: string; condition: string };

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();

/** The conditions of a write of the product's, each named by what kind of item is written and how. */
export function conditionsOf({ operation, input }: StoreCall): Sent[] {
  // the product writes nothing in another way; what tests put there does not count
  const actions: Record<string, Written>[] = operation === "TransactWriteItems" ? input.TransactItems : [];
  return actions
    .flatMap((action) => Object.entries(action))
    .map(([action, { Item, Key, UpdateExpression = action.toLowerCase(), ConditionExpression }]) => {
      const { pk, sk } = Item ?? Key ?? {};
      const [kind = ""] = (sk?.S ?? pk?.S ?? "").split("#");
      return {
        write: `${kind.toLowerCase()} ${oneLine(UpdateExpression)}`,
        condition: oneLine(ConditionExpression ?? ""),
      };
    });
}

type Names = { pk: { S: string }; sk: { S: string } };
type Written = { Item?: Names; Key?: Names; UpdateExpression?: string; ConditionExpression?: string };

/** What a condition is made of: its parts that AND holds together, outside all brackets. */
function clausesOf(condition: string): string[] {
  const clauses: string[] = [""];
  let depth = 0;
  let between = false;
  for (const word of condition.split(/(?<=[()\s])|(?=[()\s])/)) {
    if (word === "(") depth++;
    if (word === ")") depth--;
    // the first AND after BETWEEN is its own
    const isOwn: boolean = between && word === "AND";
    if (word === "BETWEEN" || isOwn) between = !isOwn;
    if (word === "AND" && depth === 0 && !isOwn) clauses.push("");
    else clauses.push(`${clauses.pop()}${word}`);
  }
  return clauses.map(oneLine).filter((clause) => clause !== "");
}

/** Erases whatever stands there: the marker and orders are never deleted, and a key record that is gone is no loss. */
const erasing = /^(cart SET (erased|expiresAt = )|order REMOVE shippingAddress|key delete)/;

/** What the mutants leave out of what was sent: clauses that none takes away, and mutants whose clause nobody sent. */
export function gaps(sent: readonly Sent[], mutants: readonly Listed[]): string[] {
  const named = mutants.flatMap(({ name, takes }) => (typeof takes === "string" ? [] : [{ name, ...takes }]));
  const unused = new Set(named);
  const missing = sent.flatMap(({ write, condition }) => {
    if (condition === "") return erasing.test(write) ? [] : [`a write without a condition: ${write}`];
    return clausesOf(condition).flatMap((clause) => {
      const takers = named.filter(
        ({ write: which, text, beside }) =>
          which.test(write) && text === clause && (beside?.test(condition) ?? true),
      );
      for (const taker of takers) unused.delete(taker);
      return takers.length > 0 ? [] : [`no mutant takes away "${clause}" of "${condition}" in: ${write}`];
    });
  });
  return [...new Set(missing), ...[...unused].map(({ name, text }) => `nobody sent "${text}": ${name}`)];
}
