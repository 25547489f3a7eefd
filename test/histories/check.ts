import type { History, Operation, Transition } from "./history.ts";
import { type Book, type Order, type Snapshot, same } from "./store.ts";

// The promises, held against what happened. Every line that comes back is a breach.

const documented = new Set([200, 201, 400, 404, 409, 412, 422, 503]);
const legal: Record<string, string[]> = {
  pending: ["paid", "cancelled"],
  paid: ["shipped", "cancelled"],
  shipped: ["delivered"],
  delivered: [],
  cancelled: [],
};

export function breaches(history: History): string[] {
  const found: string[] = [];
  const by = new Map<string, Transition[]>();
  for (const transition of history.transitions)
    by.set(transition.operation, [...(by.get(transition.operation) ?? []), transition]);
  const breach = (about: { id: string } | string, what: string) =>
    found.push(`${typeof about === "string" ? about : about.id}: ${what}`);

  for (const error of history.errors) breach("log", error);
  for (const operation of history.operations) {
    const made = by.get(operation.id) ?? [];
    checkCount(operation, made, breach);
    checkReply(operation, history, breach);
    for (const transition of made) checkTransition(operation, transition, history, breach);
  }
  checkKeys(history, by, breach);
  checkPages(history, breach);
  return found;
}

type Breach = (about: { id: string } | string, what: string) => void;

const isOk = ({ reply }: Operation) => reply !== null && reply.status < 300;
const isUnknown = ({ reply }: Operation) => reply === null || reply.status === 503;
const isReplay = ({ reply }: Operation) => reply?.headers["idempotency-replayed"] === "true";
const isChange = ({ deed, method }: Operation) =>
  method !== "GET" && !["remove", "clear"].includes(deed.kind);

/** Acknowledged: once. Refused: not at all. Unknown: once or not at all. */
function checkCount(operation: Operation, made: Transition[], breach: Breach): void {
  const most =
    operation.method === "GET" || (!isOk(operation) && !isUnknown(operation)) || isReplay(operation) ? 0 : 1;
  const least =
    isOk(operation) && isChange(operation) && !isReplay(operation) && !isVoid(operation, made) ? 1 : 0;
  if (made.length > most || made.length < least)
    breach(
      operation,
      `${operation.method} ${operation.path} ${operation.reply?.status} took effect ${made.length} times`,
    );
}

/** A change that leaves everything as it was cannot be seen: a restock by nothing, a price or a shelf a book has already. */
const isVoid = ({ deed }: Operation, made: Transition[]) =>
  made.length === 0 && deed.kind === "restock" && deed.amount === 0;

function checkTransition(
  operation: Operation,
  { before, after, step }: Transition,
  history: History,
  breach: Breach,
): void {
  const wrong = (what: string) => breach(operation, `${operation.deed.kind}: ${what}`);
  const books = changed(before.books, after.books);
  const orders = changed(before.orders, after.orders);
  const carts = changed(before.carts, after.carts);
  for (const book of Object.values(after.books))
    if ((book.stock ?? 0) < 0) wrong(`stock of ${book.bookId} below zero`);
  if (step > operation.completed && !isUnknown(operation)) wrong("took effect after its answer");

  if (operation.path.startsWith("/api/cart") || operation.path === "/api/orders") {
    const [customer, ...others] = carts;
    if (customer !== operation.customer || others.length > 0) {
      wrong("changed another's cart, or none");
      return;
    }
    const was = before.carts[customer] ?? { cartId: null, version: 0, lines: {}, lastOrderId: null };
    const is = after.carts[customer];
    if (is?.version !== was.version + 1) wrong(`version went from ${was.version} to ${is?.version}`);
    if (operation.path === "/api/orders") {
      checkOrder(operation, { before, after, step }, history, wrong);
      return;
    }
    if (orders.length + books.length > 0) wrong("changed orders or books");
    if (is?.lastOrderId !== was.lastOrderId) wrong("changed the last order");
    if (was.cartId === null && was.lastOrderId !== null && (is?.cartId ?? "") <= was.lastOrderId)
      wrong("a new cart sorts before an old order");
    if (was.cartId !== null && is?.cartId !== was.cartId) wrong("a change made another cart");
    if (!same(is?.lines, expectedLines(operation, was.lines))) wrong(`lines ${JSON.stringify(is?.lines)}`);
    return;
  }
  if (carts.length > 0) wrong("changed a cart");
  if (operation.path.startsWith("/api/admin/books")) {
    const [bookId, ...others] = books;
    if (!bookId || others.length + orders.length > 0 || !operation.path.endsWith(bookId)) {
      wrong("changed another thing");
      return;
    }
    const [was, is] = [before.books[bookId] as Book, after.books[bookId] as Book];
    const { deed } = operation;
    const want: Book = {
      ...was,
      ...(deed.kind === "price" && { price: deed.amount, revision: was.revision + 1 }),
      ...(deed.kind === "shelf" && { active: deed.active, revision: was.revision + 1 }),
      ...(deed.kind === "restock" && { stock: (was.stock ?? 0) + deed.amount }),
    };
    if (!same(is, want)) wrong(`book ${JSON.stringify(is)} instead of ${JSON.stringify(want)}`);
    return;
  }
  checkStep(operation, { before, after }, orders, books, wrong);
}

