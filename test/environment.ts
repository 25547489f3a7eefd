import { inject } from "vitest";

// The handlers of this process find what they would find on Lambda.
// biome-ignore lint/style/noProcessEnv: it is theirs to read
Object.assign(process.env, inject("variables"));

// Their log goes the way of what tests print: it is shown where a test fails.
process.stdout.write = (line) => {
  console.log(String(line).trimEnd());
  return true;
};
