import { DeleteCommand, DynamoDBDocumentClient, GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { functions } from "../functions/routes.ts";
import { localClient } from "../infra/local/dynamodb.ts";
import { type Director, type Fault, type StoreCall, storeProxy } from "./faults/store-proxy.ts";
import { aBook, aCustomer, anAdmin, changeBook, inTheCart, type Person, theStaff } from "./given.ts";
import { anInstance, type Instance } from "./instances.ts";
import type { Reply } from "./shop.ts";

// What others do at the one moment where it hurts: between a request's reads and its write, or after half of an answer.

const variables = inject("variables");
const endpoint = variables.AWS_ENDPOINT_URL_DYNAMODB ?? "";
const TableName = variables.TABLE_NAME;
const table = DynamoDBDocumentClient.from(localClient(endpoint));
const usd = (amount: number) => ({ amount, currency: "USD" });
const withKey = (key: string) => ({ "idempotency-key": key });
const replayed = ({ headers }: Reply) => headers.get("idempotency-replayed");
const isWrite = ({ operation }: StoreCall) => operation === "TransactWriteItems";

let decide: Director["decide"] = () => "none";
let late: (() => Promise<void>) | undefined;
let proxy: Awaited<ReturnType<typeof storeProxy>>;
/** A customer's instance that gives up on the store soon. */
let hasty: Instance;

beforeAll(async () => {
  proxy = await storeProxy(endpoint, {
    decide: (call) => decide(call),
    late: async (forward) => {
      late = forward;
    },
  });
  const here = { AWS_ENDPOINT_URL_DYNAMODB: proxy.url };
  hasty = await anInstance(Object.keys(functions), { ...here, STORE_TOTAL_MS: "500" });
  vi.resetModules();
  // biome-ignore lint/style/noProcessEnv: where the functions read their settings
  Object.assign(process.env, variables, here);
});
afterAll(async () => {
  await proxy.close();
  table.destroy();
});
afterEach(() => {
  decide = () => "none";
  vi.useRealTimers();
});

/** Sends a request, and does something else before its first call of this kind that reaches the store, or its nth. */
async function meanwhile(
  send: () => Promise<Reply>,
  what: () => Promise<unknown>,
  { which = isWrite, nth = 1 }: { which?: (call: StoreCall) => boolean; nth?: number } = {},
): Promise<Reply> {
  let count = 0;
  decide = async (call): Promise<Fault> => {
    if (which(call) && ++count === nth) await what();
    return "none";
  };
  const answer = await send();
  expect(count).toBeGreaterThanOrEqual(nth);
  return answer;
}

/** As `meanwhile`, but its first write of a cart that is there has been overtaken: what else happens comes before the second. */
async function meanwhileAgain(send: () => Promise<Reply>, what: () => Promise<unknown>): Promise<Reply> {
  let overtaken = false;
  let done = false;
  decide = async (call): Promise<Fault> => {
    if (!isWrite(call) || done) return "none";
    const [{ Update }] = call.input.TransactItems;
    if (Update && !overtaken) {
      overtaken = true;
      await changeVersion(Update.Key.pk.S);
    } else {
      done = true;
      await what();
    }
    return "none";
  };
  const answer = await send();
  expect(done).toBe(true);
  return answer;
}

/** As by a change of the cart that another took back. */
const changeVersion = (pk: string) =>
  table.send(
    new UpdateCommand({
      TableName,
      Key: { pk, sk: "CART" },
      UpdateExpression: "SET #version = #version + :one",
      ExpressionAttributeNames: { "#version": "version" },
      ExpressionAttributeValues: { ":one": 1 },
    }),
  );

/**
 * Sends a request whose first write meets this fault, and does something else before the second; `before` happens before
 * a write ahead of both, which it overtakes.
 */
async function troubled(
  send: () => Promise<Reply>,
  fault: Fault,
  what: () => Promise<unknown> = async () => {},
  before?: () => Promise<unknown>,
): Promise<Reply> {
  let writes = before ? -1 : 0;
  let aside = false;
  decide = async (call) => {
    if (!isWrite(call) || aside) return "none";
    writes++;
    aside = true;
    if (writes === 0) await before?.();
    if (writes === 2) await what();
    aside = false;
    return writes === 1 ? fault : "none";
  };
  const answer = await send();
  expect(writes).toBeGreaterThan(1);
  return answer;
}

/** Sends a cart change, overtaken once, whose write reaches the store long after nobody waits for it any more: the answer is how to let it. */
async function tooLate(method: string, path: string, { token }: Person, body?: unknown) {
  let writes = 0;
  late = undefined;
  decide = async (call) => {
    if (!isWrite(call)) return "none";
    writes++;
    // the first is of the cart just as it was read, and could never land later
    if (writes === 1) await changeVersion(call.input.TransactItems[0].Update.Key.pk.S);
    return writes === 1 ? "none" : writes === 2 ? "late" : "drop-request";
  };
  const answer = await hasty.send(token, method, path, body);
  decide = () => "none";
  expect(answer.status).toBe(503);
  return async () => {
    if (!late) throw new Error("There was no write");
    await late();
  };
}

const cartOf = async (person: Person) => (await person.get("/api/cart")).body;
const quantities = ({ lines }: { lines: { bookId: string; quantity: number }[] }) =>
  Object.fromEntries(lines.map(({ bookId, quantity }) => [bookId, quantity]));
const ordersOf = async (person: Person) => (await person.get("/api/orders")).body.items;
const bookOf = async (bookId: string) => (await (await theStaff()).get(`/api/admin/books/${bookId}`)).body;
const cartKey = ({ sub }: Person) => ({ pk: `CUSTOMER#${sub}`, sk: "CART" });

/** A cart with as many other titles in it. */
async function fill(person: Person, titles: number): Promise<void> {
  const lines = Object.fromEntries(Array.from({ length: titles }, (_, at) => [`other-${at}`, 1]));
  await table.send(
    new UpdateCommand({
      TableName,
      Key: cartKey(person),
      UpdateExpression: "SET #lines = :lines",
      ExpressionAttributeNames: { "#lines": "lines" },
      ExpressionAttributeValues: { ":lines": lines },
    }),
  );
}

let book: { bookId: string };
let other: { bookId: string };
beforeAll(async () => {
  [book, other] = await Promise.all([aBook(), aBook()]);
});

describe.each([
  ["where the cart changes meanwhile,", meanwhile, 0],
  ["where the cart changes meanwhile, and again,", meanwhileAgain, 1],
])("%s", (_, during, overtaken) => {
  test("an add starts a new cart if the one it was for has been ordered", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);

    const added = await during(
      () => ada.post("/api/cart/add", { bookId: other.bookId }),
      () => ada.post("/api/orders"),
    );

    const [order] = await ordersOf(ada);
    expect(quantities(order)).toEqual({ [book.bookId]: 1 });
    expect(quantities(added.body)).toEqual({ [other.bookId]: 1 });
    expect(added.body.cartId > order.cartId).toBe(true);
  });

  test("a quantity starts a new cart if the one it was for has been ordered", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);

    const set = await during(
      () => ada.put(`/api/cart/items/${book.bookId}`, { quantity: 3 }),
      () => ada.post("/api/orders"),
    );

    const [order] = await ordersOf(ada);
    expect(quantities(set.body)).toEqual({ [book.bookId]: 3 });
    expect(set.body.cartId > order.cartId).toBe(true);
  });

  test("an add finds no room if the last title has been taken", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    await fill(ada, 49);

    const added = await during(
      () => ada.post("/api/cart/add", { bookId: other.bookId }),
      () => ada.post("/api/cart/add", { bookId: book.bookId }),
    );

    expect(added).toMatchObject({ status: 409, body: { code: "cart-full" } });
    expect((await cartOf(ada)).lines).toHaveLength(50);
  });

  test("a quantity finds no room if the last title has been taken", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    await fill(ada, 49);

    const set = await during(
      () => ada.put(`/api/cart/items/${other.bookId}`, { quantity: 2 }),
      () => ada.post("/api/cart/add", { bookId: book.bookId }),
    );

    expect(set).toMatchObject({ status: 409, body: { code: "cart-full" } });
    expect((await cartOf(ada)).lines).toHaveLength(50);
  });

  test("an add finds as many copies as there may be", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [{ ...book, quantity: 98 }]);
    const add = () => ada.post("/api/cart/add", { bookId: book.bookId });

    const added = await during(add, add);

    expect(added).toMatchObject({ status: 409, body: { code: "quantity-limit" } });
    expect((await cartOf(ada)).itemCount).toBe(99);
  });

  test("a withdrawn book that was taken out does not come back with a quantity", async () => {
    const ada = await aCustomer();
    const own = await aBook();
    await inTheCart(ada, [own]);
    await changeBook(own.bookId, { active: false });

    const set = await during(
      () => ada.put(`/api/cart/items/${own.bookId}`, { quantity: 3 }),
      () => ada.delete(`/api/cart/items/${own.bookId}`),
    );

    expect(set).toMatchObject({ status: 409, body: { code: "book-unavailable" } });
    expect((await cartOf(ada)).lines).toEqual([]);
  });

  test("a line that two remove is one change", async () => {
    const ada = await aCustomer();
    const { body: before } = await inTheCart(ada, [book, other]);
    const remove = () => ada.delete(`/api/cart/items/${book.bookId}`);

    const removed = await during(remove, remove);

    expect(removed).toMatchObject({
      status: 200,
      body: { version: before.version + overtaken + 1, itemCount: 1 },
    });
  });

  test("a cart that two empty is one change", async () => {
    const ada = await aCustomer();
    const { body: before } = await inTheCart(ada, [book, other]);
    const empty = () => ada.delete("/api/cart");

    const emptied = await during(empty, empty);

    expect(emptied).toMatchObject({
      status: 200,
      body: { version: before.version + overtaken + 1, itemCount: 0 },
    });
  });

  test.each<[string, (ada: Person) => Promise<Reply>]>([
    ["add", (ada) => ada.post("/api/cart/add", { bookId: book.bookId })],
    ["quantity", (ada) => ada.put(`/api/cart/items/${book.bookId}`, { quantity: 7 })],
    ["removal", (ada) => ada.delete(`/api/cart/items/${book.bookId}`)],
    ["emptying", (ada) => ada.delete("/api/cart")],
  ])("an answer to an %s shows the cart that there is", async (_, change) => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);

    const changed = await during(
      () => change(ada),
      () => ada.post("/api/cart/add", { bookId: other.bookId }),
    );

    expect(changed.body).toEqual(await cartOf(ada));
  });

  test("of two first adds both count", async () => {
    const ada = await aCustomer();
    const add = () => ada.post("/api/cart/add", { bookId: book.bookId, quantity: 2 });

    const added = await during(add, add);

    expect(added).toMatchObject({ status: 200, body: { itemCount: 4, version: 2 } });
  });

  test("of two first adds after an order both count", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    await ada.post("/api/orders");
    const add = () => ada.post("/api/cart/add", { bookId: book.bookId, quantity: 2 });

    const added = await during(add, add);

    expect(added).toMatchObject({ status: 200, body: { itemCount: 4 } });
  });

  test("a new cart sorts after an order that a clock ahead of ours has made", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    await ada.post("/api/orders");

    const added = await during(
      () => ada.post("/api/cart/add", { bookId: book.bookId }),
      async () => {
        vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10 * 60_000 });
        await inTheCart(ada, [other]);
        await ada.post("/api/orders");
        vi.useRealTimers();
      },
    );

    const [latest, first] = await ordersOf(ada);
    expect(latest.orderId > first.orderId).toBe(true);
    expect(added).toMatchObject({ status: 200, body: { itemCount: 1 } });
    expect(added.body.cartId > latest.orderId).toBe(true);
    const { body: last } = await ada.post("/api/orders");
    expect((await ordersOf(ada)).map(({ orderId }: { orderId: string }) => orderId)).toEqual(
      [last, latest, first].map(({ orderId }) => orderId),
    );
  });

  test("an order is of the cart as it is then", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);

    const placed = await during(
      () => ada.post("/api/orders"),
      () => ada.post("/api/cart/add", { bookId: other.bookId, quantity: 2 }),
    );

    expect(placed.status).toBe(201);
    expect(quantities(placed.body)).toEqual({ [book.bookId]: 1, [other.bookId]: 2 });
    expect(await cartOf(ada)).toMatchObject({ cartId: null, lines: [] });
  });

  test("an order that another overtook asks nobody to wait for it", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    let writes = 0;
    let ordered: Reply | undefined;
    decide = async (call): Promise<Fault> => {
      if (!isWrite(call)) return "none";
      const write = ++writes;
      const asks = JSON.stringify(call.input).includes("giveWay = :requestId");
      if (asks && !ordered) {
        decide = () => "none";
        ordered = await ada.post("/api/orders");
      } else if (write <= 3 && write % 2 === 1) await ada.post("/api/cart/add", { bookId: other.bookId });
      return "none";
    };

    const refused = await ada.post("/api/orders");

    expect(ordered?.status).toBe(201);
    expect(refused).toMatchObject({ status: 409, body: { latestOrderId: ordered?.body.orderId } });
    const { Item } = await table.send(new GetCommand({ TableName, Key: cartKey(ada), ConsistentRead: true }));
    expect(Item).toMatchObject({ lastOrderId: ordered?.body.orderId });
    expect(Item?.giveWay).toBeUndefined();
  });

  test("an order leaves nobody waiting, whoever asked for way meanwhile", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    const asksForWay = {
      TableName,
      Key: cartKey(ada),
      UpdateExpression: "SET giveWay = :request",
      ExpressionAttributeValues: { ":request": "another order's" },
    };

    const placed = await during(
      () => ada.post("/api/orders"),
      () => table.send(new UpdateCommand(asksForWay)),
    );

    expect(placed.status).toBe(201);
    const { Item } = await table.send(new GetCommand({ TableName, Key: cartKey(ada), ConsistentRead: true }));
    expect(Item).toMatchObject({ lastOrderId: placed.body.orderId });
    expect(Item?.giveWay).toBeUndefined();
  });

  test("an order whose twin was placed, and a new cart begun, is the twin's and leaves the cart alone", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    const order = () => ada.post("/api/orders", undefined, withKey("one-order"));
    let twin: Reply | undefined;

    const answer = await during(order, async () => {
      twin = await order();
      await ada.post("/api/cart/add", { bookId: other.bookId });
    });

    expect(answer).toMatchObject({ status: 201, text: twin?.text });
    expect(replayed(answer)).toBe("true");
    expect(quantities(await cartOf(ada))).toEqual({ [other.bookId]: 1 });
  });

  test("a key that two adds carry adds once", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    const add = () => ada.post("/api/cart/add", { bookId: book.bookId, quantity: 2 }, withKey("twice"));

    const added = await during(add, add);

    expect(added).toMatchObject({ status: 200, body: { itemCount: 3 } });
    expect(replayed(added)).toBe("true");
  });
});

