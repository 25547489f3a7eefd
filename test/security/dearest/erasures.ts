import { mostTitles } from "../../../shared/cart.ts";
import { keyItem } from "../largest-things.ts";
import { type Attempts, contendedInPlenty, quiet } from "./attempts.ts";

const keysInOneWrite = 100;
const ordersInOneWrite = 99;
// some more than one request can erase
const ordersToErase = { ordinary: 600, largest: 110 };

export async function attemptErasures({ shop, size, ask, shopper, buyer }: Attempts): Promise<void> {
  const erase = "DELETE /api/me";
  for (const [meeting, orders] of [
    [quiet, ordersToErase[size]],
    [contendedInPlenty, ordersInOneWrite],
  ] as const)
    ask(erase, (await buyer(orders)).who, "/api/me", { meeting });
  const scribbler = await shopper(mostTitles);
  await shop.put(Array.from({ length: keysInOneWrite }, (_, at) => keyItem(scribbler, `${at}`)));
  ask(erase, scribbler, "/api/me", { meeting: contendedInPlenty });
}
