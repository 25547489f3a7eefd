import { type Field, fields } from "./book-row.ts";

/** What `--map title=original_title,isbn=isbn13` says: the column of each field that it names. @throws Error in one line */
export function columnNames(map: string): Map<Field, string> {
  const pairs = map === "" ? [] : map.split(",");
  return new Map(
    pairs.map((pair) => {
      const [, name = "", column = ""] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
      const field = fields.find((one) => one === name);
      if (!field) throw new Error(`--map takes FIELD=COLUMN, with a FIELD of ${fields.join(", ")}.`);
      return [field, column];
    }),
  );
}

/**
 * Where each field stands in the file, counted from 0: under the name that was given, else under its own, else nowhere.
 * @throws Error in one line where a named column is missing, or no column has ids
 */
export function columnsIn(header: readonly string[], names: ReadonlyMap<Field, string>): Map<Field, number> {
  const there = header.map((column) => column.trim());
  const columns = new Map<Field, number>();
  for (const field of fields) {
    const at = there.indexOf(names.get(field) ?? field);
    if (at >= 0) columns.set(field, at);
    else if (names.has(field))
      throw new Error(`There is no column ${names.get(field)}; there are ${there.join(", ")}.`);
  }
  if (!columns.has("bookId")) throw new Error("Which column tells the books apart? Add --map bookId=COLUMN.");
  return columns;
}
