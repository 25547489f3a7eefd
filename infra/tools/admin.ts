import { parseArgs } from "node:util";
import { command, printable } from "../local/command-line.ts";
import { type People, type Person, peopleOf } from "./people.ts";
import { openShop } from "./shop.ts";

// `npm run admin`: who may do what, in the running local system or a deployed environment.

const usage =
  "Usage: npm run admin -- create EMAIL | grant WHO | revoke WHO | list | show WHO | repair | erase SUB [--env NAME], WHO being an e-mail or a sub";

type Action = (people: People, who: string) => Promise<void>;

const actions = new Map<string, Action>([
  ["create WHO", create],
  ["grant WHO", grant],
  ["revoke WHO", revoke],
  ["list", list],
  ["show WHO", show],
  ["repair", repair],
  ["erase WHO", erase],
]);

await command(async () => {
  const { values, positionals } = parseArgs({ options: { env: { type: "string" } }, allowPositionals: true });
  const [name = "", who = "", ...more] = positionals;
  const action = actions.get(who === "" ? name : `${name} WHO`);
  if (!action || more.length > 0) throw new Error(usage);
  await action(peopleOf(await openShop(values.env)), who);
});

/** An admin who is no customer: no sign-up is confirmed here, so nobody welcomes them. */
async function create(people: People, email: string): Promise<void> {
  const { person, temporaryPassword } = await people.create(email);
  await people.add(person, "admins");
  console.log(
    `${nameOf(person)} is an admin. Their password, to be replaced at the first sign-in: ${temporaryPassword}`,
  );
}

async function grant(people: People, who: string): Promise<void> {
  const person = await people.find(who);
  await people.add(person, "admins");
  console.log(`${nameOf(person)} is an admin, from their next token on.`);
}

async function revoke(people: People, who: string): Promise<void> {
  const person = await people.find(who);
  await people.remove(person, "admins");
  console.log(`${nameOf(person)} is no admin. A token that is out still says so, for up to 15 minutes.`);
}

async function list(people: People): Promise<void> {
  const admins = await people.inGroup("admins");
  for (const { sub, email, status, createdAt } of admins)
    console.log(printable([sub, email, status, createdAt].join("  ")));
  console.log(`admins: ${admins.length}`);
}

async function show(people: People, who: string): Promise<void> {
  const { latestOrders } = await import("./latest-orders.ts");
  const person = await people.find(who);
  const [groups, orders] = [await people.groupsOf(person), await latestOrders(person.sub)];
  console.log(`e-mail   ${printable(person.email)}`);
  console.log(`sub      ${person.sub}`);
  console.log(`status   ${person.status}`);
  console.log(`groups   ${groups.join(", ") || "none"}`);
  console.log(`created  ${person.createdAt}`);
  console.log(`orders   ${orders.more ? `more than ${orders.lines.length}` : orders.lines.length}`);
  for (const line of orders.lines) console.log(line);
}

/** Who was confirmed while the function that welcomes customers failed has no right at all. */
async function repair(people: People): Promise<void> {
  // the groups after the people: somebody who is being welcomed meanwhile is no case for this
  const everyone = await people.all();
  const rightful = [...(await people.inGroup("customers")), ...(await people.inGroup("admins"))];
  const subs = new Set(rightful.map(({ sub }) => sub));
  const stranded = everyone.filter(({ sub, status }) => status === "CONFIRMED" && !subs.has(sub));
  for (const person of stranded) {
    await people.add(person, "customers");
    console.log(`${nameOf(person)} is a customer.`);
  }
  console.log(`accounts: ${everyone.length}, repaired: ${stranded.length}`);
}

/** By the sub alone, which the request log and old orders have: the account may be gone. */
async function erase(_people: People, sub: string): Promise<void> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(sub))
    throw new Error("Whom to erase is said by their sub: npm run admin -- show EMAIL has it.");
  const { eraseCustomer } = await import("./erase-customer.ts");
  await eraseCustomer(sub);
  console.log(`${sub} is erased: account, cart, addresses and keys are gone, the orders stay.`);
}

function nameOf({ email, sub }: Person): string {
  return printable(`${email} (${sub})`);
}
