export const steps = ["add", "view", "place", "history"] as const;
export type Step = (typeof steps)[number];

export type Asked = { method: "GET" | "POST"; path: string; body?: unknown };
/** What its processes take of the machine: CPU since they began, in milliseconds, and the memory they hold, in MiB. */
export type Taken = { serverCpuMs: number; storeCpuMs: number; memoryMiB: number };

/** A public catalogue, its first 100 books the ones that it opens with. */
export type Catalogue = {
  /** Puts books on the shelves until there are so many; `add` takes all of their numbers. */
  fillTo(books: number): Promise<void>;
  /** Ways to look at it, and how many books each shows, however many there are. */
  looks: { name: string; asked: Asked; books: number }[];
  /** How many books an answer shows. */
  shown(answer: unknown): number;
};

/** A shop under load, by its own HTTP API. */
export type Shop = {
  name: string;
  /** Its servers: customers are dealt to them in turn. */
  urls: string[];
  /** New customers, signed in: a token each. */
  customers(count: number): Promise<string[]>;
  /** The token of a customer with so many past orders, written straight into the store; null where that is out of reach. */
  oldCustomer: ((orders: number) => Promise<string>) | null;
  /** null where there is none. */
  catalogue: Catalogue | null;
  /** One copy of the book of this number, from 0. */
  add(book: number): Asked;
  view: Asked;
  place: Asked;
  history: Asked;
  /** How many titles a cart says that it holds. */
  titles(cart: unknown): number;
  /** What a cart and an order say that they come to. */
  total(cartOrOrder: unknown): unknown;
  /** Whether an answer to `history` shows what it has to, of so many orders that there are. */
  shows(history: unknown, orders: number): boolean;
  /** null where its processes are not known. */
  taken(): Taken | null;
  stop(): Promise<void>;
};
