/** An edit of the shipped source, made while it is loaded: what it takes away must be missed by a test. */
export type Mutant = { name: string; file: string; from: string; to: string };

// biome-ignore lint/style/noProcessEnv: how the run of a mutant is told which
const chosen: Mutant | undefined = process.env.MUTANT ? JSON.parse(process.env.MUTANT) : undefined;

/** The source with the chosen edit in it; null where it is another file's. @throws Error where it does not apply */
export function mutated(path: string, read: () => string): string | null {
  if (chosen?.file !== path) return null;
  const source = read();
  if (source.split(chosen.from).length !== 2) throw new Error(`The mutant "${chosen.name}" does not apply`);
  return source.replace(chosen.from, chosen.to);
}
