import type { FunctionName, RouteKeysOf } from "../../functions/routes.ts";

/** A route as API Gateway names it; `$default` is what no route takes. */
export type RouteName = RouteKeysOf<FunctionName> | "$default";

/** Books as a shop has them, or as large as the API lets staff make them, 4 bytes to a character. */
export type Size = "ordinary" | "largest";

/**
 * What a request takes: calls to the table; read and write units, and the write units of each try that the table refused as
 * if it had been written, since AWS does not say that it is free; waits between tries; KiB of its answer with its headers.
 */
export type Taken = { calls: number; read: number; write: number; waits: number; kib: number };

const row = (calls: number, read: number, write: number, waits: number, kib: number): Taken => ({
  calls,
  read,
  write,
  waits,
  kib,
});

/** What the dearest request that a route can be asked takes (abuse.test.ts holds each to the requests it measures). */
// biome-ignore format: it is a table
export const limits: Record<RouteName, Record<Size, Taken>> = {
  //                                                        calls   read   write  waits    KiB                 calls   read   write  waits    KiB
  "GET /openapi.json":                       { ordinary: row(    0,     0,      0,     0,    92), largest: row(    0,     0,      0,     0,    92) },
  "GET /docs":                               { ordinary: row(    0,     0,      0,     0,     2), largest: row(    0,     0,      0,     0,     2) },
  "GET /docs/{file}":                        { ordinary: row(    0,     0,      0,     0,   450), largest: row(    0,     0,      0,     0,   450) },
  "GET /api/books":                          { ordinary: row(    1,     2,      0,     0,    13), largest: row(    2,   139,      0,     0,  1053) },
  "GET /api/books/{bookId}":                 { ordinary: row(    1,     1,      0,     0,     1), largest: row(    1,     6,      0,     0,    22) },
  "POST /api/cart/add":                      { ordinary: row(   16,   103,    140,    13,    18), largest: row(   16,   603,    140,    13,    73) },
  "GET /api/cart":                           { ordinary: row(    2,    51,      0,     0,    18), largest: row(    2,   301,      0,     0,    73) },
  "PUT /api/cart/items/{bookId}":            { ordinary: row(   16,   102,    112,    13,    18), largest: row(   16,   602,    112,    13,    73) },
  "DELETE /api/cart/items/{bookId}":         { ordinary: row(   16,   101,    112,    13,    17), largest: row(   16,   596,    112,    13,    72) },
  "DELETE /api/cart":                        { ordinary: row(   16,    52,    120,    14,     1), largest: row(   16,   302,    120,    14,     1) },
  "POST /api/orders":                        { ordinary: row(   16,   416,   1806,    13,    62), largest: row(   16,  2416, 32_830,    13,   118) },
  "GET /api/orders":                         { ordinary: row(    1,   109,      0,     0,   642), largest: row(    4,   857,      0,     0,  3577) },
  "GET /api/orders/{orderId}":               { ordinary: row(    1,     3,      0,     0,    13), largest: row(    1,    17,      0,     0,    72) },
  "POST /api/orders/{orderId}/cancel":       { ordinary: row(   16,     3,   1830,    14,    13), largest: row(   16,    17, 35_070,    14,    72) },
  "GET /api/me/export":                      { ordinary: row(    3,    96,      0,     0,   270), largest: row(    4,   654,      0,     0,  1500) },
  "DELETE /api/me":                          { ordinary: row(   16,  1275, 21_432,    12,     1), largest: row(   16,  1766, 24_528,    12,     1) },
  "POST /api/admin/books":                   { ordinary: row(   16,     3,     75,    14,     1), largest: row(   16,     8,   1020,    14,    22) },
  "GET /api/admin/books":                    { ordinary: row(    2,    52,      0,     0,    13), largest: row(    3,   439,      0,     0,  1054) },
  "GET /api/admin/books/{bookId}":           { ordinary: row(    1,     1,      0,     0,     1), largest: row(    1,     6,      0,     0,    22) },
  "PATCH /api/admin/books/{bookId}":         { ordinary: row(   16,     4,     60,    14,     1), largest: row(   16,    14,    690,    14,    22) },
  "GET /api/admin/orders":                   { ordinary: row(    6, 153.5,      0,     0,   653), largest: row(    6, 853.5,      0,     0,  3588) },
  "GET /api/admin/orders/{orderId}":         { ordinary: row(    1,     3,      0,     0,    14), largest: row(    1,    17,      0,     0,    72) },
  "PATCH /api/admin/orders/{orderId}":       { ordinary: row(   16,     4,   1680,    13,    14), largest: row(   16,    18, 32_704,    13,    72) },
  $default:                                  { ordinary: row(    0,     0,      0,     0,     1), largest: row(    0,     0,      0,     0,     1) },
};

/** Bytes in the table of an order of one line with the longest address, and of each further line; as JSON, which is longer. */
export const storedOrder: Record<Size, { first: number; further: number }> = {
  ordinary: { first: 796, further: 184 },
  largest: { first: 4938, further: 1326 },
};
