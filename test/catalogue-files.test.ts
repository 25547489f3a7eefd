import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bookCells, fields, readBookRow } from "../infra/tools/catalogue/book-row.ts";
import { csvLine, readCsv } from "../infra/tools/catalogue/csv.ts";
import { readIsbn } from "../infra/tools/catalogue/isbn.ts";
import { minorUnits, priceText } from "../infra/tools/catalogue/price-text.ts";
import { type Book, mostStock } from "../shared/book.ts";

// What stands in the files of `npm run catalogue`, cell by cell.

describe("an ISBN", () => {
  test.each([
    ["0306406152", "as it stands"],
    ["030640615X", "kept as it stands, though its check digit is wrong"],
    ["080442957X", "as it stands"],
    ["080442957x", "as it stands"],
    ["0-306-40615-2", "as it stands"],
    ["9780306406157", "as it stands"],
    ["978-0-306-40615-7", "as it stands"],
    ["9780306406158", "kept as it stands, though its check digit is wrong"],
    ["9770306406150", "kept as it stands, though its check digit is wrong"],
    ["76783609419", "kept as it stands, though its check digit is wrong"],
  ])("%s stays, %s", (cell, how) => {
    expect(readIsbn(cell)).toEqual({ isbn: cell, how, doubtful: how.startsWith("kept") });
  });

  test.each([
    ["306406152", "0306406152", "given back 1 leading zero"],
    ["80442957X", "080442957X", "given back 1 leading zero"],
    ["2005002X", "002005002X", "given back 2 leading zeros"],
    ["2005017", null, "left empty: of 7 digits, and with leading zeros its check digit is wrong"],
    ["2000016", "0002000016", "given back 3 leading zeros"],
    ["306406153", null, "left empty: of 9 digits, and with leading zeros its check digit is wrong"],
    ["200001", null, "left empty: not an ISBN"],
    ["9.78030640615e+12", null, "left empty: in floating-point form, its last digits lost"],
    ["9,78E+12", null, "left empty: not an ISBN"],
    ["9.78E+12", null, "left empty: in floating-point form, its last digits lost"],
    ["9780306406157.0", null, "left empty: not an ISBN"],
    ["n/a", null, "left empty: not an ISBN"],
    ["", null, "missing"],
  ])("%s becomes %s, %s", (cell, isbn, how) => {
    expect(readIsbn(cell)).toEqual({ isbn, how, doubtful: how.startsWith("left empty") });
  });

  test("without its leading zeros comes back, whatever it was", () => {
    const short = fc.integer({ min: 100_000, max: 99_999_999 });
    fc.assert(
      fc.property(short, (number) => {
        const nine = String(number).padStart(9, "0");
        const sum = [...nine].reduce((total, digit, at) => total + (10 - at) * Number(digit), 0);
        const isbn = nine + "0123456789X"[(11 - (sum % 11)) % 11];
        expect(readIsbn(isbn)).toMatchObject({ isbn, how: "as it stands" });
        expect(readIsbn(isbn.replace(/^0+/, "")).isbn).toBe(isbn);
      }),
    );
  });
});

describe("a price", () => {
  test.each([
    ["12.99", 1299],
    ["12.9", 1290],
    ["12", 1200],
    ["0.07", 7],
    ["0", 0],
    ["1.15", 115],
    ["10000000.00", 1_000_000_000],
  ])("of %s is %i minor units", (text, amount) => {
    expect(minorUnits(text)).toBe(amount);
  });

  test.each(["", "12.999", "12,99", "$12", "-1", "1e3", ".5", "12.", "1 200", "free", "1.2990"])(
    "is not guessed from %j",
    (text) => {
      expect(minorUnits(text)).toBeNull();
    },
  );

  test("comes back from its text", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), (amount) => {
        expect(minorUnits(priceText(amount))).toBe(amount);
      }),
    );
  });
});

const rowsIn = (text: string) => [...readCsv(text).rows];

