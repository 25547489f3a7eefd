import { csvLine } from "./csv.ts";
import type { ReadIsbn } from "./isbn.ts";

/** A row of the file: its lines, counted from 1, and its book as far as that is known. */
export type Place = { line: number; lastLine: number; bookId?: string };

/** Remembers what a person should look at, and counts what became of the ISBNs. */
export function importReport() {
  const found: (Place & { what: string; why: string })[] = [];
  const isbns = new Map<string, number>();
  let leftOut = 0;
  return {
    leaveOut(place: Place, why: string): void {
      leftOut++;
      found.push({ ...place, what: "left out", why });
    },
    readIsbn(place: Place, { how, doubtful }: ReadIsbn): void {
      isbns.set(how, (isbns.get(how) ?? 0) + 1);
      if (doubtful) found.push({ ...place, what: "isbn", why: how });
    },
    leftOut: () => leftOut,
    /** How many ISBNs were read in which way, the most first. */
    isbns: () => [...isbns].sort(([, one], [, other]) => other - one),
    /** All that was found as a CSV file, in the order of the lines. */
    text(): string {
      const sorted = found.sort((one, other) => one.line - other.line);
      const lines = sorted.map(({ line, lastLine, bookId = "", what, why }) =>
        csvLine([lastLine > line ? `${line}-${lastLine}` : String(line), bookId, what, why]),
      );
      return csvLine(["line", "bookId", "what", "why"]) + lines.join("");
    },
  };
}
