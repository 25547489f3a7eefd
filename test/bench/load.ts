import { Agent, request } from "node:http";
import { type Asked, type Shop, type Step, steps } from "./shop.ts";

const patienceMs = 120_000;
const booksToPickFrom = 100;

/** How long each of a kind took, in milliseconds. */
export type Times = Record<Step, number[]>;
export type Round = { journeys: number; seconds: number; times: Times };

/**
 * New customers at once, each one request after another: three adds, a look at the cart, an order, the history.
 * @throws Error where an answer is not what it has to be: a shop that is wrong is not fast.
 */
export async function journeys(shop: Shop, tokens: readonly string[], each: number): Promise<Round> {
  const agent = new Agent({ keepAlive: true });
  const times: Times = { add: [], view: [], place: [], history: [] };
  const begun = performance.now();
  await Promise.all(
    tokens.map(async (token, client) => {
      const ask = async (step: Step, asked: Asked) => {
        const { ms, body } = await timed(agent, serverOf(shop, client), token, asked);
        times[step].push(ms);
        return body;
      };
      for (let journey = 0; journey < each; journey++) {
        for (let line = 0; line < 3; line++)
          await ask("add", shop.add((client * each + journey + line) % booksToPickFrom));
        const cart = await ask("view", shop.view);
        const order = await ask("place", shop.place);
        const history = await ask("history", shop.history);
        if (shop.total(cart) !== shop.total(order) || !shop.shows(history, journey + 1))
          throw new Error(`${shop.name} answers wrongly: ${JSON.stringify({ cart, order, history })}`);
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  agent.destroy();
  return { journeys: tokens.length * each, seconds, times };
}

/** The same request again and again by one client: how long each took, in milliseconds. */
export async function again(shop: Shop, token: string, asked: Asked, count: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  for (let at = 0; at < count; at++) times.push((await timed(agent, serverOf(shop, at), token, asked)).ms);
  agent.destroy();
  return times;
}

const serverOf = ({ urls }: Shop, client: number) => urls[client % urls.length] as string;

function timed(agent: Agent, url: string, token: string, { method, path, body }: Asked) {
  const payload = body === undefined ? "" : JSON.stringify(body);
  const headers = {
    accept: "application/json",
    authorization: `Bearer ${token}`,
    "content-length": payload.length,
    ...(payload !== "" && { "content-type": "application/json" }),
  };
  return new Promise<{ ms: number; body: unknown }>((resolve, reject) => {
    const begun = performance.now();
    const signal = AbortSignal.timeout(patienceMs);
    request(url + path, { method, agent, headers, signal }, (answer) => {
      let text = "";
      answer
        .setEncoding("utf8")
        .on("data", (chunk) => {
          text += chunk;
        })
        .on("error", reject)
        .on("end", () => {
          const ms = performance.now() - begun;
          if ((answer.statusCode ?? 500) < 300) resolve({ ms, body: JSON.parse(text) });
          else reject(new Error(`${method} ${url}${path}: ${answer.statusCode} ${text.slice(0, 200)}`));
        });
    })
      .on("error", reject)
      .end(payload);
  });
}

/** The value that this share of them does not exceed. */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.max(0, Math.ceil(share * values.length) - 1)] ??
  Number.NaN;

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The times of several rounds as one. */
export const together = (all: readonly Times[]): Times =>
  Object.fromEntries(steps.map((step) => [step, all.flatMap((times) => times[step])])) as Times;
