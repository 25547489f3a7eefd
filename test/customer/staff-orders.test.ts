import { beforeAll, describe, expect, test } from "vitest";
import { aBook, aCustomer, anAdmin, eventually, inTheCart, type Person, theStaff } from "../given.ts";
import { call } from "../shop.ts";

type Order = { orderId: string; placedAt: string; status: string };
type Page = { body: { items: Order[]; nextCursor: string | null } };

const statuses = ["pending", "paid", "shipped", "delivered", "cancelled"];
/** How an order gets to each status, and where it may go on to from there. */
const ways: [from: string, way: string[], onwards: string[]][] = [
  ["pending", [], ["paid", "cancelled"]],
  ["paid", ["paid"], ["shipped", "cancelled"]],
  ["shipped", ["paid", "shipped"], ["delivered"]],
  ["delivered", ["paid", "shipped", "delivered"], []],
  ["cancelled", ["cancelled"], []],
];

let staff: Person;
let ada: Person;
let book: { bookId: string };

beforeAll(async () => {
  [staff, ada, book] = await Promise.all([theStaff(), aCustomer(), aBook()]);
});

const move = (orderId: string, status: unknown) => staff.patch(`/api/admin/orders/${orderId}`, { status });
const find = (orderId: string) => staff.get(`/api/admin/orders/${orderId}`);

/** An order of Ada's that the staff can see, moved along this way. */
async function anOrder(way: string[] = [], who = ada, of = book) {
  await inTheCart(who, [of]);
  const { body: order } = await who.post("/api/orders");
  await eventually(async () => expect((await find(order.orderId)).status).toBe(200));
  for (const step of way) expect((await move(order.orderId, step)).status).toBe(200);
  return order;
}

describe("GET /api/admin/orders/{orderId}", () => {
  test("shows anyone's order, and whose it is, and who did what", async () => {
    const order = await anOrder(["paid"]);

    const { status, headers, body } = await find(order.orderId);

    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("private, no-store");
    expect(body).toEqual({
      ...order,
      status: "paid",
      customerId: ada.sub,
      history: [
        { status: "pending", at: order.placedAt, by: "customer", who: ada.sub },
        { status: "paid", at: expect.stringMatching(/Z$/), by: "staff", who: staff.sub },
      ],
    });
  });

  test("shows a customer's cancel as the customer's", async () => {
    const { orderId } = await anOrder();
    await ada.post(`/api/orders/${orderId}/cancel`);

    expect((await find(orderId)).body.history[1]).toMatchObject({ by: "customer", who: ada.sub });
  });

  test("answers 404 for what is none", async () => {
    const { orderId } = await anOrder();
    const ids = ["no-such-order", "a".repeat(36), "a".repeat(65), orderId.slice(1), `${orderId}A`];

    for (const id of ids)
      for (const { status, body } of [await find(id), await move(id, "paid")])
        expect({ id, status, code: body.code }).toEqual({ id, status: 404, code: "order-not-found" });
  });
});

describe("PATCH /api/admin/orders/{orderId}", () => {
  test.each(ways)("moves an order that is %s only onwards", async (from, way, onwards) => {
    const { orderId } = await anOrder(way);
    const before = (await find(orderId)).body;

    for (const to of statuses.filter((status) => !onwards.includes(status))) {
      const { status, body } = await move(orderId, to);
      expect({ to, status, body }).toEqual({
        to,
        status: 409,
        body: {
          type: "urn:bookshop:invalid-transition",
          title: expect.any(String),
          status: 409,
          detail: expect.any(String),
          code: "invalid-transition",
          orderStatus: from,
        },
      });
    }
    expect((await find(orderId)).body).toEqual(before);
  });

  test.each(ways.flatMap(([from, way, onwards]) => onwards.map((to) => ({ from, way, to }))))(
    "moves an order from $from to $to",
    async ({ way, to }) => {
      const order = await anOrder(way);

      const { status, body } = await move(order.orderId, to);

      expect(status).toBe(200);
      expect(body).toMatchObject({ orderId: order.orderId, status: to, customerId: ada.sub });
      expect(body.history.map((step: Order) => step.status)).toEqual(["pending", ...way, to]);
      expect((await find(order.orderId)).body).toEqual(body);
    },
  );

  test("gives stock back when it cancels, paid or not, and not when it ships", async () => {
    const own = await aBook({ stock: 3 });
    const orders = [
      await anOrder([], ada, own),
      await anOrder(["paid"], ada, own),
      await anOrder(["paid"], ada, own),
    ];
    const stock = async () => (await staff.get(`/api/admin/books/${own.bookId}`)).body.stock;

    const after = [await stock()];
    for (const [index, to] of ["cancelled", "cancelled", "shipped"].entries()) {
      await move(orders[index].orderId, to);
      after.push(await stock());
    }

    expect(after).toEqual([0, 1, 2, 2]);
  });

  test("happens once when 6 requests race, and cannot pass over a step", async () => {
    const { orderId } = await anOrder();

    const answers = await Promise.all(
      ["paid", "paid", "paid", "cancelled", "shipped", "delivered"].map((status) => move(orderId, status)),
    );

    for (const { status, body } of answers) if (status !== 200) expect(body.code).toBe("invalid-transition");
    const { history } = (await find(orderId)).body;
    const steps = history.map(({ status }: Order) => status);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(steps.length - 1);
    for (const [index, to] of steps.slice(1).entries())
      expect(ways.find(([from]) => from === steps[index])?.[2]).toContain(to);
  });

  let orderId: string;
  test.each([
    [{}, "/status"],
    [undefined, "/status"],
    [{ status: "sent" }, "/status"],
    [{ status: "" }, "/status"],
    [{ status: null }, "/status"],
    [{ status: "PAID" }, "/status"],
    [{ status: "paid", by: "customer" }, ""],
  ])("refuses %j", async (body, path) => {
    orderId ??= (await anOrder()).orderId;

    const refused = await staff.patch(`/api/admin/orders/${orderId}`, body);

    expect(refused).toMatchObject({ status: 400, body: { code: "invalid-request", errors: [{ path }] } });
    expect((await find(orderId)).body.status).toBe("pending");
  });
});

