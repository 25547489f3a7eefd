import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { total } from "./bill.ts";
import type { Measured } from "./compare.ts";
import type { Cost } from "./cost.ts";
import type { Growth } from "./growth.ts";
import { median } from "./load.ts";
import { steps } from "./shop.ts";

// Charts of what the benchmarks measured: SVG that needs no script, each name standing beside what it names.

const { document } = parseHTML("<html></html>");
const ours = "this shop";
const [blue, grey] = ["#1565a7", "#777777"];
const colours = [blue, "#c77700", grey, "#a33b2a", "#5b7f1d"];
/** Room for the shops' names. */
const names = { marginLeft: 345 };

const drawn = (options: Plot.PlotOptions): string => {
  const svg = Plot.plot({
    document,
    width: 840,
    marginBottom: 42,
    style: { background: "white", color: "#222", fontSize: "12px" },
    ...options,
  });
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${svg.outerHTML}\n`;
};

const fill = ({ shop }: { shop: string }) => (shop === ours ? blue : grey);

/** Journeys a second: a bar to the median, a line from the slowest to the fastest round. */
export function rates(all: readonly Measured[]): string {
  const bars = all.map(({ name, journeysPerSecond: rates }) => ({
    shop: name,
    rate: median(rates),
    least: Math.min(...rates),
    most: Math.max(...rates),
  }));
  return drawn({
    height: 74 + 32 * bars.length,
    ...names,
    x: { label: "journeys a second", grid: true },
    y: { domain: bars.map(({ shop }) => shop), label: null },
    marks: [
      Plot.barX(bars, { y: "shop", x: "rate", fill, insetTop: 3, insetBottom: 3 }),
      Plot.ruleY(bars, { y: "shop", x1: "least", x2: "most", stroke: "#222", strokeWidth: 2 }),
      Plot.text(bars, {
        y: "shop",
        x: 0,
        dx: 6,
        textAnchor: "start",
        fill: "white",
        text: ({ rate }) => rate.toFixed(0),
      }),
      Plot.ruleX([0]),
    ],
  });
}

/** CPU of a journey: servers, and after them the store. */
export function processors(all: readonly Measured[]): string {
  const parts = all.flatMap(({ name, serverCpuMs, storeCpuMs }) => [
    { shop: name, part: "servers", ms: serverCpuMs ?? 0, opacity: 1 },
    { shop: name, part: "store", ms: storeCpuMs ?? 0, opacity: 0.55 },
  ]);
  return drawn({
    height: 74 + 32 * all.length,
    ...names,
    x: { label: "CPU of a journey, ms: servers, and lighter the store", grid: true },
    y: { domain: all.map(({ name }) => name), label: null },
    marks: [
      Plot.barX(parts, { y: "shop", x: "ms", fill, fillOpacity: "opacity", insetTop: 3, insetBottom: 3 }),
      Plot.ruleX([0]),
    ],
  });
}

/** Each step from its p50 to its p99. */
export function times(all: readonly Measured[]): string {
  const spans = all.flatMap(({ name, steps: of }) =>
    steps.map((step) => ({ shop: name, step, ...of[step] })),
  );
  return drawn({
    height: 60 + 26 * spans.length,
    ...names,
    marginRight: 60,
    x: {
      label: "ms, p50 to p99",
      type: "log",
      grid: true,
      ticks: [10, 20, 50, 100, 200, 500],
      tickFormat: "d",
    },
    y: { domain: all.map(({ name }) => name), label: null },
    fy: { domain: [...steps], label: null },
    marks: [
      Plot.ruleY(spans, { fy: "step", y: "shop", x1: "p50", x2: "p99", stroke: fill, strokeWidth: 3 }),
      Plot.dot(spans, { fy: "step", y: "shop", x: "p50", fill, r: 5 }),
      Plot.tickX(spans, { fy: "step", y: "shop", x: "p99", stroke: fill, strokeWidth: 3 }),
    ],
  });
}

type Point = { shop: string; x: number; y: number };

/** A line for each shop, its name at the end. */
function lines(points: readonly Point[], x: string, y: string): string {
  const shops = [...new Set(points.map(({ shop }) => shop))];
  const stroke = ({ shop }: Point) => colours[shops.indexOf(shop)] ?? grey;
  return drawn({
    height: 300,
    marginLeft: 60,
    marginRight: 200,
    x: { label: x, type: "log", ticks: [...new Set(points.map(({ x }) => x))], tickFormat: "," },
    y: { label: y, type: "log", grid: true, ticks: 5, tickFormat: "," },
    marks: [
      Plot.line(points, { x: "x", y: "y", z: "shop", stroke, strokeWidth: 2.5 }),
      Plot.dot(points, { x: "x", y: "y", fill: stroke, r: 4 }),
      Plot.text(
        points,
        Plot.selectLast({
          x: "x",
          y: "y",
          z: "shop",
          text: "shop",
          fill: stroke,
          textAnchor: "start",
          dx: 8,
          lineWidth: 14,
        }),
      ),
    ],
  });
}

export const histories = ({ history }: Growth): string =>
  lines(
    history.map(({ shop, size, p50 }) => ({ shop, x: size, y: p50 })),
    "past orders",
    "a look at the history, p50 in ms",
  );

export const orders = ({ carts }: Growth): string =>
  lines(
    carts.flatMap(({ shop, what, size, p50 }) => (what === "place" ? [{ shop, x: size, y: p50 }] : [])),
    "lines in the cart",
    "an order, p50 in ms",
  );

export const crowds = ({ clients }: Growth): string =>
  lines(
    clients.map(({ shop, clients: x, journeysPerSecond: y }) => ({ shop, x, y })),
    "clients at once",
    "journeys a second",
  );

/** Where the dollars of a million orders go, beside what the gateway and the bare writes alone would take. */
export function dollars({ orders: { floor, "without keys": bill } }: Cost): string {
  const bars = Object.entries(bill).map(([what, dollars]) => ({ what, dollars, least: floor[what] ?? 0 }));
  return drawn({
    height: 74 + 30 * bars.length,
    marginLeft: 160,
    marginRight: 50,
    x: {
      label: `dollars for a million orders without keys, ${total(bill).toFixed(2)} in all; lines: the floor`,
      grid: true,
    },
    y: { domain: bars.map(({ what }) => what), label: null },
    marks: [
      Plot.barX(bars, { y: "what", x: "dollars", fill: blue, insetTop: 3, insetBottom: 3 }),
      Plot.tickX(bars, { y: "what", x: "least", stroke: "#222", strokeWidth: 2 }),
      Plot.text(bars, {
        y: "what",
        x: "dollars",
        dx: 6,
        textAnchor: "start",
        text: ({ dollars }) => dollars.toFixed(2),
      }),
      Plot.ruleX([0]),
    ],
  });
}
