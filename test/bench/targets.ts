/** What a figure is to be, at most or at least; `stretch` is what it would ideally be. */
export type Target = { what: string; unit: string; measured: number; stretch?: number } & (
  | { atMost: number }
  | { atLeast: number }
);

/** The figure, what it is to be, and whether it is. */
export function verdict(target: Target): {
  measured: string;
  wanted: string;
  met: "met in full" | "met" | "missed";
} {
  const { unit, measured, stretch } = target;
  const [word, limit, sign] =
    "atMost" in target
      ? (["at most", target.atMost, 1] as const)
      : (["at least", target.atLeast, -1] as const);
  const within = (bound: number) => sign * measured <= sign * bound;
  return {
    measured: `${measured.toFixed(measured < 10 ? 2 : measured < 100 ? 1 : 0)} ${unit}`.trim(),
    wanted: `${word} ${limit}${stretch === undefined ? "" : `, ideally ${stretch}`}`,
    met: !within(limit) ? "missed" : stretch !== undefined && within(stretch) ? "met in full" : "met",
  };
}

/** A line for each target. */
export function printTargets(targets: readonly Target[]): void {
  for (const target of targets) {
    const { measured, wanted, met } = verdict(target);
    console.log(`${target.what.padEnd(56)}${measured.padStart(14)}   ${wanted.padEnd(26)}${met}`);
  }
}