describe("where books and orders change meanwhile,", () => {
  test("an order is not refused for a stock that was read before the cart it is compared with", async () => {
    const ada = await aCustomer();
    const own = await aBook({ stock: 4 });
    await inTheCart(ada, [{ ...own, quantity: 4 }]);

    const placed = await meanwhile(
      () => ada.post("/api/orders"),
      async () => {
        await ada.post("/api/cart/add", { bookId: own.bookId });
        await changeBook(own.bookId, { stockChange: 5 });
      },
    );

    expect(placed.status).toBe(201);
    expect(quantities(placed.body)).toEqual({ [own.bookId]: 5 });
    expect(await bookOf(own.bookId)).toMatchObject({ stock: 4 });
  });

  test("an order finds a book withdrawn, and takes none of it", async () => {
    const ada = await aCustomer();
    const own = await aBook({ stock: 5 });
    await inTheCart(ada, [own]);

    const placed = await meanwhile(
      () => ada.post("/api/orders"),
      () => changeBook(own.bookId, { active: false }),
    );

    expect(placed).toMatchObject({ status: 409, body: { code: "book-unavailable" } });
    expect((await bookOf(own.bookId)).stock).toBe(5);
  });

  test("an order finds a book at another price, and charges that", async () => {
    const ada = await aCustomer();
    const own = await aBook({ stock: 5, price: 100 });
    await inTheCart(ada, [own]);

    const placed = await meanwhile(
      () => ada.post("/api/orders"),
      () => changeBook(own.bookId, { price: usd(150) }),
    );

    expect(placed).toMatchObject({ status: 201, body: { total: usd(150) } });
  });

  test("an order finds the last copies sold", async () => {
    const [ada, bob] = [await aCustomer(), await aCustomer()];
    const own = await aBook({ stock: 2 });
    for (const reader of [ada, bob]) await inTheCart(reader, [{ ...own, quantity: 2 }]);

    const placed = await meanwhile(
      () => ada.post("/api/orders"),
      () => bob.post("/api/orders"),
    );

    expect(placed).toMatchObject({ status: 409, body: { code: "insufficient-stock", lines: [{ left: 0 }] } });
    expect((await bookOf(own.bookId)).stock).toBe(0);
  });

  test("a twin that took the last copies under the same key is answered alike", async () => {
    const ada = await aCustomer();
    const own = await aBook({ stock: 2 });
    await inTheCart(ada, [{ ...own, quantity: 2 }]);
    const order = () => ada.post("/api/orders", undefined, withKey("twins"));
    let twin: Reply | undefined;
    const isBookRead = ({ operation, input }: StoreCall) =>
      operation === "BatchGetItem" && JSON.stringify(input).includes("BOOK#");

    const placed = await meanwhile(
      order,
      async () => {
        decide = () => "none";
        twin = await order();
      },
      { which: isBookRead },
    );

    expect(twin?.status).toBe(201);
    expect(placed).toMatchObject({ status: 201, text: twin?.text });
    expect(replayed(placed)).toBe("true");
  });

  test("a cancel finds the order paid", async () => {
    const ada = await aCustomer();
    const own = await aBook({ stock: 5 });
    await inTheCart(ada, [own]);
    const { orderId } = (await ada.post("/api/orders")).body;
    const staff = await theStaff();

    const cancelled = await meanwhile(
      () => ada.post(`/api/orders/${orderId}/cancel`),
      () => staff.patch(`/api/admin/orders/${orderId}`, { status: "paid" }),
    );

    expect(cancelled).toMatchObject({
      status: 409,
      body: { code: "invalid-transition", orderStatus: "paid" },
    });
    expect((await ordersOf(ada))[0].status).toBe("paid");
    expect((await bookOf(own.bookId)).stock).toBe(4);
  });

  test("a cancel finds a stock no longer tracked", async () => {
    const ada = await aCustomer();
    const [own, tracked] = [await aBook({ stock: 5 }), await aBook({ stock: 5 })];
    await inTheCart(ada, [own, tracked]);
    const { orderId } = (await ada.post("/api/orders")).body;

    const cancelled = await meanwhile(
      () => ada.post(`/api/orders/${orderId}/cancel`),
      () => changeBook(own.bookId, { stock: null }),
    );

    expect(cancelled).toMatchObject({ status: 200, body: { status: "cancelled" } });
    expect((await bookOf(own.bookId)).stock).toBeNull();
    expect((await bookOf(tracked.bookId)).stock).toBe(5);
  });

  test("a change with If-Match finds another one made", async () => {
    const [staff, { bookId }] = [await theStaff(), await aBook()];
    const { headers } = await staff.get(`/api/admin/books/${bookId}`);

    const changed = await meanwhile(
      () => staff.patch(`/api/admin/books/${bookId}`, { price: usd(2) }, tag(headers)),
      () => changeBook(bookId, { title: "Another" }),
    );

    expect(changed).toMatchObject({ status: 412, body: { code: "book-changed" } });
    expect(await bookOf(bookId)).toMatchObject({ title: "Another", price: usd(1299) });
  });

  test("a stockChange finds too few", async () => {
    const [staff, { bookId }] = [await theStaff(), await aBook({ stock: 3 })];
    const take = () => staff.patch(`/api/admin/books/${bookId}`, { stockChange: -2 });

    const taken = await meanwhile(take, take);

    expect(taken).toMatchObject({ status: 409, body: { code: "insufficient-stock", left: 1 } });
    expect((await bookOf(bookId)).stock).toBe(1);
  });

  test("a change finds the book gone", async () => {
    const [staff, { bookId }] = [await theStaff(), await aBook()];
    const Key = { pk: `BOOK#${bookId}`, sk: "BOOK" };

    const changed = await meanwhile(
      () => staff.patch(`/api/admin/books/${bookId}`, { title: "Another" }),
      () => table.send(new DeleteCommand({ TableName, Key })),
    );

    expect(changed).toMatchObject({ status: 404, body: { code: "book-not-found" } });
  });
});

