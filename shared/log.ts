/**
 * Writes one line of JSON to the log. Not by `console`: Lambda's would wrap it into a line of its own, and a metric
 * filter would not find what stands in it.
 */
export const logLine = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
