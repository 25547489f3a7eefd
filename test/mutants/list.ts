// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of the source
import type { Mutant } from "../histories/mutants.ts";

/** A clause of a ConditionExpression: of which writes, by their UpdateExpression, and beside what. */
export type Clause = { write: RegExp; text: string; beside?: RegExp };

export type Listed = Mutant & {
  /** What is taken away: a clause, or another thing that the promises rest on. */
  takes: Clause | string;
  /** The test that is expected to miss it. */
  killer: { file: string; test?: string };
};

const races = (test: string) => ({ file: "test/races.test.ts", test });
const leastPrivilege = {
  file: "test/least-privilege.test.ts",
  test: "every function uses just what it is granted",
};
const erasure = (test: string) => ({ file: "test/erasure.test.ts", test });
const compatibility = (test: string) => ({ file: "test/compatibility.test.ts", test });
const carts = "shared/table/carts.ts";
const orders = "shared/table/orders.ts";
const books = "shared/table/books.ts";
const records = "shared/table/key-records.ts";
const client = "shared/table/client.ts";
const keys = "shared/table/keys.ts";
const checkout = "shared/checkout.ts";
const shop = "shared/shop.ts";
const staff = "shared/staff.ts";
const transition = "shared/transition.ts";
const ids = "shared/ids.ts";

// A clause is made true rather than left out: DynamoDB refuses values that no expression names.
const holds = "attribute_exists(pk) OR attribute_not_exists(pk)";

/** Makes a part of the source's condition true; `part` stands in the source between `before` and `after`. */
const always = (part: string, before = "", after = "") => ({
  from: before + part + after,
  to: `${before}(${part} OR ${holds})${after}`,
});