const tag = (headers: Headers) => ({ "if-match": headers.get("etag") ?? "" });

describe("where an answer is lost,", () => {
  test("an add of which nothing is kept counts once all the same", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);

    const added = await troubled(
      () => ada.post("/api/cart/add", { bookId: book.bookId, quantity: 2 }),
      "drop-reply",
    );

    expect(added).toMatchObject({ status: 200, body: { itemCount: 3 } });
  });
});

describe("where an answer is lost, and the store has forgotten the token,", () => {
  test("an order is placed once and answered 201", async () => {
    const ada = await aCustomer();
    const own = await aBook({ stock: 5 });
    await inTheCart(ada, [own, book]);

    const placed = await troubled(() => ada.post("/api/orders"), "strip-token");

    expect(placed.status).toBe(201);
    expect(await ordersOf(ada)).toEqual([placed.body]);
    expect((await bookOf(own.bookId)).stock).toBe(4);
  });

  test("an add with a key counts once, and is no replay", async () => {
    const ada = await aCustomer();
    const add = () => ada.post("/api/cart/add", { bookId: book.bookId, quantity: 2 }, withKey("lost"));

    const added = await troubled(add, "strip-token");

    expect(added).toMatchObject({ status: 200, body: { itemCount: 2 } });
    expect(replayed(added)).toBeNull();
  });

  test("a stockChange with a key counts once, and is no replay", async () => {
    const [staff, { bookId }] = [await theStaff(), await aBook({ stock: 3 })];

    const changed = await troubled(
      () => staff.patch(`/api/admin/books/${bookId}`, { stockChange: 4 }, withKey(`of ${bookId}`.slice(3))),
      "strip-token",
    );

    expect(changed).toMatchObject({ status: 200, body: { stock: 7 } });
    expect(replayed(changed)).toBeNull();
  });

  test("a new book with a key is made once, and is no replay", async () => {
    const staff = await anAdmin();
    const form = { title: "Once", authors: ["An Author"], price: usd(1) };

    const made = await troubled(
      () => staff.post("/api/admin/books", form, withKey("one-book")),
      "strip-token",
    );

    expect(made.status).toBe(201);
    expect(replayed(made)).toBeNull();
    expect((await bookOf(made.body.bookId)).title).toBe("Once");
  });

  test("a new book is not put over itself once it has changed", async () => {
    const staff = await anAdmin();
    const title = `Unheard of ${staff.sub}`;
    const find = async () =>
      (await staff.get(`/api/admin/books?title=${encodeURIComponent(title)}`)).body.items[0];

    const made = await troubled(
      () => staff.post("/api/admin/books", { title, authors: ["An Author"], price: usd(1) }),
      "strip-token",
      async () => changeBook((await find()).bookId, { price: usd(2) }),
    );

    expect(made.status).toBe(503);
    expect((await find()).price).toEqual(usd(2));
  });

  test("a cancel happens once and is answered 200", async () => {
    const ada = await aCustomer();
    const own = await aBook({ stock: 5 });
    await inTheCart(ada, [{ ...own, quantity: 3 }]);
    const { orderId } = (await ada.post("/api/orders")).body;

    const cancelled = await troubled(() => ada.post(`/api/orders/${orderId}/cancel`), "strip-token");

    expect(cancelled).toMatchObject({ status: 200, body: { status: "cancelled" } });
    expect(cancelled.body.history).toHaveLength(2);
    expect((await bookOf(own.bookId)).stock).toBe(5);
  });
});

