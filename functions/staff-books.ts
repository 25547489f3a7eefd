import { BookChange, bookTag, bookView, NewBook } from "../shared/book.ts";
import { bookIdIn, findBook } from "../shared/catalogue.ts";
import { admin } from "../shared/endpoint.ts";
import { created, ok, parseChoice, parseLimit, replayed, serve } from "../shared/http.ts";
import { createBook, listShelf, updateBook } from "../shared/staff.ts";
import { parseTag } from "../shared/tag.ts";
import type { RouteKeysOf } from "./routes.ts";

export const handler = serve<RouteKeysOf<"staff-books">>({
  "POST /api/admin/books": admin({ body: NewBook, takesKey: true }, async (request) => {
    const answer = await createBook(request, request.body);
    const { book } = answer;
    const location = `/api/admin/books/${book.bookId}`;
    return created(bookView(book), location, { etag: bookTag(book), ...replayed(answer) });
  }),
  "GET /api/admin/books": admin({ query: ["title", "active", "limit", "cursor"] }, async (request) => {
    const { query } = request;
    const { books, nextCursor } = await listShelf(request, {
      active: parseChoice(query, "active", ["true", "false"]) !== "false",
      title: query.get("title") ?? "",
      cursor: query.get("cursor"),
      limit: parseLimit(query),
    });
    return ok({ items: books.map(bookView), nextCursor });
  }),
  "GET /api/admin/books/{bookId}": admin({}, async ({ table, path }) => {
    const book = await findBook(table, bookIdIn(path));
    return ok(bookView(book), { etag: bookTag(book) });
  }),
  "PATCH /api/admin/books/{bookId}": admin({ body: BookChange, takesKey: true }, async (request) => {
    const answer = await updateBook(request, bookIdIn(request.path), request.body, parseTag(request.ifMatch));
    return ok(bookView(answer.book), { etag: bookTag(answer.book), ...replayed(answer) });
  }),
});
