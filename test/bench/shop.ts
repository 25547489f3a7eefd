export const steps = ["add", "view", "place", "history"] as const;
export type Step = (typeof steps)[number];

export type Asked = { method: "GET" | "POST"; path: string; body?: unknown };
/** What its processes take of the machine: CPU since they began, in milliseconds, and the memory they hold, in MiB. */
export type Taken = { serverCpuMs: number; storeCpuMs: number; memoryMiB: number };

/** A shop under load, by its own HTTP API. */
export type Shop = {
  name: string;
  /** Its servers: customers are dealt to them in turn. */
  urls: string[];
  /** New customers, signed in: a token each. Each has `orders` past orders, and `lines` titles in the cart. */
  customers(count: number, having?: { orders?: number; lines?: number }): Promise<string[]>;
  /** One copy of the book of this number, from 0. */
  add(book: number): Asked;
  view: Asked;
  place: Asked;
  history: Asked;
  /** What a cart and an order say that they come to. */
  total(cartOrOrder: unknown): unknown;
  /** How many orders an answer to `history` shows, of so many that there are. */
  shows(history: unknown, orders: number): boolean;
  /** null where its processes are not known. */
  taken(): Taken | null;
  stop(): Promise<void>;
};
