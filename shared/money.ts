import * as z from "zod/mini";
import type * as answers from "./answers.ts";
import { config } from "./config.ts";

/** Integer minor units (cents) and an ISO 4217 code: the shop's one currency. */
export const Price = z.strictObject({
  amount: z.int().check(z.gte(0), z.lte(1_000_000_000)),
  currency: z.literal(config.currency),
});

export type Money = z.infer<typeof answers.Money>;

export const money = (amount: number, currency: string = config.currency): Money => ({ amount, currency });
