/** What a caller writes, and no answer may repeat. */
export const canary = "canary7f3a";
