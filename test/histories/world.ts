import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import type { Chance } from "./instances.ts";
import type { Random } from "./random.ts";

/** One request of one client that is under way. */
export type Running = { id: string; instance: string };

export type Waiting = { id: string; wakesAt: number | null; go(): void };

const current = new AsyncLocalStorage<Running>();
// a crashed process stays dead in every history that follows
const dead = new Set<string>();
let tokens = 0;

/**
 * The order of everything. Every store call and every pause stops here, and only once all that runs has stopped does the
 * seed say who goes on: so the same seed gives the same interleaving, and time passes only when it is told to.
 */
export class World implements Chance {
  readonly #random: Random;
  readonly #skews = new Map<string, number>();
  /** `calls` to the store that are not over, those of them that wait at its door, and pauses. */
  readonly #active = new Map<string, { calls: number; atDoor: number; pausing: number }>();
  readonly #waiting = new Set<Waiting>();
  #lates = 0;
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
  // the store remembers a token longer than one history lasts
  newToken = () => `${process.pid}-${++tokens}`;

  sleep(instance: string, ms: number): Promise<void> {
    const running = current.getStore();
    if (dead.has(instance) || !running) return new Promise(() => {});
    return this.#wait(running.id, Math.ceil(this.time + ms));
  }

  /** Runs one request; its store calls and pauses are known as its own. */
  async run<T>(running: Running, work: () => Promise<T>): Promise<T> {
    this.#active.set(running.id, { calls: 0, atDoor: 0, pausing: 0 });
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
    if (state) state.calls++;
    return running;
  }

  /** A store call, or a piece of it, stands at the door until it is its turn; one of a crashed process for ever. */
  arrived(id: string): Promise<void> {
    return this.#active.has(id) ? this.#wait(id, null) : new Promise(() => {});
  }

  /** A store call is over for the request that made it, which has done what it does next. */
  heard(id: string): void {
    const state = this.#active.get(id);
    if (state) state.calls--;
    this.#wake();
  }

  /** A piece of work beside all requests, which takes its turn like them. */
  async later(work: () => Promise<void>): Promise<void> {
    const id = `late ${++this.#lates}`;
    this.#active.set(id, { calls: 0, atDoor: 0, pausing: 0 });
    await this.#wait(id, null);
    await work();
    this.#active.delete(id);
    this.#wake();
  }

  /** Everything that runs in a process ends between two awaits. */
  crash(instance: string, requests: Iterable<string>): void {
    dead.add(instance);
    for (const id of requests) {
      this.#active.delete(id);
      for (const waiting of this.#waiting) if (waiting.id === id) this.#waiting.delete(waiting);
    }
    this.#wake();
  }

  /** Waits until all that runs has stopped; then what could go on, in a fixed order. */
  async settled(): Promise<Waiting[]> {
    while (
      ![...this.#active.values()].every(
        ({ calls, atDoor, pausing }) => atDoor + pausing > 0 && calls <= atDoor,
      )
    )
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return [...this.#waiting].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** Lets one of those that wait go on. */
  release(waiting: Waiting): void {
    this.steps++;
    this.time = Math.max(this.time + 1 + this.#random.below(5), waiting.wakesAt ?? 0);
    this.#waiting.delete(waiting);
    waiting.go();
  }

  #wait(id: string, wakesAt: number | null): Promise<void> {
    const state = this.#active.get(id);
    const counter = wakesAt === null ? "atDoor" : "pausing";
    if (state) state[counter]++;
    return new Promise((resolve) => {
      this.#waiting.add({
        id,
        wakesAt,
        go: () => {
          if (state) state[counter]--;
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
  const { world } = watched;
  const running = world.created();
  if (!running) return;
  request.setHeader("x-operation", running.id);
  request.once("close", async () => {
    // what waits for the answer has no other timers: a few turns, and it has sent its next call, or waits for another
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    world.heard(running.id);
  });
});
