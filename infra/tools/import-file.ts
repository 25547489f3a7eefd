import { isUtf8 } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { readBookRow, WrongRow } from "./book-row.ts";
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

  const lineOf = new Map<string, number>();
  const read = (row: CsvRow): PlacedRow => {
    if ("wrong" in row) throw new WrongRow(row.wrong);
    const book = readBookRow(row.cells, reading);
    const earlier = lineOf.get(book.bookId);
    if (earlier !== undefined) throw new WrongRow(`has the bookId of line ${earlier}`);
    lineOf.set(book.bookId, row.line);
    return { ...book, line: row.line, lastLine: row.lastLine };
  };
  const bar = progressBar(options.dryRun ? "Comparing" : "Importing");
  let rowCount = 0;
  let waiting: PlacedRow[] = [];
  try {
    for (const row of rows) {
      rowCount++;
      try {
        const placed = read(row);
        if (placed.isbn) report.readIsbn(placed, placed.isbn);
        waiting.push(placed);
      } catch (error) {
        if (!(error instanceof WrongRow)) throw error;
        report.leaveOut(row, error.message);
      }
      if (waiting.length < mostRowsAtOnce) continue;
      await books.take(waiting);
      waiting = [];
      bar.show(row.line / lines);
    }
    await books.take(waiting);
  } finally {
    bar.end();
    writeFileSync(options.report, report.text());
  }
  const { added, changed, unchanged } = books.counts;
  console.log(`${file}: ${rowCount} rows${options.dryRun ? ", and nothing written" : ""}`);
  console.log(
    `books  ${added} added, ${changed} changed, ${unchanged} unchanged, ${report.leftOut()} left out`,
  );
  for (const [how, count] of report.isbns()) console.log(`isbn   ${String(count).padStart(6)}  ${how}`);
  console.log(`units  ${books.units.read} read, ${books.units.write} write`);
  console.log(`What to look at, line by line: ${options.report}`);
}

function defaultPrice(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const amount = minorUnits(text);
  // `1299` may mean cents, so that it has to be said
  if (amount === null || priceText(amount) !== text)
    throw new Error(`--default-price takes an amount such as ${priceText(1299)}, with all its decimals.`);
  return amount;
}
