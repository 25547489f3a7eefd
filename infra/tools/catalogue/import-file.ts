import { isUtf8 } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Reading, readBookRow, WrongRow } from "./book-row.ts";
import { type CsvRow, readCsv } from "./csv.ts";
import { columnNames, columnsIn } from "./file-columns.ts";
import { bookImport, mostRowsAtOnce, type PlacedRow } from "./import-books.ts";
import { importReport } from "./import-report.ts";
import { minorUnits, priceText } from "./price-text.ts";
import { progressBar } from "./progress-bar.ts";

/** What a person may say on the command line. */
export type ImportOptions = {
  /** `title=original_title,isbn=isbn13` */
  map: string;
  idPrefix: string;
  authorSeparator: string | undefined;
  /** `12.99` */
  defaultPrice: string | undefined;
  dryRun: boolean;
  /** The file that tells, line by line, what to look at. */
  report: string;
  booksASecond: number | null;
};

/** Imports a file, and prints what came of it. @throws Error in one line where file or options are of no use */
export async function importFile(file: string, options: ImportOptions): Promise<void> {
  const bytes = readFileSync(file);
  const { header, lines, rows } = readCsv(bytes.toString());
  const names = columnNames(options.map);
  const reading = {
    columns: columnsIn(header, names),
    idPrefix: options.idPrefix,
    authorSeparator: options.authorSeparator || undefined,
    garbled: !isUtf8(bytes),
  };
  const report = importReport();
  const books = bookImport(
    {
      defaultPrice: defaultPrice(options.defaultPrice),
      changes: { stock: names.has("stock"), active: names.has("active") },
      dryRun: options.dryRun,
      booksASecond: options.booksASecond,
    },
    report.leaveOut,
  );
  if (resolve(options.report) === resolve(file)) throw new Error("The report would overwrite the file.");
  // before anything is imported: it may not be possible
  writeFileSync(options.report, report.text());
  const bar = progressBar(options.dryRun ? "Comparing" : "Importing");
  try {
    for (const some of inPortions(bookRows(rows, reading, report))) {
      await books.take(some);
      bar.show((some.at(-1)?.lastLine ?? 0) / lines);
    }
  } finally {
    bar.end();
    writeFileSync(options.report, report.text());
  }
  const { added, changed, unchanged } = books.counts;
  const leftOut = report.leftOut();
  const all = added + changed + unchanged + leftOut;
  console.log(`${file}: ${all} rows${options.dryRun ? ", and nothing written" : ""}`);
  console.log(`books  ${added} added, ${changed} changed, ${unchanged} unchanged, ${leftOut} left out`);
  for (const [how, count] of report.isbns()) console.log(`isbn   ${String(count).padStart(6)}  ${how}`);
  console.log(`units  ${books.units.read} read, ${books.units.write} write`);
  console.log(`What to look at, line by line: ${options.report}`);
}

/** The rows that can be books, no two with the same id; the others go into the report. */
function* bookRows(
  rows: Iterable<CsvRow>,
  reading: Reading,
  report: ReturnType<typeof importReport>,
): Generator<PlacedRow> {
  const lineOf = new Map<string, number>();
  for (const row of rows)
    try {
      if ("wrong" in row) throw new WrongRow(row.wrong);
      const placed = { ...readBookRow(row.cells, reading), line: row.line, lastLine: row.lastLine };
      const earlier = lineOf.get(placed.bookId);
      if (earlier !== undefined) throw new WrongRow(`has the bookId of line ${earlier}`);
      lineOf.set(placed.bookId, row.line);
      if (placed.isbn) report.readIsbn(placed, placed.isbn);
      yield placed;
    } catch (error) {
      if (!(error instanceof WrongRow)) throw error;
      report.leaveOut(row, error.message);
    }
}

function* inPortions(rows: Iterable<PlacedRow>): Generator<PlacedRow[]> {
  let portion: PlacedRow[] = [];
  for (const row of rows) {
    portion.push(row);
    if (portion.length < mostRowsAtOnce) continue;
    yield portion;
    portion = [];
  }
  if (portion.length > 0) yield portion;
}

function defaultPrice(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const amount = minorUnits(text);
  // `1299` may mean cents, so that it has to be said
  if (amount === null || priceText(amount) !== text)
    throw new Error(`--default-price takes an amount such as ${priceText(1299)}, with all its decimals.`);
  return amount;
}
