import { files } from "../../../functions/docs/files.ts";
import { aBook, aCustomer, changeBook, inTheCart, type Person, theStaff } from "../../given.ts";
import type { Reply } from "../../shop.ts";
import { canary } from "../canary.ts";
import { inGroups } from "../in-groups.ts";

/** Values that lead somewhere, by the name of the parameter or member that takes them. */
export type Live = Readonly<Record<string, readonly string[]>>;

const mostTitles = 50;

/** `own`: what they know better than the others. */
type Caller = { token?: string; own: Live };

/** Somebody in every state that a request can find a customer in, and all that there is to name. */
export async function theCast(): Promise<{ people: Record<string, Caller>; live: Live }> {
  const staff = await theStaff();
  const titles = Array.from({ length: mostTitles }, (_, at) => aBook({ title: `Fuzzed ${at}` }));
  const shelf = await Promise.all(titles);
  const [plain, tracked, scarce, withdrawn] = await Promise.all([
    aBook(),
    aBook({ stock: 50 }),
    aBook({ stock: 1 }),
    aBook(),
  ]);
  const names = ["newcomer", "shopper", "full", "many", "gone", "short", "regular", "erased"] as const;
  const customers = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await aCustomer()] as const)),
  ) as Record<(typeof names)[number], Person>;
  const { shopper, full, many, gone, short, regular, erased } = customers;

  const seenBefore = await inTheCart(shopper, [plain]);
  const shoppersCart = await inTheCart(shopper, [{ ...tracked, quantity: 2 }]);
  const fullCart = await inTheCart(full, shelf);
  const manysCart = await inTheCart(many, [{ ...plain, quantity: 99 }]);
  const goneCart = await inTheCart(gone, [withdrawn]);
  const shortCart = await inTheCart(short, [{ ...scarce, quantity: 3 }]);
  const bookSeenBefore = await staff.get(`/api/admin/books/${plain.bookId}`);
  await changeBook(withdrawn.bookId, { active: false });
  await changeBook(plain.bookId, { price: { amount: 1300, currency: "USD" } });
  const bookSeen = await staff.get(`/api/admin/books/${plain.bookId}`);

  const orders: Reply[] = [];
  for (const steps of [[], ["paid"], ["paid", "shipped"], ["paid", "shipped", "delivered"], ["cancelled"]]) {
    await inTheCart(regular, [plain, tracked]);
    const order = await regular.post("/api/orders", {}, { "idempotency-key": `order-${orders.length}` });
    for (const status of steps) await staff.patch(`/api/admin/orders/${order.body.orderId}`, { status });
    orders.push(order);
  }
  const line = { bookId: plain.bookId };
  const keyed = { "idempotency-key": "used" };
  const regularsCart = await regular.post("/api/cart/add", line, keyed);
  await staff.patch(`/api/admin/books/${plain.bookId}`, { title: "Fuzzed" }, keyed);
  await inTheCart(erased, [plain]);
  await erased.delete("/api/me");

  const cursors = await Promise.all([
    regular.get("/api/orders?limit=1"),
    regular.get("/api/books?limit=1"),
    staff.get("/api/admin/books?limit=1"),
    staff.get("/api/admin/orders?limit=1"),
  ]);
  const tag = ({ headers }: Reply) => headers.get("etag") ?? "";
  const tags = [seenBefore, shoppersCart, regularsCart, bookSeenBefore, bookSeen].map(tag);
  const live: Live = {
    bookId: [plain, tracked, scarce, withdrawn].map(({ bookId }) => bookId),
    orderId: orders.map(({ body }) => body.orderId),
    cartId: [...orders, regularsCart, shoppersCart].map(({ body }) => body.cartId),
    cursor: cursors.map(({ body }) => body.nextCursor),
    title: ["fuzzed", "Fuzzed 1", canary],
    file: Object.keys(files),
    "Idempotency-Key": ["used", "order-0", "new"],
    "If-Match": [...tags, `W/${tag(shoppersCart)}`, "*", '"a-tag-of-nobody"'],
  };
  const own: Partial<Record<(typeof names)[number], Live>> = {
    shopper: { cartId: [shoppersCart.body.cartId], "If-Match": [tag(seenBefore), tag(shoppersCart)] },
    full: { cartId: [fullCart.body.cartId] },
    many: { cartId: [manysCart.body.cartId] },
    gone: { cartId: [goneCart.body.cartId], "If-Match": ["*"] },
    short: { cartId: [shortCart.body.cartId], "If-Match": ["*"] },
    regular: { "If-Match": [tag(regularsCart), "*"] },
  };
  return {
    live,
    people: {
      nobody: { own: {} },
      stranger: { token: `${canary}.${canary}.${canary}`, own: {} },
      outsider: { token: (await inGroups([])).token, own: {} },
      ...Object.fromEntries(
        names.map((name) => [name, { token: customers[name].token, own: own[name] ?? {} }]),
      ),
      staff: { token: staff.token, own: { "If-Match": [tag(bookSeenBefore), tag(bookSeen)] } },
    },
  };
}
