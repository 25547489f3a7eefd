import { writeSync } from "node:fs";

// Calls a bundle's handler with one event again and again, and says on descriptor 3 what a warm call took, in microseconds of
// CPU, and how the last one was answered.
const [warming, measured] = [500, 2000];
const [bundle, event] = process.argv.slice(2);
const { handler } = await import(bundle);

// each call has an event of its own, as the runtime would have parsed it
const events = Array.from({ length: warming + measured }, () => JSON.parse(event));
let answer;
const callAll = async (some) => {
  for (const each of some) answer = await handler(each, {});
};
await callAll(events.slice(0, warming));
const before = process.cpuUsage();
await callAll(events.slice(warming));
const { user, system } = process.cpuUsage(before);
writeSync(3, JSON.stringify({ us: (user + system) / measured, status: answer.statusCode }));
// open connections would keep it
process.exit();