describe("where the store is in trouble,", () => {
  test("a refusal while an earlier try may still land is none", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    const path = `/api/cart/items/${book.bookId}`;

    const added = await troubled(
      () => ada.post("/api/cart/add", { bookId: book.bookId, quantity: 2 }),
      "late",
      () => ada.put(path, { quantity: 99 }),
      // one that was overtaken is written whatever else happens to the cart
      () => ada.put(path, { quantity: 2 }),
    );
    await ada.put(path, { quantity: 1 });
    await late?.();

    // it landed: whoever had been told that it was refused would have been told wrong
    expect((await cartOf(ada)).itemCount).toBe(3);
    expect(added).toMatchObject({ status: 503, body: { code: "temporarily-unavailable" } });
  });

  test("a refusal while an earlier try is in progress is none", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);

    const added = await troubled(
      () => ada.post("/api/cart/add", { bookId: book.bookId, quantity: 2 }),
      "in-progress",
      () => ada.put(`/api/cart/items/${book.bookId}`, { quantity: 99 }),
    );

    expect(added).toMatchObject({ status: 503, body: { code: "temporarily-unavailable" } });
  });

  test.each<[string, Fault]>([
    ["a write that meets another's is tried again", "conflict"],
    ["a write that the table has no room for is tried again", "throttle"],
  ])("%s", async (_, fault) => {
    const ada = await aCustomer();

    const added = await troubled(() => ada.post("/api/cart/add", { bookId: book.bookId }), fault);

    expect(added).toMatchObject({ status: 200, body: { itemCount: 1 } });
  });

  test("a cancel that meets another's write of the order gives back all that was taken", async () => {
    const ada = await aCustomer();
    const own = await aBook({ stock: 5 });
    await inTheCart(ada, [{ ...own, quantity: 3 }]);
    const { orderId } = (await ada.post("/api/orders")).body;

    const cancelled = await troubled(() => ada.post(`/api/orders/${orderId}/cancel`), "conflict-and-failed");

    expect(cancelled.status).toBe(200);
    expect((await bookOf(own.bookId)).stock).toBe(5);
  });

  test("half a refusal is no bug of ours", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    let writes = 0;
    decide = async (call) => {
      if (!isWrite(call) || ++writes > 1) return "none";
      await ada.post("/api/cart/add", { bookId: book.bookId });
      return "truncate";
    };

    const placed = await ada.post("/api/orders");

    expect(placed).toMatchObject({ status: 201, body: { itemCount: 2 } });
  });

  test("a store that does not answer in time is no bug of ours", async () => {
    const { token } = await aCustomer();
    decide = () => "hang";

    const answer = await hasty.send(token, "GET", "/api/cart");

    expect(answer).toMatchObject({ status: 503, body: { code: "temporarily-unavailable" } });
  });

  test("whoever reads asks for what was written last", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    await ada.post("/api/orders");
    const reads: StoreCall[] = [];
    decide = (call) => {
      reads.push(call);
      return "none";
    };

    await ada.get("/api/cart");
    await ada.get("/api/orders");

    const consistent = reads.flatMap(({ operation, input }) =>
      operation === "Query"
        ? [input.ConsistentRead]
        : Object.values(input.RequestItems as Record<string, { ConsistentRead?: boolean }>).map(
            ({ ConsistentRead }) => ConsistentRead,
          ),
    );
    expect(consistent).toEqual([true, true]);
  });
});

