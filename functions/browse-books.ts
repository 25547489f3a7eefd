import { bookTag, bookView, listedBookView } from "../shared/book.ts";
import { bookIdIn, browse, findBook } from "../shared/catalogue.ts";
import { anyone } from "../shared/endpoint.ts";
import { keptFor, ok, parseLimit, serve } from "../shared/http.ts";
import type { RouteKeysOf } from "./routes.ts";

export const handler = serve<RouteKeysOf<"browse-books">>({
  "GET /api/books": anyone({ query: ["title", "limit", "cursor"] }, async ({ table, query }) => {
    const { books, nextCursor } = await browse(
      table,
      query.get("title"),
      query.get("cursor"),
      parseLimit(query),
    );
    return ok({ items: books.map(listedBookView), nextCursor }, keptFor(60));
  }),
  "GET /api/books/{bookId}": anyone({}, async ({ table, path }) => {
    const book = await findBook(table, bookIdIn(path));
    return ok(bookView(book), { ...keptFor(60), etag: bookTag(book) });
  }),
});
