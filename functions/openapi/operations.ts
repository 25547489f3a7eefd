import * as z from "zod/mini";
import * as answers from "../../shared/answers.ts";
import { BookChange, NewBook } from "../../shared/book.ts";
import { AddToCart, SetQuantity } from "../../shared/cart.ts";
import { MoveOrder, PlaceOrder } from "../../shared/order.ts";
import type { FunctionName, RouteKeysOf } from "../routes.ts";
import type { HeaderName } from "./headers.ts";
import type { QueryParameter } from "./parameters.ts";
import type { ProblemName } from "./problems.ts";

/** What one route takes and answers, besides what follows from its path, its caller and its body (document.ts). */
export type Operation = {
  operationId: string;
  tag: keyof typeof tags;
  summary: string;
  description: string;
  query?: readonly QueryParameter[];
  body?: z.ZodMiniType;
  takesKey?: true;
  /** What an If-Match says here. */
  ifMatch?: string;
  answer: {
    status: 200 | 201 | 204;
    is: string;
    /** Of what is in it, where something is. */
    schema?: z.ZodMiniType;
    /** Media types, where it is no JSON. */
    types?: readonly string[];
    headers?: readonly HeaderName[];
    cache?: string;
  };
  refusals?: readonly ProblemName[];
};

export const tags = {
  Catalogue: "The books for sale, open to anyone.",
  Cart: "What a customer is about to order. A customer has one cart.",
  Orders: "What a customer has ordered.",
  Me: "What the shop has of a customer.",
  "Staff: catalogue": "Books, prices and stock, for accounts in the group `admins`.",
  "Staff: orders": "Everyone's orders, for accounts in the group `admins`.",
  Description: "What you are reading, and a page to try it.",
};

const forAMinute = "public, max-age=60";
const forAnHour = "public, max-age=3600";
const cart = { status: 200, is: "The cart.", schema: answers.Cart, headers: ["ETag"] } as const;
const book = { is: "The book.", schema: answers.Book, headers: ["ETag"] } as const;

