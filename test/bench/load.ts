import { Agent, request } from "node:http";
import { type Asked, type Shop, type Step, steps } from "./shop.ts";

const patienceMs = 120_000;
const mostQuoted = 200;
// a prime, so that books come from all over the catalogue and neighbours are never the same
const stride = 7919;

/** How long each of a kind took, in milliseconds. */
export type Times = Record<Step, number[]>;
export type Round = { journeys: number; seconds: number; times: Times };

/**
 * What customers do, each one request after another: adds of so many titles, a look at the cart, an order, the
 * history. `books` are there to pick from; `atOnce` customers are under way at the same time, all unless said;
 * each has ordered `ordersBefore` times before.
 * @throws Error where an answer is not what it has to be: a shop that is wrong is not fast.
 */
export async function journeys(
  shop: Shop,
  tokens: readonly string[],
  each: number,
  { lines = 3, books = 100, atOnce = tokens.length, ordersBefore = 0 } = {},
): Promise<Round> {
  const agent = new Agent({ keepAlive: true });
  const times: Times = { add: [], view: [], place: [], history: [] };
  const begun = performance.now();
  const waiting = tokens.entries();
  const client = async () => {
    for (const [customer, token] of waiting) {
      const ask = async (step: Step, asked: Asked) => {
        const { ms, body } = await timed(agent, serverOf(shop, customer), token, asked);
        times[step].push(ms);
        return body;
      };
      for (let journey = 0; journey < each; journey++) {
        for (let line = 0; line < lines; line++)
          await ask("add", shop.add(((customer * each + journey + line) * stride) % books));
        const cart = await ask("view", shop.view);
        const order = await ask("place", shop.place);
        const history = await ask("history", shop.history);
        if (
          shop.titles(cart) !== lines ||
          shop.total(cart) !== shop.total(order) ||
          !shop.shows(history, ordersBefore + journey + 1)
        )
          throw new Error(`${shop.name} answers wrongly: ${JSON.stringify({ cart, order, history })}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  const seconds = (performance.now() - begun) / 1000;
  agent.destroy();
  return { journeys: tokens.length * each, seconds, times };
}

/**
 * The same request again and again by one client: how long each took, in milliseconds.
 * @throws Error where an answer is not right
 */
export async function again(
  shop: Shop,
  token: string,
  asked: Asked,
  count: number,
  isRight: (answer: unknown) => boolean,
): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  for (let at = 0; at < count; at++) {
    const { ms, body } = await timed(agent, serverOf(shop, at), token, asked);
    if (!isRight(body))
      throw new Error(
        `${shop.name} answers ${asked.path} wrongly: ${JSON.stringify(body).slice(0, mostQuoted)}`,
      );
    times.push(ms);
  }
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
          else
            reject(new Error(`${method} ${url}${path}: ${answer.statusCode} ${text.slice(0, mostQuoted)}`));
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