describe("where a write reaches the store when nobody waits for it any more,", () => {
  /** The cart that the write was for has been ordered, and another with the same book is open. */
  async function anotherCart(ada: Person) {
    expect((await ada.post("/api/orders")).status).toBe(201);
    return (await inTheCart(ada, [{ ...book, quantity: 5 }])).body;
  }

  test("a removal, late, leaves the next cart alone", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    const land = await tooLate("DELETE", `/api/cart/items/${book.bookId}`, ada);
    const next = await anotherCart(ada);

    await land();

    expect(await cartOf(ada)).toEqual(next);
  });

  test("an emptying, late, leaves the next cart alone", async () => {
    const ada = await aCustomer();
    await inTheCart(ada, [book]);
    const land = await tooLate("DELETE", "/api/cart", ada);
    const next = await anotherCart(ada);

    await land();

    expect(await cartOf(ada)).toEqual(next);
  });

  test("a quantity of a withdrawn book, late, leaves the next cart alone", async () => {
    const ada = await aCustomer();
    const own = await aBook();
    await inTheCart(ada, [own]);
    await changeBook(own.bookId, { active: false });
    const land = await tooLate("PUT", `/api/cart/items/${own.bookId}`, ada, { quantity: 9 });
    await changeBook(own.bookId, { active: true });
    await ada.post("/api/orders");
    const { body: next } = await inTheCart(ada, [own]);

    await land();

    expect(await cartOf(ada)).toEqual(next);
  });
});
