import { files } from "../../../functions/docs/files.ts";
import { cursorAt } from "../../../shared/cursor.ts";
import { bookItem } from "../../../shared/table/books.ts";
import type { Attempts } from "./attempts.ts";

export function attemptCatalogue({ ask, staff: anyone, first, another, unknown }: Attempts): void {
  ask("GET /openapi.json", anyone, "/openapi.json");
  ask("GET /docs", anyone, "/docs");
  for (const file of Object.keys(files)) ask("GET /docs/{file}", anyone, `/docs/${file}`);
  ask("$default", anyone, `/${"x".repeat(2000)}`);
  ask("$default", anyone, "/api/orders");

  ask("GET /api/books", anyone, "/api/books?limit=50");
  ask("GET /api/books", anyone, "/api/books?limit=50&title=nothing");
  const nextPage = cursorAt("books ", String(bookItem(another).isk));
  ask("GET /api/books", anyone, `/api/books?limit=50&cursor=${nextPage}`);
  for (const id of [first.bookId, unknown]) ask("GET /api/books/{bookId}", anyone, `/api/books/${id}`);
}
