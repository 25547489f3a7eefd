import { bookTag, bookView, listedBookView } from "../shared/book.ts";
import { bookIdIn, browse, findBook } from "../shared/catalogue.ts";
import { anyone } from "../shared/endpoint.ts";
import { ok, parseLimit, serve } from "../shared/http.ts";
import type { RouteKeysOf } from "./routes.ts";

// a cache before the API must not answer one origin with what another may not read
const forAMinute = { "cache-control": "public, max-age=60", vary: "Origin" };

export const handler = serve<RouteKeysOf<"browse-books">>({
  "GET /api/books": anyone({ query: ["title", "limit", "cursor"] }, async ({ table, query }) => {
    const { books, nextCursor } = await browse(
      table,
      query.get("title"),
      query.get("cursor"),
      parseLimit(query),
    );
    return ok({ items: books.map(listedBookView), nextCursor }, forAMinute);
  }),
  "GET /api/books/{bookId}": anyone({}, async ({ table, path }) => {
    const book = await findBook(table, bookIdIn(path));
    return ok(bookView(book), { ...forAMinute, etag: bookTag(book) });
  }),
});
