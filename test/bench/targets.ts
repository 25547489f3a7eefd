/** What a figure is to be at most; `stretch` is what it would ideally be. */
export type Target = { what: string; unit: string; measured: number; atMost: number; stretch?: number };

/** A line for each target: the figure, what it is to be, and whether it is. */
export function printTargets(targets: readonly Target[]): void {
  for (const { what, unit, measured, atMost, stretch } of targets) {
    const figure = `${measured.toFixed(measured < 10 ? 2 : 0)} ${unit}`;
    const wanted = `at most ${atMost}${stretch === undefined ? "" : `, ideally ${stretch}`}`;
    const verdict = measured > atMost ? "missed" : measured <= (stretch ?? 0) ? "met in full" : "met";
    console.log(`${what.padEnd(40)}${figure.padStart(14)}   ${wanted.padEnd(26)}${verdict}`);
  }
}
