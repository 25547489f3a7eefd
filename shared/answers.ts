import * as z from "zod/mini";
import { Id } from "./ids.ts";
import { Address, statuses } from "./order.ts";

// What is answered, as schemas. The nouns take their types from here and the API's description its words; no function
// that answers a request loads it, so that none is the slower for it.

const Count = z.int().check(z.gte(0));
const Time = z
  .string()
  .check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/), z.meta({ format: "date-time" }));
const OrNull = <Schema extends z.ZodMiniType>(schema: Schema, meaning: string) =>
  z.nullable(schema).check(z.describe(meaning));
const Flag = (meaning: string) => z.boolean().check(z.describe(meaning));

/** An amount in minor units and its ISO 4217 code. */
export const Money = z
  .strictObject({
    amount: Count.check(z.describe("In minor units: 1299 is 12.99 of a currency that has cents.")),
    currency: z.string().check(z.regex(/^[A-Z]{3}$/), z.describe("ISO 4217.")),
  })
  .check(z.describe("Integer minor units and their currency."));

const listed = {
  bookId: Id,
  title: z.string(),
  authors: z.array(z.string()),
  isbn: z.nullable(z.string()),
  price: Money,
  active: Flag("False: withdrawn, and not for sale."),
};

export const ListedBook = z
  .strictObject(listed)
  .check(z.describe("A book as it stands on the public shelf: all but its stock."));

export const Book = z.strictObject({
  ...listed,
  stock: OrNull(Count, "Copies that are left; null where stock is not tracked."),
});

const line = {
  bookId: Id,
  title: z.string(),
  quantity: z.int().check(z.gte(1)),
  unitPrice: Money,
  lineTotal: Money,
};

export const CartLine = z.strictObject({
  ...line,
  available: Flag("False for a withdrawn book, or too little stock."),
});

export const Cart = z
  .strictObject({
    cartId: OrNull(Id, "Null from the first sign-in, and from an order, until the next add."),
    version: Count.check(z.describe("Goes up by one with every change, and never starts again.")),
    lines: z.array(CartLine).check(z.describe("By title.")),
    itemCount: Count.check(z.describe("Copies, of every line.")),
    total: Money,
    createdAt: z.nullable(Time),
    updatedAt: z.nullable(Time),
  })
  .check(z.describe("Titles and prices are the catalogue's, now."));

export const BoughtLine = z.strictObject(line).check(z.describe("As it was bought."));

const Status = z.enum(statuses);
const by = z.enum(["customer", "staff"]);
const step = { status: Status, at: Time, by };

export const Step = z.strictObject(step);

export const Order = z.strictObject({
  orderId: Id,
  cartId: Id.check(z.describe("The cart that became this order.")),
  status: Status,
  lines: z.array(BoughtLine),
  itemCount: Count,
  total: Money,
  shippingAddress: z.nullable(Address),
  placedAt: Time,
  history: z.array(Step),
});

export const StaffStep = z.strictObject({
  ...step,
  who: z.string().check(z.describe("The account's opaque id.")),
});

export const StaffOrder = z
  .extend(Order, {
    customerId: z.string().check(z.describe("The account's opaque id.")),
    history: z.array(StaffStep),
  })
  .check(z.describe("An order as staff see it: with whose it is, and who did what."));

/** A page of a list. */
const Page = <Item extends z.ZodMiniType>(item: Item) =>
  z.strictObject({
    items: z.array(item),
    nextCursor: z
      .nullable(z.string())
      .check(z.describe("What to send as `cursor` for the next page; null on the last.")),
  });

export const ListedBooks = Page(ListedBook);
export const Books = Page(Book);
export const Orders = Page(Order);
export const StaffOrders = Page(StaffOrder);

export const Export = z
  .strictObject({
    account: z.strictObject({
      sub: z.string().check(z.describe("The account's opaque id.")),
      email: OrNull(z.string(), "Null once the account is erased."),
      groups: z.array(z.string()),
      createdAt: OrNull(Time, "Null once the account is erased."),
    }),
    cart: Cart,
    orders: Orders,
  })
  .check(z.describe("All that the shop has of a customer; orders newest first, page by page."));

const change = <Value extends z.ZodMiniType>(value: Value) =>
  z.optional(z.strictObject({ old: value, new: value }));

export const CartChange = z
  .strictObject({
    bookId: Id,
    quantity: change(Count),
    unitPrice: change(Money),
    available: change(z.boolean()),
  })
  .check(z.describe("A line on one side only shows `quantity` alone, the other side 0."));
