import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { functions } from "../../functions/routes.ts";
import type { Handler } from "../../infra/local/gateway.ts";
import { mutated } from "./mutants.ts";

// A handler instance as a Lambda environment is one: modules of its own, so nothing is shared but the table.
// Its clock, its ids and its jitter are the world's (shared/chance.ts is replaced), so that a seed repeats a run.

const root = new URL("../../", import.meta.url).href;
const instanceOf = (url: string | undefined) => (url ? new URL(url).searchParams.get("instance") : null);

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const instance = instanceOf(context.parentURL);
    const ours = resolved.url.startsWith(`${root}shared/`) || resolved.url.startsWith(`${root}functions/`);
    return instance && ours && !instanceOf(resolved.url)
      ? { ...resolved, url: `${resolved.url}?instance=${instance}` }
      : resolved;
  },
  load(url, context, next) {
    const instance = instanceOf(url);
    if (!instance) return next(url, context);
    const path = url.slice(root.length).split("?")[0] ?? "";
    if (path === "shared/chance.ts")
      return { format: "module", source: worldsChance(instance), shortCircuit: true };
    const source = mutated(path, () => readFileSync(fileURLToPath(url), "utf8"));
    return source === null ? next(url, context) : { format: "module-typescript", source, shortCircuit: true };
  },
});

/** What shared/chance.ts exports, by grace of the world. */
export type Chance = {
  now(instance: string): number;
  fraction(): number;
  randomOctets(count: number): Uint8Array;
  newToken(): string;
  sleep(instance: string, ms: number): Promise<void>;
};

const worldsChance = (instance: string) => `
const world = () => globalThis.bookshopWorld;
export const now = () => world().now("${instance}");
export const fraction = () => world().fraction();
export const randomOctets = (count) => world().randomOctets(count);
export const newToken = () => world().newToken();
export const sleep = (ms) => world().sleep("${instance}", ms);
export const timestamp = () => new Date(now()).toISOString();
`;

export function setWorld(world: Chance): void {
  Object.assign(globalThis, { bookshopWorld: world });
}

export type Instance = { id: string; handlers: Record<string, Handler> };

let made = 0;

/** All functions, newly loaded. */
export async function freshInstance(): Promise<Instance> {
  const id = String(++made);
  const handlers: Record<string, Handler> = {};
  for (const name of Object.keys(functions))
    handlers[name] = (await import(`../../functions/${name}.ts?instance=${id}`)).handler;
  return { id, handlers };
}
