/** What a caller writes, and no answer may repeat. */
export const canary = "canary7f3a";

/** Headers beside what a request asks for, read by nobody, with a word in each. */
export const noiseOf = (word: string): Record<string, string> => ({
  cookie: `session=${word}; ${word}=1`,
  "user-agent": word,
  referer: `https://${word}.example/`,
  "x-forwarded-for": word,
  "x-amzn-trace-id": `Root=${word}`,
  [`x-${word}`]: word,
});
