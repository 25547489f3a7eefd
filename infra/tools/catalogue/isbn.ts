import { BookChange } from "../../../shared/book.ts";

/** An ISBN as a file has it: what the catalogue gets, in a few words how it came to that, and whether to look at it. */
export type ReadIsbn = { isbn: string | null; how: string; doubtful: boolean };

// 0-00-0, say Collins, is as short as a spreadsheet makes them
const fewestDigits = 7;

/**
 * Keeps what the shop takes for an ISBN. An ISBN-10 that a spreadsheet took for a number gets its leading zeros back
 * where the check digit is right then; anything else is null, since what is lost can only be guessed.
 */
export function readIsbn(cell: string): ReadIsbn {
  if (cell === "") return { isbn: null, how: "missing", doubtful: false };
  if (BookChange.safeParse({ isbn: cell }).success)
    return isRight(cell)
      ? { isbn: cell, how: "as it stands", doubtful: false }
      : { isbn: cell, how: "kept as it stands, though its check digit is wrong", doubtful: true };
  if (/^\d+(\.\d+)?e\+?\d+$/i.test(cell)) return lost("in floating-point form, its last digits lost");
  if (!/^\d+[\dX]$/i.test(cell) || cell.length < fewestDigits) return lost("not an ISBN");
  const zeros = 10 - cell.length;
  const isbn = cell.padStart(10, "0");
  return isRight(isbn)
    ? { isbn, how: `given back ${zeros} leading ${zeros === 1 ? "zero" : "zeros"}`, doubtful: false }
    : lost(`of ${cell.length} digits, and with leading zeros its check digit is wrong`);
}

const lost = (how: string): ReadIsbn => ({ isbn: null, how: `left empty: ${how}`, doubtful: true });

/** Whether the check digit of an ISBN-10 or ISBN-13 is right, hyphens or not. */
function isRight(isbn: string): boolean {
  const text = isbn.replaceAll("-", "").toUpperCase();
  const digits = [...text].map((digit) => (digit === "X" ? 10 : Number(digit)));
  const sum = (weight: (at: number) => number) =>
    digits.reduce((total, digit, at) => total + digit * weight(at), 0);
  if (/^97[89]\d{10}$/.test(text)) return sum((at) => (at % 2 === 0 ? 1 : 3)) % 10 === 0;
  return text.length === 10 && sum((at) => 10 - at) % 11 === 0;
}