/** An order is exactly the cart at that moment, at prices that the catalogue held while the request ran. */
function checkOrder(
  operation: Operation,
  { before, after, step }: Omit<Transition, "operation">,
  history: History,
  wrong: (what: string) => void,
): void {
  const customer = operation.customer ?? "";
  const was = before.carts[customer];
  const is = after.carts[customer];
  const [orderId, ...others] = changed(before.orders, after.orders);
  const order = after.orders[orderId ?? ""];
  if (!orderId || !order || before.orders[orderId] || others.length > 0) {
    wrong("made no order, or several");
    return;
  }
  if (order.customer !== customer || order.cartId !== was?.cartId) wrong("ordered another cart");
  if (Object.values(before.orders).some((other) => other.cartId === order.cartId))
    wrong("one cart, two orders");
  if (is?.cartId !== null || Object.keys(is?.lines ?? {}).length > 0 || is?.lastOrderId !== orderId)
    wrong("left the cart open");
  if (!same(Object.fromEntries(order.lines.map(({ bookId, quantity }) => [bookId, quantity])), was?.lines))
    wrong("the order is not the cart");
  if (order.lines.length === 0) wrong("an empty order");

  const seen = snapshotsSince(operation.invoked, step, history);
  const tag = operation.headers["if-match"];
  for (const { bookId, quantity, unitPrice, stockTaken } of order.lines) {
    const [stocked, left] = [before.books[bookId], after.books[bookId]];
    const states = stockTaken ? [stocked] : seen.map((snapshot) => snapshot.books[bookId]);
    if (!states.some((book) => book?.price === unitPrice && book.active))
      wrong(`${bookId} at a price of no one's`);
    if (tag && !tag.includes(`.${bookId}:${quantity}:${unitPrice}:1`))
      wrong(`${bookId} not as the tag had it`);
    if ((stocked?.stock ?? null) !== null && !stockTaken)
      wrong(`${bookId} tracks its stock, and none was taken`);
    const want = stockTaken ? (stocked?.stock ?? 0) - quantity : stocked?.stock;
    if (left?.stock !== want) wrong(`stock of ${bookId} is ${left?.stock} instead of ${want}`);
  }
  for (const bookId of changed(before.books, after.books))
    if (!order.lines.some((line) => line.bookId === bookId && line.stockTaken))
      wrong(`took stock of ${bookId}`);
}

