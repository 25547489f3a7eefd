import { aBook, caller, type Person } from "../given.ts";
import { itemsOf } from "../partition.ts";
import { inGroups } from "./in-groups.ts";
import { ask } from "./watched-partitions.ts";

// People of every role, and what is theirs.

const person = async (...groups: ("customers" | "admins")[]): Promise<Person> => {
  const { token, email } = await inGroups(groups);
  return caller(token, email);
};

export const roles = {
  none: async () => null,
  customer: () => person("customers"),
  admin: () => person("admins"),
  both: () => person("customers", "admins"),
  neither: () => person(),
};
export type Role = keyof typeof roles;
export const everyRole = Object.keys(roles) as Role[];

/** Everything that the table keeps of these people. */
export const allOf = (...people: Person[]) => Promise.all(people.map(({ sub }) => itemsOf(sub)));

/** A key that was used, an order that is pending, the cart that it came from, and an open cart with a book in it. */
export type Things = {
  sub: string;
  key: string;
  orderId: string;
  ordered: string;
  cartId: string;
  tag: string;
};

let used = 0;

export async function thingsOf(who: Person, bookId: string): Promise<Things> {
  const key = `key-of-${who.sub}-${++used}`;
  const fill = () =>
    ask("in process", who, {
      method: "PUT",
      target: `/api/cart/items/${bookId}`,
      body: { quantity: 1 },
    });
  await fill();
  const headers = { "idempotency-key": key };
  const { body } = await ask("in process", who, { method: "POST", target: "/api/orders", headers });
  const cart = await fill();
  if (!body.orderId || !cart.body.cartId) throw new Error("Nothing that another could try");
  return {
    sub: who.sub,
    key,
    orderId: body.orderId,
    ordered: body.cartId,
    cartId: cart.body.cartId,
    tag: cart.headers.get("etag") ?? "",
  };
}

/** Customers and staff, two orders each so that a list goes on, and a book; `of`: whose things one of them may try. */
export async function peopleWithThings() {
  const { bookId } = await aBook();
  const [ada, eve, boss, mate] = await Promise.all([
    roles.customer(),
    roles.customer(),
    roles.both(),
    roles.both(),
  ]);
  for (const one of [ada, eve, boss, mate]) await thingsOf(one, bookId);
  const another = await thingsOf(ada, bookId);
  const [bosss, mates] = [await thingsOf(boss, bookId), await thingsOf(mate, bookId)];
  const of = (who: Person): { another: Things; staff: Things } => ({
    another,
    staff: who === boss ? mates : bosss,
  });
  return { bookId, ada, eve, boss, mate, of };
}
