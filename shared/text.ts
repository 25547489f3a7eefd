import * as z from "zod/mini";

const control = "\\x00-\\x1F\\x7F-\\x9F\\u2028\\u2029";
/** No control character, no line separator, and one to see: for those who read the API's description, in whatever dialect. */
const oneLine = `^[^${control}]*[^\\s${control}][^${control}]*$`;

/** 1 to `most` characters of one line, with something to see in it. */
export const Text = (most: number) =>
  z.string().check(
    z.refine(
      (text) => text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text),
      "Must be one line of plain text",
    ),
    z.refine((text) => /\S/.test(text) && [...text].length <= most, `Must have 1 to ${most} characters`),
    // what JSON Schema can say of it
    z.meta({ minLength: 1, maxLength: most, pattern: oneLine }),
  );

/** How titles are compared and sorted: without case, accents and double spaces; at most 200 characters. */
export const sortable = (title: string): string =>
  [
    ...title
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .replaceAll("ς", "σ")
      .replace(/\s+/g, " ")
      .trimStart(),
  ]
    .slice(0, 200)
    .join("");
