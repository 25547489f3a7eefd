// a quote that stays open is followed no further, so that one bad row does not cost the rest
const mostLinesOfARow = 100;

/** A row, the lines of the file that it stands on, counted from 1, and its cells, or why there are none. */
export type CsvRow = { line: number; lastLine: number } & ({ cells: string[] } | { wrong: string });

/** The rows of a CSV file, each as wide as the first one. */
export type CsvFile = { header: string[]; lines: number; rows: Iterable<CsvRow> };

/**
 * Reads CSV (RFC 4180), with any line ends, and quotes also inside of unquoted cells. A row with a stray quote, or with
 * more or fewer cells than the first, is wrong by itself: the line after its first is read as a row again.
 * @throws Error in one line where the first row names no columns
 */
export function readCsv(text: string): CsvFile {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const first = rowAt(lines, 0);
  if ("wrong" in first || first.cells.join("").trim() === "")
    throw new Error("The first line does not name columns.");
  return { header: first.cells, lines: lines.length, rows: rowsOf(lines, first) };
}

function* rowsOf(lines: string[], first: CsvRow & { cells: string[] }): Generator<CsvRow> {
  const width = first.cells.length;
  for (let at = first.lastLine; at < lines.length; ) {
    if (lines[at] === "") {
      at++;
      continue;
    }
    const row = rowAt(lines, at);
    if ("cells" in row && row.cells.length === width) {
      at = row.lastLine;
      yield row;
    } else {
      at = row.line;
      const wrong =
        "wrong" in row ? row.wrong : `has ${row.cells.length} cells where the first line has ${width}`;
      yield { line: row.line, lastLine: row.line, wrong };
    }
  }
}

function rowAt(lines: string[], at: number): CsvRow {
  let text = lines[at] ?? "";
  let lastLine = at + 1;
  let cells = cellsOf(text);
  for (; cells === "open" && lastLine < lines.length && lastLine - at < mostLinesOfARow; lastLine++) {
    text += `\n${lines[lastLine]}`;
    cells = cellsOf(text);
  }
  const place = { line: at + 1, lastLine };
  if (cells === "open") return { ...place, wrong: "opens a quote and does not close it" };
  if (cells === "stray") return { ...place, wrong: "goes on after a quote was closed" };
  return { ...place, cells };
}

const cell = /(?:"([^"]*(?:""[^"]*)*)"|([^",][^,]*|))(,|$)/y;
const openCell = /"[^"]*(?:""[^"]*)*$/y;

function cellsOf(text: string): string[] | "open" | "stray" {
  const cells: string[] = [];
  for (let at = 0, more = true; more; ) {
    cell.lastIndex = at;
    const [whole, quoted, plain = "", end] = cell.exec(text) ?? [];
    if (whole === undefined) {
      openCell.lastIndex = at;
      return openCell.test(text) ? "open" : "stray";
    }
    cells.push(quoted?.replaceAll('""', '"') ?? plain);
    at += whole.length;
    more = end === ",";
  }
  return cells;
}

/** One line of a CSV file, which `readCsv` reads back to the letter. */
export const csvLine = (cells: readonly string[]): string => `${cells.map(quoted).join(",")}\n`;

const quoted = (text: string) =>
  /[",\r\n]|^\s|\s$|^\uFEFF/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
