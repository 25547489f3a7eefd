import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import type { Chance } from "./instances.ts";
import type { Random } from "./random.ts";

/** One request of one client that is under way. */
export type Running = { id: string; instance: string };

type Waiting = { running: Running; wakesAt: number | null; go(): void };

const current = new AsyncLocalStorage<Running>();

/**
 * The order of everything. Every store call and every pause stops here, and only once all that runs has stopped does the
 * seed say who goes on: so the same seed gives the same interleaving, and time passes only when it is told to.
 */
export class World implements Chance {
  readonly #random: Random;
  readonly #skews = new Map<string, number>();
  readonly #active = new Map<string, { created: number; waiting: number }>();
  readonly #waiting = new Set<Waiting>();
  #dead = new Set<string>();
  #wake: () => void = () => {};
  time: number;
  steps = 0;

  constructor(random: Random, start: number) {
    this.#random = random;
    this.time = start;
  }

  /** Ten minutes either way. */
  now(instance: string): number {
    let skew = this.#skews.get(instance);
    if (skew === undefined) {
      skew = this.#random.below(20 * 60_000) - 10 * 60_000;
      this.#skews.set(instance, skew);
    }
    return this.time + skew;
  }
  fraction = () => this.#random.fraction();
  randomOctets = (count: number) => Uint8Array.from({ length: count }, () => this.#random.below(256));
  newToken = () => Array.from({ length: 36 }, () => this.#random.below(10)).join("");

  sleep(instance: string, ms: number): Promise<void> {
    const running = current.getStore();
    if (this.#dead.has(instance) || !running) return new Promise(() => {});
    return this.#wait(running, this.time + ms);
  }

  /** Runs one request; its store calls and pauses are known as its own. */
  async run<T>(running: Running, work: () => Promise<T>): Promise<T> {
    this.#active.set(running.id, { created: 0, waiting: 0 });
    try {
      return await current.run(running, work);
    } finally {
      this.#active.delete(running.id);
      this.#wake();
    }
  }

  /** A store call has been made by the request that is running. */
  created(): Running | undefined {
    const running = current.getStore();
    const state = running && this.#active.get(running.id);
    if (state) state.created++;
    return running;
  }

  /** A store call stands at the door until it is its turn. */
  arrived(id: string): Promise<void> {
    const state = this.#active.get(id);
    // a request of a crashed process goes nowhere
    if (!state) return new Promise(() => {});
    state.waiting++;
    return this.#wait({ id, instance: "" }, null, false);
  }

  /** The store call has been answered, or given up: the request goes on. */
  answered(id: string): void {
    const state = this.#active.get(id);
    if (!state) return;
    state.created--;
    state.waiting--;
  }

  /** Everything that runs in a process ends between two awaits. */
  crash(instance: string, requests: Iterable<string>): void {
    this.#dead.add(instance);
    for (const id of requests) {
      this.#active.delete(id);
      for (const waiting of this.#waiting) if (waiting.running.id === id) this.#waiting.delete(waiting);
    }
    this.#wake();
  }

  isDead = (instance: string) => this.#dead.has(instance);

  /** A piece of work beside all requests that takes its turn like them. */
  later = (): Promise<void> => this.#wait({ id: "", instance: "" }, null, false);

  get idle(): boolean {
    return this.#active.size === 0 && this.#waiting.size === 0;
  }

  /** Waits until all that runs has stopped; then what could go on, in a fixed order. */
  async settled(): Promise<Waiting[]> {
    while (![...this.#active.values()].every(({ created, waiting }) => waiting > 0 && created <= waiting))
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return [...this.#waiting].sort((one, other) => (one.running.id < other.running.id ? -1 : 1));
  }

  /** Lets one of those that wait go on. */
  release(waiting: Waiting): void {
    this.steps++;
    this.time = Math.max(this.time + 1 + this.#random.below(5), waiting.wakesAt ?? 0);
    this.#waiting.delete(waiting);
    waiting.go();
  }

  #wait(running: Running, wakesAt: number | null, counts = true): Promise<void> {
    const state = counts ? this.#active.get(running.id) : undefined;
    if (state) state.waiting++;
    return new Promise((resolve) => {
      this.#waiting.add({
        running,
        wakesAt,
        go: () => {
          if (state) state.waiting--;
          resolve();
        },
      });
      this.#wake();
    });
  }
}

let watched: { world: World; port: string } | undefined;

/** From now on, store calls to this port belong to this world. */
export function watch(world: World, storeUrl: string): void {
  watched = { world, port: new URL(storeUrl).port };
}

subscribe("http.client.request.created", (message) => {
  const { request } = message as { request: ClientRequest };
  if (!watched || !String(request.getHeader("host")).endsWith(`:${watched.port}`)) return;
  const running = watched.world.created();
  if (running) request.setHeader("x-operation", running.id);
});
