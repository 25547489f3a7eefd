// biome-ignore lint/style/noProcessEnv: what a person may set on the command line is read here
const { PORT, DYNAMODB_ENDPOINT, npm_lifecycle_event } = process.env;

const parent = process.ppid;

/** An existing DynamoDB to use instead of the embedded one. */
export const dynamoDbEndpoint = DYNAMODB_ENDPOINT || null;

/** Where the local system is served, or shall be. @throws Error where PORT is no port */
export function port(): number {
  const chosen = PORT || "3000";
  if (/^\d{1,5}$/.test(chosen) && Number(chosen) <= 65_535) return Number(chosen);
  throw new Error("PORT must be a number up to 65535.");
}

/** Text from a file or a table, without what a terminal would obey. */
export const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, "\uFFFD");

/** Runs a command: whatever goes wrong is one plain line and exit code 1. */
export async function command(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    console.error(printable((error as Error).message.split("\n")[0] ?? ""));
    process.exit(1);
  }
}

/** Tells when npm has gone without us: a signal to it ends its shell, and is not passed on. */
export function onNpmGone(tell: () => void): void {
  if (npm_lifecycle_event === undefined) return;
  setInterval(() => process.ppid !== parent && tell(), 100).unref();
}
