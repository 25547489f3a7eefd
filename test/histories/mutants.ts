/** An edit of the shipped source, made while it is loaded: what it takes away must be missed by a test. */
export type Mutant = { name: string; file: string; from: string; to: string };

// biome-ignore lint/style/noProcessEnv: how the run of a mutant is told which
const chosen: Mutant | undefined = process.env.MUTANT ? JSON.parse(process.env.MUTANT) : undefined;

export const isMutated = chosen !== undefined;

/** The source with the chosen edit in it; null where it is another file's. @throws Error where it does not apply */
export const mutated = (path: string, read: () => string): string | null =>
  chosen?.file === path ? applied(chosen, read()) : null;

/** @throws Error where the edit does not apply exactly once */
export function applied({ name, from, to }: Mutant, source: string): string {
  const [before, after, ...more] = source.split(from);
  if (after === undefined || more.length > 0) throw new Error(`The mutant "${name}" does not apply`);
  return before + to + after;
}