describe("CSV", () => {
  test("is read with any line ends, a byte order mark, empty lines and none at the end", () => {
    const { header, rows } = readCsv('\uFEFFa,b\r\n1,"x\r\ny"\r\r\n2,');

    expect(header).toEqual(["a", "b"]);
    expect([...rows]).toEqual([
      { line: 2, lastLine: 3, cells: ["1", "x\ny"] },
      { line: 5, lastLine: 5, cells: ["2", ""] },
    ]);
  });

  test("loses no row but the one with the stray quote", () => {
    const bad = 'a,b\n1,"open\n2,two\n3,"three"\n4,"four" and\n5,5" wide\n6,"last\n';

    expect(rowsIn(bad)).toEqual([
      { line: 2, lastLine: 2, wrong: "goes on after a quote was closed" },
      { line: 3, lastLine: 3, cells: ["2", "two"] },
      { line: 4, lastLine: 4, cells: ["3", "three"] },
      { line: 5, lastLine: 5, wrong: "goes on after a quote was closed" },
      { line: 6, lastLine: 6, cells: ["5", '5" wide'] },
      { line: 7, lastLine: 7, wrong: "opens a quote and does not close it" },
    ]);
  });

  test("follows a quote that stays open for a hundred lines, and no further", () => {
    const filler = Array.from({ length: 150 }, (_, at) => `${at},row`);
    const rows = rowsIn(["a,b", '0,"open', ...filler, 'x,"'].join("\n"));

    expect(rows[0]).toEqual({ line: 2, lastLine: 2, wrong: "opens a quote and does not close it" });
    expect(rows).toHaveLength(152);
  });

  test.each(["", "\uFEFF", ",", '"a'])("without columns is refused: %j", (text) => {
    expect(() => readCsv(text)).toThrow("The first line does not name columns.");
  });

  test("is read back as it was written", () => {
    const text = fc.string({ unit: fc.constantFrom(...'a,;"\n \u00a0Ä\uFEFF[]\t') });
    const table = fc
      .integer({ min: 2, max: 5 })
      .chain((width) => fc.array(fc.array(text, { minLength: width, maxLength: width }), { minLength: 1 }));
    fc.assert(
      fc.property(table, (rows) => {
        const header = (rows[0] ?? []).map((_, at) => `column ${at}`);
        const read = rowsIn([header, ...rows].map(csvLine).join(""));
        expect(read.map((row) => "cells" in row && row.cells)).toEqual(rows);
      }),
    );
  });
});

describe("a book", () => {
  const reading = {
    columns: new Map(fields.map((field, at) => [field, at])),
    idPrefix: "",
    authorSeparator: undefined,
    garbled: false,
  };

  test("is read back from its cells as it was", () => {
    const line = fc
      .string({ unit: fc.constantFrom(..."aB,; []\"\\Ä'=+-@"), minLength: 1, maxLength: 20 })
      .filter((text) => /\S/.test(text));
    const book = fc.record({
      bookId: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/).filter((id) => !(id in {})),
      title: line,
      authors: fc.array(line, { minLength: 1, maxLength: 5 }),
      isbn: fc.constantFrom(null, "0306406152", "030640615X", "978-0-306-40615-7"),
      price: fc.integer({ min: 0, max: 1_000_000_000 }),
      stock: fc.option(fc.integer({ min: 0, max: mostStock })),
      active: fc.boolean(),
    });
    fc.assert(
      fc.property(book, ({ bookId, ...rest }) => {
        const whole: Book = { bookId, ...rest, revision: 1 };
        const read = readBookRow(bookCells(whole), reading);
        expect({ bookId: read.bookId, ...read.says }).toEqual({ bookId, ...rest });
      }),
    );
  });

  test.each([
    ["Ada Quill", undefined, ["Ada Quill"]],
    ["Ada Quill, Bo Ferris", undefined, ["Ada Quill", "Bo Ferris"]],
    ["Quill, Ada; Ferris, Bo", undefined, ["Quill, Ada", "Ferris, Bo"]],
    ["Quill, Ada", ";", ["Quill, Ada"]],
    ["Ada Quill|Bo Ferris|", "|", ["Ada Quill", "Bo Ferris"]],
    ['["Quill, Ada"]', undefined, ["Quill, Ada"]],
    ["[Anonymous]", undefined, ["[Anonymous]"]],
  ])("written by %j, separated by %j, is by %j", (cell, authorSeparator, authors) => {
    const cells = ["1", "A title", cell, "", "1", "", "true"];

    expect(readBookRow(cells, { ...reading, authorSeparator }).says.authors).toEqual(authors);
  });

  test.each([
    [["", "T", "A", "", "1", "", "true"], /^bookId must be/],
    [["__proto__", "T", "A", "", "1", "", "true"], /^bookId must not be/],
    [["constructor", "T", "A", "", "1", "", "true"], /^bookId must not be/],
    [["1", "T", "A", "", "1", "-1", "true"], /^stock: Must be a whole number/],
    [["1", "T", "A", "", "1", "1000000001", "true"], /^stock: Too big/],
    [["1", "T", "A", "", "10000000.01", "", "true"], /^price: Too big/],
    [["1", "T", "A", "", "1", "", "yes"], /^active: Must be true or false/],
    [["1", "T\uFFFD", "A", "", "1", "", "true"], /^is not UTF-8/],
  ])("is not read from %j", (cells, why) => {
    expect(() => readBookRow(cells, { ...reading, garbled: true })).toThrow(why);
  });

  test("is no formula to the spreadsheet that opens an export", () => {
    const whole = { isbn: null, price: 1, stock: null, active: true, bookId: "1", revision: 1 };
    for (const text of ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "''@"]) {
      const cells = bookCells({ ...whole, title: text, authors: [text, "An Author"] });

      expect(cells.filter((cell) => /^[=+\-@]/.test(cell))).toEqual([]);
      expect(readBookRow(cells, reading).says).toMatchObject({ title: text, authors: [text, "An Author"] });
    }
  });

  test("has the prefix of its file, and a replacement character where the file is sound", () => {
    const cells = ["7", "T\uFFFD", "A", "", "1", "", "true"];

    expect(readBookRow(cells, { ...reading, idPrefix: "old-" })).toMatchObject({
      bookId: "old-7",
      says: { title: "T\uFFFD" },
    });
  });
});
