import { Refusal } from "../../../shared/refusal.ts";
import { readBooks } from "../../../shared/table/books.ts";
import { openTable } from "../../../shared/table/client.ts";

/** Looks for one book. @throws Error in one line where the table is not there, or does not answer */
export async function requireAnswer(tableName: string): Promise<void> {
  await readBooks(openTable(), ["-"]).catch((error: Error) => {
    if (error.name === "ResourceNotFoundException") throw new Error(`There is no table ${tableName}.`);
    const why = error instanceof Refusal ? "it does not answer" : error.message || error.name;
    throw new Error(`The table ${tableName} cannot be read: ${why}`);
  });
}
