import { randomBytes, randomUUID } from "node:crypto";

// All that differs from one run to the next stands here, so that a test can repeat a run.

/** Milliseconds since 1970. */
export const now = (): number => Date.now();

/** From 0 up to, not including, 1: for jitter only. */
export const fraction = (): number => Math.random();

export const randomOctets = (count: number): Uint8Array => randomBytes(count);

/** The token of one write: every retry of it is the same write. */
export const newToken = (): string => randomUUID();

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** RFC 3339 in UTC. */
export const timestamp = (): string => new Date(now()).toISOString();