export const operations: Record<RouteKeysOf<FunctionName>, Operation> = {
  "GET /openapi.json": {
    operationId: "describeApi",
    tag: "Description",
    summary: "Describe the API",
    description: "This document, OpenAPI 3.1.",
    answer: {
      status: 200,
      is: "This document.",
      schema: z.looseObject({ openapi: z.string().check(z.regex(/^3\.1\./)) }),
      cache: forAnHour,
    },
  },
  "GET /docs": {
    operationId: "showDocs",
    tag: "Description",
    summary: "Show a page to read and try the API",
    description: "A person signs up, in and out there, and asks whatever the API takes.",
    answer: {
      status: 200,
      is: "The page.",
      types: ["text/html; charset=utf-8"],
      headers: ["Content-Security-Policy", "Referrer-Policy"],
      cache: forAnHour,
    },
  },
  "GET /docs/{file}": {
    operationId: "showFileOfDocs",
    tag: "Description",
    summary: "Load what the page loads",
    description: "Its scripts and styles. No other origin is asked for any.",
    answer: {
      status: 200,
      is: "The file.",
      types: ["html", "css", "javascript", "plain"].map((type) => `text/${type}; charset=utf-8`),
      headers: ["Content-Security-Policy", "Referrer-Policy", "Content-Encoding"],
      cache: forAnHour,
    },
    refusals: ["route-not-found"],
  },
  "GET /api/books": {
    operationId: "browseBooks",
    tag: "Catalogue",
    summary: "Browse the books for sale",
    description: "Active books by title. A book's stock is not shown here.",
    query: ["title", "limit", "cursor"],
    answer: { status: 200, is: "A page of books.", schema: answers.ListedBooks, cache: forAMinute },
  },
  "GET /api/books/{bookId}": {
    operationId: "viewBook",
    tag: "Catalogue",
    summary: "See one book",
    description: "A withdrawn book is shown too, with `active` false.",
    answer: { status: 200, ...book, cache: forAMinute },
  },
  "POST /api/cart/add": {
    operationId: "addToCart",
    tag: "Cart",
    summary: "Add copies of a book",
    description:
      "The same book twice is one line, quantities added. A repeated add counts again, unless it carries an Idempotency-Key. Stock is checked when ordering, never when adding.",
    body: AddToCart,
    takesKey: true,
    answer: cart,
    refusals: ["book-not-found", "book-unavailable", "cart-full", "quantity-limit"],
  },
  "GET /api/cart": {
    operationId: "viewCart",
    tag: "Cart",
    summary: "See the cart",
    description: "A customer with nothing in the cart gets one without lines.",
    answer: cart,
  },
  "PUT /api/cart/items/{bookId}": {
    operationId: "setQuantity",
    tag: "Cart",
    summary: "Set how many copies of a book are in the cart",
    description: "Adds the line if it is missing. Repeating it changes nothing.",
    body: SetQuantity,
    answer: cart,
    refusals: ["book-unavailable", "cart-full"],
  },
  "DELETE /api/cart/items/{bookId}": {
    operationId: "removeFromCart",
    tag: "Cart",
    summary: "Remove a line",
    description: "Answers the cart also when there was no such line.",
    answer: cart,
  },
  "DELETE /api/cart": {
    operationId: "clearCart",
    tag: "Cart",
    summary: "Remove every line",
    description: "The cart keeps its id.",
    answer: cart,
  },
  "POST /api/orders": {
    operationId: "placeOrder",
    tag: "Orders",
    summary: "Order what is in the cart",
    description:
      "One cart becomes at most one order, whatever is repeated or lost. With an Idempotency-Key a retry is answered with the same order, to the byte. With `cartId` or an If-Match a retry is 409 `order-already-exists`, which names the order. With none of them it is 409 `cart-empty` with `latestOrderId`; and if something was added meanwhile, that new cart is ordered.",
    body: PlaceOrder,
    takesKey: true,
    ifMatch:
      "The cart's ETag, so that nothing is ordered that was not seen: another price, quantity or availability is 412 `cart-changed`. It names the cart as `cartId` does.",
    answer: { status: 201, is: "The order.", schema: answers.Order, headers: ["Location"] },
    refusals: [
      "cart-not-found",
      "cart-empty",
      "order-already-exists",
      "book-unavailable",
      "insufficient-stock",
      "cart-changed",
      "ordering-paused",
    ],
  },
  "GET /api/orders": {
    operationId: "listOrders",
    tag: "Orders",
    summary: "Read one's own history",
    description: "Newest first; an order that was just placed is on it.",
    query: ["limit", "cursor"],
    answer: { status: 200, is: "A page of orders.", schema: answers.Orders },
  },
  "GET /api/orders/{orderId}": {
    operationId: "viewOrder",
    tag: "Orders",
    summary: "See one of one's own orders",
    description: "Another's order is answered like one that does not exist.",
    answer: { status: 200, is: "The order.", schema: answers.Order },
  },
  "POST /api/orders/{orderId}/cancel": {
    operationId: "cancelOrder",
    tag: "Orders",
    summary: "Cancel an order while it is pending",
    description: "Its stock goes back. A second cancel is 409, whose `orderStatus` says `cancelled`.",
    answer: { status: 200, is: "The order, cancelled.", schema: answers.Order },
    refusals: ["invalid-transition"],
  },
  "GET /api/me/export": {
    operationId: "exportMe",
    tag: "Me",
    summary: "Take along what the shop has of one",
    description: "The account, the cart, and the orders page by page.",
    query: ["cursor"],
    answer: { status: 200, is: "What the shop has of the customer.", schema: answers.Export },
  },
  "DELETE /api/me": {
    operationId: "eraseMe",
    tag: "Me",
    summary: "Have one's account and data erased",
    description:
      "Account, cart, addresses and keys go; orders stay under an id that leads to nobody. A token that is still out may read what is left, and change nothing. What is too much for one request is 503: ask again, and it goes on.",
    answer: { status: 204, is: "Erased, now or before." },
  },
  "POST /api/admin/books": {
    operationId: "createBook",
    tag: "Staff: catalogue",
    summary: "Add a book to the catalogue",
    description: "The shop makes the book's id.",
    body: NewBook,
    takesKey: true,
    answer: { status: 201, ...book, headers: ["ETag", "Location"] },
  },
  "GET /api/admin/books": {
    operationId: "listShelf",
    tag: "Staff: catalogue",
    summary: "List books with their stock",
    description: "By title: the active ones, or the withdrawn.",
    query: ["title", "active", "limit", "cursor"],
    answer: { status: 200, is: "A page of books.", schema: answers.Books },
  },
  "GET /api/admin/books/{bookId}": {
    operationId: "viewBookAsStaff",
    tag: "Staff: catalogue",
    summary: "See one book, as it is now",
    description: "As anyone sees it, but never from a cache.",
    answer: { status: 200, ...book },
  },
  "PATCH /api/admin/books/{bookId}": {
    operationId: "changeBook",
    tag: "Staff: catalogue",
    summary: "Change a book, its price or its stock",
    description:
      "What is not named stays. `stockChange` adds to a tracked stock, and cannot stand beside `stock`.",
    body: BookChange,
    takesKey: true,
    ifMatch: "The book's ETag: if the book has changed since, in anything but its stock, nothing is done.",
    answer: { status: 200, ...book },
    refusals: ["insufficient-stock-of-book", "book-changed"],
  },
  "GET /api/admin/orders": {
    operationId: "listAllOrders",
    tag: "Staff: orders",
    summary: "List everyone's orders",
    description: "By time of placing. A page may be short; only `nextCursor` null says that it is the last.",
    query: ["status", "order", "limit", "cursor"],
    answer: { status: 200, is: "A page of orders.", schema: answers.StaffOrders },
  },
  "GET /api/admin/orders/{orderId}": {
    operationId: "viewAnyOrder",
    tag: "Staff: orders",
    summary: "See anyone's order",
    description: "With whose it is, and who moved it on.",
    answer: { status: 200, is: "The order.", schema: answers.StaffOrder },
  },
  "PATCH /api/admin/orders/{orderId}": {
    operationId: "moveOrder",
    tag: "Staff: orders",
    summary: "Move an order on",
    description:
      "`pending` to `paid` to `shipped` to `delivered`, or `pending` or `paid` to `cancelled`, which gives stock back. Each step holds only from the one before it.",
    body: MoveOrder,
    answer: { status: 200, is: "The order, moved on.", schema: answers.StaffOrder },
    refusals: ["invalid-transition"],
  },
};