/** A step leads from a status to one of its next, and a cancelled order gives back just what it took. */
function checkStep(
  operation: Operation,
  { before, after }: Pick<Transition, "before" | "after">,
  orders: string[],
  books: string[],
  wrong: (what: string) => void,
): void {
  const [orderId, ...others] = orders;
  const [was, is] = [before.orders[orderId ?? ""], after.orders[orderId ?? ""]];
  if (!orderId || !was || !is || others.length > 0 || !operation.path.includes(orderId)) {
    wrong("moved another order");
    return;
  }
  if (!legal[was.status]?.includes(is.status)) wrong(`went from ${was.status} to ${is.status}`);
  if (operation.customer !== null && was.status !== "pending")
    wrong(`a customer cancelled a ${was.status} order`);
  if (!same({ ...was, status: is.status, steps: is.steps }, is)) wrong("changed more than its status");
  if (!same(is.steps.slice(0, -1), was.steps) || is.steps.at(-1)?.status !== is.status)
    wrong("kept no trace");
  const back = is.status === "cancelled" ? is.lines.filter((line) => line.stockTaken) : [];
  for (const { bookId, quantity } of back)
    if (after.books[bookId]?.stock !== (before.books[bookId]?.stock ?? 0) + quantity)
      wrong(`gave back no ${bookId}`);
  for (const bookId of books) if (!back.some((line) => line.bookId === bookId)) wrong(`changed ${bookId}`);
}

/** What was answered was true at some moment while the request ran. */
function checkReply(operation: Operation, history: History, breach: Breach): void {
  const { reply, customer, invoked, completed, deed } = operation;
  if (!reply) return;
  const wrong = (what: string) =>
    breach(operation, `${deed.kind} ${reply.status} ${reply.body?.code ?? ""}: ${what}`);
  if (!documented.has(reply.status)) {
    wrong(reply.text);
    return;
  }
  if (reply.status === 503 && reply.headers["retry-after"] === undefined) wrong("no Retry-After");
  const states = snapshotsSince(invoked, completed, history);
  const some = (test: (state: Snapshot) => boolean, what: string) => {
    if (!states.some(test)) wrong(what);
  };
  const cartIn = (state: Snapshot) =>
    state.carts[customer ?? ""] ?? { cartId: null, version: 0, lines: {}, lastOrderId: null };
  const { body } = reply;
  if (reply.status === 200 && customer && operation.path.startsWith("/api/cart"))
    some((state) => {
      const cart = cartIn(state);
      const lines = Object.fromEntries(
        body.lines.map((line: Order["lines"][0]) => [line.bookId, line.quantity]),
      );
      return cart.cartId === body.cartId && cart.version === body.version && same(cart.lines, lines);
    }, `no such cart ever was: ${reply.text}`);
  if (reply.status === 201) {
    const order = history.after.orders[body.orderId];
    const lines = body.lines.map(
      ({
        bookId,
        quantity,
        unitPrice,
      }: {
        bookId: string;
        quantity: number;
        unitPrice: { amount: number };
      }) => [bookId, quantity, unitPrice.amount],
    );
    if (!order || order.customer !== customer) wrong("the order is not there");
    else if (
      !same(
        lines,
        order.lines.map(({ bookId, quantity, unitPrice }) => [bookId, quantity, unitPrice]),
      )
    )
      wrong("other lines");
    const total = order?.lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);
    if (body.total.amount !== total || !Number.isInteger(total)) wrong("the total is not the sum");
    some((state) => state.orders[body.orderId] !== undefined, "answered before it was there");
  }
  if (deed.kind === "history" && reply.status === 200 && operation.path.includes("limit=50")) {
    const listed: string[] = body.items.map((order: { orderId: string }) => order.orderId);
    const mine = (state: Snapshot | undefined) =>
      Object.values(state?.orders ?? {})
        .filter((order) => order.customer === customer)
        .map((order) => order.orderId);
    if (!mine(states[0]).every((orderId) => listed.includes(orderId))) wrong("an order is missing");
    if (!listed.every((orderId) => mine(states.at(-1)).includes(orderId))) wrong("an order of nobody's");
  }
  if (body?.code === "cart-empty")
    some(
      (state) =>
        Object.keys(cartIn(state).lines).length === 0 && cartIn(state).lastOrderId === body.latestOrderId,
      "the cart was never empty, or the latest order another",
    );
  if (body?.code === "order-already-exists")
    some((state) => state.orders[body.orderId] !== undefined, "names no order");
  if (["cart-not-found", "book-not-found", "order-not-found"].includes(body?.code))
    wrong("what was named was there");
  if (body?.code === "insufficient-stock" && customer)
    some(
      (state) =>
        Object.entries(cartIn(state).lines).some(
          ([id, quantity]) => (state.books[id]?.stock ?? 1e9) < quantity,
        ),
      "there was always enough",
    );
  if (body?.code === "book-unavailable")
    some((state) => Object.values(state.books).some((book) => !book.active), "all were for sale");
  if (body?.code === "invalid-transition")
    some(
      (state) =>
        Object.values(state.orders).some(
          (order) => operation.path.includes(order.orderId) && order.status === body.orderStatus,
        ),
      "never in that status",
    );
}

