import { parseArgs } from "node:util";
import { command } from "../local/command-line.ts";
import type { Expired } from "./expire-orders.ts";
import { openShop } from "./shop.ts";

// `npm run orders -- expire`: unpaid orders give back the stock that they hold.

const usage =
  "Usage: npm run orders -- expire --older-than 3d [--dry-run] [--env NAME], an age in s, m, h or d";
const milliseconds: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const ordersAReport = 100;

await command(async () => {
  const { values, positionals } = parseArgs({
    options: {
      env: { type: "string" },
      "older-than": { type: "string" },
      "dry-run": { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  const age = ageOf(values["older-than"]);
  if (positionals.join(" ") !== "expire" || age === null) throw new Error(usage);
  const shop = await openShop(values.env);
  const { expireOrders } = await import("./expire-orders.ts");

  const counts: Partial<Record<Expired["outcome"], number>> = {};
  let orders = 0;
  const placedBefore = Date.now() - age;
  for await (const { order, outcome } of expireOrders({ placedBefore, dryRun: values["dry-run"] })) {
    console.log(`${order.orderId} ${outcome}`);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
    if (++orders % ordersAReport === 0) console.error(`${orders} orders ...`);
  }
  const { cancelled = 0, busy = 0, "moved on": movedOn = 0, "would be cancelled": found = 0 } = counts;
  if (values["dry-run"]) console.log(`${shop.name}: ${found} would be cancelled`);
  else console.log(`${shop.name}: ${cancelled} cancelled, ${movedOn} moved on`);
  if (busy > 0) throw new Error(`Too busy for ${busy} of the orders: run it again.`);
});

/** An age in milliseconds, or null where the text is none. */
function ageOf(text = ""): number | null {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  return count === undefined ? null : Number(count) * (milliseconds[unit] ?? 0);
}
