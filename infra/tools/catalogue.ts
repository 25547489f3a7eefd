import { basename } from "node:path";
import { parseArgs } from "node:util";
import { command } from "../local/command-line.ts";
import { localStore } from "../local/environment.ts";
import { chosenTable } from "./chosen-table.ts";
import { actAsShop, settingsOf } from "./shop-settings.ts";

// `npm run catalogue -- import FILE.csv | export FILE.csv`: brings the books of a file into the catalogue, or writes the
// catalogue into a file.

const usage = `Usage: npm run catalogue -- import FILE.csv [options], or export FILE.csv
  --env NAME             dev, staging or prod; else the local system's table
  --table NAME           a table by its name
  --data FOLDER          the local system's data, where that is kept elsewhere
and for an import:
  --map FIELD=COLUMN,…   the columns of bookId, title, authors, isbn, price, stock and active, where they are
                         called otherwise; stock and active of a book that is there change only if named here
  --id-prefix TEXT       goes before each bookId of the file
  --author-separator TEXT  what stands between two authors, else ; or where there is none, a comma and a space
  --default-price 12.99  for new books without a price
  --dry-run              writes nothing, and reports the same
  --report FILE.csv      what to look at, line by line; else NAME.report.csv in the current folder`;

await command(async () => {
  const { values, positionals } = parseArgs({
    options: {
      env: { type: "string" },
      table: { type: "string" },
      data: { type: "string" },
      map: { type: "string", default: "" },
      "id-prefix": { type: "string", default: "" },
      "author-separator": { type: "string" },
      "default-price": { type: "string" },
      "dry-run": { type: "boolean", default: false },
      report: { type: "string" },
      help: { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  if (values.help) return console.log(usage);
  const [task, file, ...more] = positionals;
  if ((task !== "import" && task !== "export") || file === undefined || more.length > 0)
    throw new Error("Say import FILE.csv or export FILE.csv; --help shows the options.");
  const table = await chosenTable(values);
  try {
    actAsShop({ ...settingsOf(table), ...(table.endpoint !== null && localStore(table.endpoint)) });
    const { requireAnswer } = await import("./catalogue/table-answers.ts");
    await requireAnswer(table.tableName);
    if (task === "export") return await (await import("./catalogue/export-books.ts")).exportBooks(file);
    await (await import("./catalogue/import-file.ts")).importFile(file, {
      map: values.map,
      idPrefix: values["id-prefix"],
      authorSeparator: values["author-separator"],
      defaultPrice: values["default-price"],
      dryRun: values["dry-run"],
      report: values.report ?? `${basename(file).replace(/\.csv$/i, "")}.report.csv`,
      // half of what the index's one partition of books takes
      booksASecond: table.endpoint === null ? 500 : null,
    });
  } finally {
    await table.close();
  }
});