describe("GET /api/admin/orders", () => {
  const orders: Order[] = [];

  beforeAll(async () => {
    const bob = await aCustomer();
    for (const [who, way] of [
      [ada, []],
      [bob, ["paid", "shipped", "delivered"]],
      [ada, ["paid", "shipped", "delivered"]],
      [bob, ["cancelled"]],
      [ada, ["paid", "shipped", "delivered"]],
    ] as const)
      orders.push(await anOrder([...way], who));
    await eventually(async () =>
      expect((await staff.get("/api/admin/orders?status=delivered&limit=50")).body.items).toEqual(
        expect.arrayContaining(
          [1, 2, 4].map((index) => expect.objectContaining({ orderId: orders[index]?.orderId })),
        ),
      ),
    );
  });

  /** All pages until these orders of ours are found. */
  async function walk(query: string, wanted: Order[]): Promise<Order[]> {
    const seen: Order[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const { body }: Page = await staff.get(`/api/admin/orders?${query}${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.items);
      cursor = wanted.every(({ orderId }) => seen.some((one) => one.orderId === orderId))
        ? null
        : body.nextCursor;
    }
    return seen;
  }
  const ids = (some: (Order | undefined)[]) => some.map((order) => order?.orderId);
  const ours = (seen: Order[]) => ids(seen).filter((orderId) => ids(orders).includes(orderId));

  test("shows all customers' orders, the newest first, each once", async () => {
    const seen = await walk("limit=3", orders);

    expect(ours(seen)).toEqual(ids(orders.toReversed()));
    expect(new Set(ids(seen)).size).toBe(seen.length);
    const times = seen.map(({ placedAt }) => placedAt);
    expect(times).toEqual(times.toSorted().reverse());
    const one = seen.find(({ orderId }) => orderId === orders[0]?.orderId);
    expect(one).toEqual((await find(orders[0]?.orderId ?? "")).body);
  });

  test("shows those of one status, oldest first where asked", async () => {
    const delivered = [orders[1], orders[2], orders[4]] as Order[];

    const newest = await walk("status=delivered&limit=2", delivered);
    const oldest = await walk("status=delivered&order=oldest&limit=2", delivered);

    expect(new Set([...newest, ...oldest].map(({ status }) => status))).toEqual(new Set(["delivered"]));
    expect(ours(newest)).toEqual(ids(delivered.toReversed()));
    expect(ours(oldest)).toEqual(ids(delivered));
  });

  test("says which page is the last", async () => {
    const { body }: Page = await staff.get("/api/admin/orders?order=oldest&limit=1");

    expect(Object.keys(body).sort()).toEqual(["items", "nextCursor"]);
    expect(body.nextCursor).toEqual(expect.any(String));
    const last = await walk("order=oldest&limit=50", [{ orderId: "none", placedAt: "", status: "" }]);
    expect(new Set(ids(last)).size).toBe(last.length);
    expect(ours(last)).toEqual(ids(orders));
  });

  test("gives a cursor to this caller, status and order alone", async () => {
    const { nextCursor: cursor } = (await staff.get("/api/admin/orders?status=delivered&limit=1")).body;
    const other = await anAdmin();
    const query = `status=delivered&cursor=${cursor}`;
    const refused = await Promise.all([
      other.get(`/api/admin/orders?${query}`),
      ...[
        `${query}&order=oldest`,
        `cursor=${cursor}`,
        `status=paid&cursor=${cursor}`,
        "cursor=x",
        "cursor=",
      ].map((wrong) => staff.get(`/api/admin/orders?${wrong}`)),
    ]);

    for (const answer of refused)
      expect(answer).toMatchObject({ status: 400, body: { code: "invalid-cursor" } });
    expect((await staff.get(`/api/admin/orders?${query}&order=newest`)).status).toBe(200);
  });

  test.each([
    ["status=sent", "?status"],
    ["status=", "?status"],
    ["status=paid&status=paid", "?status"],
    ["order=up", "?order"],
    ["order=newest&order=oldest", "?order"],
    ["limit=0", "?limit"],
    ["limit=51", "?limit"],
    ["limit=1&limit=1", "?limit"],
  ])("refuses ?%s", async (query, path) => {
    const { status, body } = await staff.get(`/api/admin/orders?${query}`);

    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "invalid-request", errors: [{ path }] });
  });

  test.each([
    ["GET", "/api/admin/orders"],
    ["GET", "/api/admin/orders/x"],
    ["PATCH", "/api/admin/orders/x"],
  ])("%s %s is for the staff alone", async (method, path) => {
    const { status, body } = await ada.send(method, path);

    expect({ status, code: body.code }).toEqual({ status: 403, code: "forbidden" });
    expect((await call({ method, path })).status).toBe(401);
  });
});