/** However often a key is sent, it does one thing, and everybody hears of the same one. */
function checkKeys(history: History, by: Map<string, Transition[]>, breach: Breach): void {
  const keys = new Map<string, Operation[]>();
  for (const operation of history.operations)
    if (operation.key) keys.set(operation.key, [...(keys.get(operation.key) ?? []), operation]);
  for (const [key, operations] of keys) {
    const made = operations.flatMap((operation) => by.get(operation.id) ?? []);
    if (made.length > 1) breach(key, `took effect ${made.length} times`);
    const answers = new Set(
      operations.filter(({ reply }) => reply?.status === 201).map(({ reply }) => reply?.text),
    );
    if (answers.size > 1) breach(key, "was answered differently");
    const [first] = made;
    for (const operation of operations)
      if (first && operation.invoked >= first.step && !isOk(operation) && !isUnknown(operation))
        breach(operation, `${operation.reply?.text} for a key that had done its work`);
  }
}

/** At the end: every order once, newest first, whatever the clocks said. */
function checkPages(history: History, breach: Breach): void {
  for (const customer of history.customers) {
    const pages = history.operations.filter(
      (operation) => operation.customer === customer && operation.path.includes("limit=2"),
    );
    const listed = pages.flatMap(({ reply }) => reply?.body?.items ?? []);
    const there = Object.values(history.after.orders).filter((order) => order.customer === customer);
    const ids = listed.map((order: { orderId: string }) => order.orderId);
    if (new Set(ids).size !== ids.length || ids.length !== there.length)
      breach(customer, `pages list ${ids.length} of ${there.length}`);
    const committed = history.transitions
      .flatMap(({ before, after }) => changed(before.orders, after.orders).filter((id) => !before.orders[id]))
      .filter((id) => history.after.orders[id]?.customer === customer);
    if (!same(ids, committed.toReversed())) breach(customer, "the history is not newest first");
    const times = listed.map((order: { placedAt: string }) => order.placedAt);
    if (!same(times, times.toSorted().toReversed())) breach(customer, "placedAt runs backwards");
  }
}

/** The table as it stood while steps went from one to another. */
function snapshotsSince(from: number, to: number, { before, transitions }: History): Snapshot[] {
  const states = [{ step: 0, after: before }, ...transitions];
  const first = states.findLastIndex(({ step }) => step <= from);
  return states
    .slice(Math.max(first, 0))
    .filter(({ step }, at) => at === 0 || step <= to)
    .map(({ after }) => after);
}

function expectedLines(
  { deed, path, body }: Operation,
  lines: Record<string, number>,
): Record<string, number> {
  const bookId = (body as { bookId?: string } | undefined)?.bookId ?? path.split("/").at(-1) ?? "";
  if (deed.kind === "clear") return {};
  if (deed.kind === "remove")
    return Object.fromEntries(Object.entries(lines).filter(([id]) => id !== bookId));
  const { quantity } = body as { quantity: number };
  return { ...lines, [bookId]: deed.kind === "add" ? (lines[bookId] ?? 0) + quantity : quantity };
}

const changed = (before: Record<string, unknown>, after: Record<string, unknown>): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !same(before[name], after[name]),
  );