const thisCart = "cartId = :cartId";
const knownOrRoom = "(attribute_exists(#lines.#book) OR size(#lines) < :mostTitles)";
const adding = /^cart SET #lines\.#book = if_not_exists/;
const setting = /^cart SET #lines\.#book = :copies/;
const removing = /^cart SET #version .* REMOVE #lines\.#book/;
const clearing = /^cart SET #lines = :none, #version/;
const closing = /^cart SET #lines = :none, lastOrderId/;
const taking = /^book SET #stock = #stock - :quantity$/;
const changingBook = /^book SET (?!#stock = #stock [-+] :quantity)/;

/** Every clause of every condition, one by one. */
const clauses: Listed[] = [
  {
    name: "add: not only to the cart that was read",
    takes: { write: adding, text: thisCart },
    file: carts,
    ...always("${thisCart}", "", " AND ${knownOrRoom}"),
    killer: races("an add starts a new cart"),
  },
  {
    name: "add: a title beyond the last",
    takes: { write: adding, text: knownOrRoom },
    file: carts,
    ...always("${knownOrRoom}", "", " AND (attribute_not_exists"),
    killer: races("an add finds no room"),
  },
  {
    name: "add: copies beyond the last",
    takes: { write: adding, text: "(attribute_not_exists(#lines.#book) OR #lines.#book <= :room)" },
    file: carts,
    ...always("(attribute_not_exists(#lines.#book) OR #lines.#book <= :room)"),
    killer: races("an add finds as many copies"),
  },
  {
    name: "set: not only in the cart that was read",
    takes: { write: setting, text: thisCart, beside: /:mostTitles/ },
    file: carts,
    from: "${thisCart} AND ${book.active ?",
    to: `\${book.active ? \`(\${thisCart} OR ${holds})\` : thisCart} AND \${book.active ?`,
    killer: races("a quantity starts a new cart"),
  },
  {
    name: "set: a title beyond the last",
    takes: { write: setting, text: knownOrRoom },
    file: carts,
    from: "? knownOrRoom :",
    to: `? \`(\${knownOrRoom} OR ${holds})\` :`,
    killer: races("a quantity finds no room"),
  },
  {
    name: "set of a withdrawn book: not only in the cart that was read",
    takes: { write: setting, text: thisCart, beside: /^(?!.*:mostTitles)/ },
    file: carts,
    from: "${thisCart} AND ${book.active ?",
    to: `\${book.active ? thisCart : \`(\${thisCart} OR ${holds})\`} AND \${book.active ?`,
    killer: races("a quantity of a withdrawn book, late"),
  },
  {
    name: "set of a withdrawn book: where it is not in the cart",
    takes: { write: setting, text: "attribute_exists(#lines.#book)" },
    file: carts,
    ...always("attribute_exists(#lines.#book)", ': "', '"'),
    killer: races("a withdrawn book that was taken out"),
  },
  {
    name: "remove: not only from the cart that was read",
    takes: { write: removing, text: thisCart },
    file: carts,
    ...always("${thisCart}", "", " AND attribute_exists(#lines.#book)`"),
    killer: races("a removal, late"),
  },
  {
    name: "remove: what is gone already",
    takes: { write: removing, text: "attribute_exists(#lines.#book)" },
    file: carts,
    ...always("attribute_exists(#lines.#book)", "${thisCart} AND ", "`"),
    killer: races("a line that two remove"),
  },
  {
    name: "clear: not only the cart that was read",
    takes: { write: clearing, text: thisCart },
    file: carts,
    ...always("${thisCart}", "", " AND size(#lines)"),
    killer: races("an emptying, late"),
  },
  {
    name: "clear: what is empty already",
    takes: { write: clearing, text: "size(#lines) > :zero" },
    file: carts,
    ...always("size(#lines) > :zero"),
    killer: races("a cart that two empty"),
  },
  {
    name: "a change that is taken for exact: not only as the cart was read",
    takes: { write: /^cart SET /, text: "#version = :version" },
    file: carts,
    from: "${ConditionExpression} AND #version = :version",
    to: `\${ConditionExpression} AND (#version = :version OR ${holds})`,
    killer: races("an answer to an add shows the cart"),
  },
  {
    name: "close: not only as the cart was read",
    takes: { write: closing, text: "#version = :version" },
    file: carts,
    from: 'ConditionExpression: "#version = :version"',
    to: `ConditionExpression: "(#version = :version OR ${holds})"`,
    killer: races("an order is of the cart"),
  },
  {
    name: "cancel: by a customer who was erased",
    takes: { write: /^cart conditioncheck/, text: "attribute_not_exists(erasedAt)" },
    file: carts,
    ...always("attribute_not_exists(erasedAt)"),
    killer: erasure("a cancel that has read its order"),
  },
  {
    name: "ask for way: in whatever cart",
    takes: { write: /^cart SET giveWay/, text: thisCart },
    file: carts,
    from: "ConditionExpression: thisCart",
    to: `ConditionExpression: \`\${thisCart} OR ${holds}\``,
    killer: races("an order that another overtook"),
  },
  {
    name: "start: over a cart that there is",
    takes: { write: /^cart put/, text: "attribute_not_exists(pk)" },
    file: carts,
    ...always("attribute_not_exists(pk)"),
    killer: races("of two first adds"),
  },
  {
    name: "start after an order: over a cart that is open",
    takes: { write: /^cart SET cartId/, text: "attribute_not_exists(cartId)" },
    file: carts,
    ...always("attribute_not_exists(cartId)"),
    killer: races("of two first adds after an order"),
  },
  {
    name: "start after an order: with an id that sorts before it",
    takes: { write: /^cart SET cartId/, text: "lastOrderId < :cartId" },
    file: carts,
    ...always("lastOrderId < :cartId"),
    killer: races("a new cart sorts after an order"),
  },
  {
    name: "order: over another of the same cart",
    takes: { write: /^order put/, text: "attribute_not_exists(pk)" },
    file: orders,
    ...always("attribute_not_exists(pk)"),
    killer: races("an order is placed once and answered"),
  },
  {
    name: "move on: from whatever status",
    takes: { write: /^order SET #status/, text: "#status = :from" },
    file: orders,
    ...always("#status = :from"),
    killer: races("a cancel finds the order paid"),
  },
  {
    name: "key record: over another that holds",
    takes: { write: /^key put/, text: "attribute_not_exists(pk) OR expiresAt <= :now" },
    file: records,
    ...always("attribute_not_exists(pk) OR expiresAt <= :now"),
    killer: races("a key that two adds carry"),
  },
  {
    name: "key record: not over one whose time is over",
    takes: "the expiry of a key record in its condition",
    file: records,
    from: "OR expiresAt <= :now",
    to: "OR (expiresAt <= :now AND attribute_not_exists(pk))",
    killer: { file: "test/keys-over-time.test.ts", test: "is forgotten after 25 hours" },
  },
  {
    name: "take stock: of a withdrawn book",
    takes: { write: taking, text: "#active = :true" },
    file: books,
    ...always("#active = :true"),
    killer: races("an order finds a book withdrawn"),
  },
  {
    name: "take stock: at a price that is over",
    takes: { write: taking, text: "#price = :price" },
    file: books,
    ...always("#price = :price"),
    killer: races("an order finds a book at another price"),
  },
  {
    name: "take stock: more than there is",
    takes: { write: taking, text: "#stock >= :quantity" },
    file: books,
    ...always("#stock >= :quantity"),
    killer: races("an order finds the last copies sold"),
  },
  {
    name: "give back: to a book without a stock",
    takes: { write: /^book SET #stock = #stock \+ :quantity$/, text: "#stock <= :room" },
    file: books,
    ...always("#stock <= :room"),
    killer: races("a cancel finds a stock no longer tracked"),
  },
  {
    name: "new book: over another",
    takes: { write: /^book put/, text: "attribute_not_exists(pk)" },
    file: books,
    ...always("attribute_not_exists(pk)"),
    killer: races("a new book is not put over itself"),
  },
  {
    name: "change book: one that there is not",
    takes: { write: changingBook, text: "attribute_exists(pk)" },
    file: books,
    ...always("attribute_exists(pk)"),
    killer: races("a change finds the book gone"),
  },
  {
    name: "change book: stock out of bounds",
    takes: { write: changingBook, text: "#stock BETWEEN :least AND :most" },
    file: books,
    ...always("#stock BETWEEN :least AND :most"),
    killer: races("a stockChange finds too few"),
  },
  {
    name: "change book: not as it was seen",
    takes: { write: changingBook, text: "#revision = :revision" },
    file: books,
    ...always("#revision = :revision", '"', '"'),
    killer: races("a change with If-Match finds another one made"),
  },
];

/** What else the promises rest on. */
const aspects: Listed[] = [
  {
    name: "a new token for each try",
    takes: "token",
    file: client,
    from: "new TransactWriteCommand(input)",
    to: "new TransactWriteCommand({ ...input, ClientRequestToken: newToken() })",
    killer: races("an add of which nothing is kept"),
  },
  {
    name: "no reading back of one's own order",
    takes: "read-back",
    file: checkout,
    from: "if (standing?.requestId === requestId) return",
    to: "if (false) return",
    killer: races("an order is placed once and answered"),
  },
  {
    name: "a cart that has moved on settles no order",
    takes: "read-back",
    file: checkout,
    from: "([closing]) => closing?.failed === true",
    to: "() => false",
    killer: races("an order is placed once and answered"),
  },
  {
    name: "add: no reading back of one's own key record",
    takes: "read-back",
    file: shop,
    from: "replayed: done.requestId !== requestId",
    to: "replayed: true",
    killer: races("an add with a key counts once"),
  },
  {
    name: "add: one's own key record settles nothing",
    takes: "read-back",
    file: shop,
    from: "([, keyed]) => keyed?.found?.requestId === requestId",
    to: "() => false",
    killer: races("an add with a key counts once"),
  },
  {
    name: "new book: no reading back of one's own key record",
    takes: "read-back",
    file: staff,
    from: "bookMade(request, known.made), replayed: known.requestId !== requestId",
    to: "bookMade(request, known.made), replayed: true",
    killer: races("a new book with a key is made once"),
  },
  {
    name: "new book: one's own key record settles nothing",
    takes: "read-back",
    file: staff,
    from: '([, keyed]) => keyed?.found?.requestId === requestId,\n    );\n    if (refused === "written") return { book, replayed',
    to: '() => false,\n    );\n    if (refused === "written") return { book, replayed',
    killer: races("a new book with a key is made once"),
  },
  {
    name: "change book: no reading back of one's own key record",
    takes: "read-back",
    file: staff,
    from: "bookMade(request, bookId), replayed: known.requestId !== requestId",
    to: "bookMade(request, bookId), replayed: true",
    killer: races("a stockChange with a key counts once"),
  },
  {
    name: "change book: one's own key record settles nothing",
    takes: "read-back",
    file: staff,
    from: '([, keyed]) => keyed?.found?.requestId === requestId,\n    );\n    if (refused === "written") return { book: await',
    to: '() => false,\n    );\n    if (refused === "written") return { book: await',
    killer: races("a stockChange with a key counts once"),
  },
  {
    name: "no reading back of one's own step",
    takes: "read-back",
    file: transition,
    from: "if (found.steps.some((made) => made.requestId === requestId)) return found;",
    to: "",
    killer: races("a cancel happens once and is answered"),
  },
  {
    name: "a status that has moved on settles no step",
    takes: "read-back",
    file: transition,
    from: "([moving]) => moving?.failed === true",
    to: "() => false",
    killer: races("a cancel happens once and is answered"),
  },
  {
    name: "a refusal after an unanswered try is the truth",
    takes: "a refusal after an unanswered try",
    file: client,
    from: "if (answer.unanswered && !settled(refused)) throw temporarilyUnavailable();",
    to: "",
    killer: races("a refusal while an earlier try may still land"),
  },
  {
    name: "a try in progress counts as not made",
    takes: "a refusal after an unanswered try",
    file: client,
    from: 'if (name === "TransactionInProgressException") return "unanswered";',
    to: 'if (name === "TransactionInProgressException") return "again";',
    killer: races("a refusal while an earlier try is in progress"),
  },
  {
    name: "an erased customer's cart changes",
    takes: "erasure",
    file: carts,
    from: "if (cart.erased) throw accountErased();",
    to: "",
    killer: { file: "test/customer/me.test.ts", test: "leaves the orders, without the address" },
  },
  {
    name: "erasing leaves the cart at its version",
    takes: "erasure",
    file: carts,
    from: "#version = if_not_exists(#version, :zero) + :one ",
    to: "#version = if_not_exists(#version, :one) + :zero ",
    killer: erasure("an order that has read its cart"),
  },
  {
    name: "the marker goes while there is more to erase",
    takes: "erasure",
    file: carts,
    from: "SET erasedAt = :at, #schema",
    to: "SET erasedAt = :at, expiresAt = :one, #schema",
    killer: erasure("5,000 orders lose their addresses"),
  },
  {
    name: "left-over keys are asked for at once",
    takes: "retry",
    file: client,
    from: "if (attempt > 0) await pause(attempt - 1);",
    to: "",
    killer: { file: "test/leftovers.test.ts", test: "keys that are left over" },
  },
  {
    name: "erasing begins anew each time",
    takes: "erasure",
    file: "shared/me.ts",
    from: "let after = erasedThrough(item);",
    to: "let after: string | undefined = erasedThrough(undefined);",
    killer: erasure("5,000 orders lose their addresses"),
  },
  {
    name: "no second look before an order is refused",
    takes: "re-read",
    file: checkout,
    from: "const again = await readCart(request);",
    to: "const again: Awaited<ReturnType<typeof readCart>> = { cart, known: undefined };",
    killer: races("a twin that took the last copies"),
  },
  {
    name: "an order is refused on books that were read before its cart",
    takes: "re-read",
    file: checkout,
    from: " && lookedAt === cart",
    to: "",
    killer: races("an order is not refused for a stock"),
  },
  {
    name: "an order does not read what its twin's key did",
    takes: "read-back",
    file: checkout,
    from: "if (twin) return replay(request, twin);",
    to: "void twin;",
    killer: races("an order whose twin was placed"),
  },
  {
    name: "customers' keys without the customer",
    takes: "owner prefix",
    file: keys,
    from: "`CUSTOMER#${customerId}`",
    to: "`CUSTOMER#${customerId && 0}`",
    killer: { file: "test/customer/orders.test.ts", test: "has nothing for somebody who has not ordered" },
  },
  {
    name: "key records of all customers together",
    takes: "owner prefix",
    file: keys,
    from: "pk: customer(customerId),\n  sk: `KEY#",
    to: 'pk: customer("all"),\n  sk: `KEY#',
    killer: { file: "test/keys-over-time.test.ts", test: "means nothing in another customer's hands" },
  },
  {
    name: "order: no key record",
    takes: "key record",
    file: checkout,
    from: "...(key ? [putKeyRecord(customerId, key, requestId, order.cartId)] : []),",
    to: "",
    killer: { file: "test/keys-over-time.test.ts", test: "gives the first answer after 11 minutes" },
  },
  {
    name: "add: no key record",
    takes: "key record",
    file: shop,
    from: "key ? [putKeyRecord(customerId, key, requestId)] : []",
    to: "[]",
    killer: races("a key that two adds carry"),
  },
  {
    name: "new book: no key record",
    takes: "key record",
    file: staff,
    from: "...(key ? [putKeyRecord(customerId, key, requestId, book.bookId)] : [])",
    to: "",
    killer: { file: "test/customer/idempotency-key.test.ts", test: "creates one book" },
  },
  {
    name: "change book: no key record",
    takes: "key record",
    file: staff,
    from: "...(key ? [putKeyRecord(customerId, key, requestId, bookId)] : [])",
    to: "",
    killer: { file: "test/customer/idempotency-key.test.ts", test: "changes a book once" },
  },
  {
    name: "a key with whatever request",
    takes: "key record",
    file: records,
    from: "if (record.requestHash !== requestHash)",
    to: "if (record.requestHash !== requestHash && false)",
    killer: { file: "test/customer/idempotency-key.test.ts", test: "is refused with another request" },
  },
  {
    name: "a key holds for ever",
    takes: "expiry",
    file: records,
    from: "if (record.expiresAt <= seconds()) return undefined;",
    to: "",
    killer: { file: "test/keys-over-time.test.ts", test: "is forgotten after 25 hours" },
  },
  {
    name: "a conflict is not tried again",
    takes: "retry",
    file: client,
    from: '"TransactionConflict",',
    to: "",
    killer: races("a write that meets another's"),
  },
  {
    name: "a throttled call is not tried again",
    takes: "retry",
    file: client,
    from: '"ProvisionedThroughputExceededException",',
    to: "",
    killer: races("a write that the table has no room for"),
  },
  {
    name: "a conflict beside a failed condition is a refusal",
    takes: "classification",
    file: client,
    from: 'if ([...codes].some((code) => passing.has(code))) return "again";',
    to: 'if (codes.has("ConditionalCheckFailed")) return "refused";\n    if ([...codes].some((code) => passing.has(code))) return "again";',
    killer: races("a cancel that meets another's write"),
  },
  {
    name: "half an answer is a bug",
    takes: "classification",
    file: client,
    from: 'if ($fault !== "client") return "unanswered";',
    to: 'if ($fault === "server") return "unanswered";',
    killer: races("half a refusal"),
  },
  {
    name: "a call that is given up is a bug",
    takes: "classification",
    file: client,
    from: 'if (!$metadata && name !== "AbortError") return "bug";',
    to: 'if (!$metadata) return "bug";',
    killer: races("a store that does not answer in time"),
  },
  {
    name: "the history may be an old one",
    takes: "consistent reads",
    file: orders,
    from: "ScanIndexForward: false,\n    ConsistentRead: true,",
    to: "ScanIndexForward: false,",
    killer: races("asks for what was written last"),
  },
  {
    name: "what is read by key may be old",
    takes: "consistent reads",
    file: client,
    from: "ConsistentRead: true }",
    to: "ConsistentRead: false }",
    killer: races("asks for what was written last"),
  },
  {
    name: "a new cart's id by the clock alone",
    takes: "order of the history",
    file: ids,
    from: "Math.max(now(), lastOrderId === null ? 0 : timeOf(lastOrderId) + 1)",
    to: "now()",
    killer: races("a new cart sorts after an order"),
  },
  {
    name: "an order's time by the clock alone",
    takes: "order of the history",
    file: ids,
    from: "timeText(Math.max(now(), timeOf(cartId)))",
    to: "timeText(now())",
    killer: { file: "test/rules.test.ts", test: "sort in the order in which they were placed" },
  },
  {
    name: "a cancelled order keeps its stock",
    takes: "stock given back in the same write",
    file: transition,
    from: 'to === "cancelled" ? order.lines.filter',
    to: '"" === String(to) ? order.lines.filter',
    killer: races("a cancel happens once and is answered"),
  },
  {
    name: "an order takes no stock",
    takes: "stock taken in the same write",
    file: checkout,
    from: "...tracked.map((line) => takeStock(books.get(line.bookId) as Book, line.quantity)),",
    to: "",
    killer: { file: "test/customer/stock.test.ts", test: "sells 3 copies to 3 of 8 customers" },
  },
  {
    name: "a right that nobody uses",
    takes: "least privilege",
    file: "functions/routes.ts",
    from: '"view-cart": { table: ["BatchGetItem"]',
    to: '"view-cart": { table: ["BatchGetItem", "Query"]',
    killer: leastPrivilege,
  },
  {
    name: "a look at the cart reads more than it needs",
    takes: "least privilege",
    file: shop,
    from: "const [item] = await table.read([cartKey(customerId)]);\n  const cart = parseCart(item);\n  return cartView",
    to: 'const [item] = await table.read([cartKey(customerId), { ...cartKey(customerId), sk: "KEY#" }]);\n  const cart = parseCart(item);\n  return cartView',
    killer: leastPrivilege,
  },
  {
    name: "cursors of another release are garbled",
    takes: "old and new code together",
    file: "shared/cursor.ts",
    from: "update(`1\\n",
    to: "update(`2\\n",
    killer: compatibility("is answered as it answered"),
  },
  {
    name: "keys of another release are forgotten",
    takes: "old and new code together",
    file: records,
    from: ".slice(0, 32)",
    to: ".slice(0, 31)",
    killer: compatibility("is answered as it answered"),
  },
  {
    name: "an order without the number of its schema",
    takes: "old and new code together",
    file: orders,
    from: "schema: 1,",
    to: "",
    killer: compatibility("carries the number of its schema"),
  },
  {
    name: "a look at the cart makes one trip more",
    takes: "budgets",
    file: shop,
    from: "  const cart = parseCart(item);\n  return cartView",
    to: "  const cart = parseCart(item);\n  await table.read([cartKey(customerId)]);\n  return cartView",
    killer: { file: "test/budgets.test.ts", test: "at a cart of 3 lines costs 4 read units in 2 calls" },
  },
  {
    name: "an order reads one unit more",
    takes: "budgets",
    file: books,
    from: "await table.read(distinct.map(bookKey))",
    to: 'await table.read([...distinct, "-"].map(bookKey))',
    killer: { file: "test/budgets.test.ts", test: "of 3 lines, keyed: false, costs" },
  },
  {
    name: "bundles of 50 KiB more",
    takes: "budgets",
    file: "infra/bundle.ts",
    from: 'legalComments: "none",',
    to: 'legalComments: "none", banner: { js: `//${"-".repeat(50 * 1024)}` },',
    killer: { file: "test/bundles.test.ts", test: "place-order has at most" },
  },
  {
    name: "undescribed: a header",
    takes: "what the API's description says",
    file: "functions/view-cart.ts",
    from: "{ etag: cartTag(cart) }",
    to: '{ etag: cartTag(cart), "x-items": String(cart.itemCount) }',
    killer: { file: "test/customer/cart.test.ts" },
  },
  {
    name: "undescribed: a status",
    takes: "what the API's description says",
    file: "functions/change-cart.ts",
    from: "ok(cart, { etag: cartTag(cart) })",
    to: "({ ...ok(cart, { etag: cartTag(cart) }), status: 202 })",
    killer: { file: "test/customer/cart.test.ts" },
  },
  {
    name: "undescribed: a member",
    takes: "what the API's description says",
    file: "functions/order-history.ts",
    from: "ok({ items: orders.map(orderView), nextCursor })",
    to: "ok({ items: orders.map(orderView), nextCursor, found: orders.length })",
    killer: { file: "test/customer/orders.test.ts" },
  },
];

export const mutants: readonly Listed[] = [...clauses, ...aspects];
