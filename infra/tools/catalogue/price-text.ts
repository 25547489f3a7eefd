import { config } from "../../../shared/config.ts";

const { maximumFractionDigits: decimals = 2 } = new Intl.NumberFormat("en", {
  style: "currency",
  currency: config.currency,
}).resolvedOptions();

const pattern = new RegExp(decimals === 0 ? /^(\d{1,10})$/ : `^(\\d{1,10})(?:\\.(\\d{1,${decimals}}))?$`);

/** `12.99`, `12.9` and `12` in whole units of the shop's currency, as minor units; null for anything else. */
export function minorUnits(text: string): number | null {
  const [, whole, fraction = ""] = pattern.exec(text) ?? [];
  return whole === undefined ? null : Number(whole + fraction.padEnd(decimals, "0"));
}

/** Minor units as `12.99`, with all the decimals of the shop's currency. */
export function priceText(amount: number): string {
  const digits = String(amount).padStart(decimals + 1, "0");
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
