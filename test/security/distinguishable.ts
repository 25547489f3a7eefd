import type { Answer } from "../description.ts";

/** What of an answer a caller can tell apart: all of it but what differs from one request to the next. */
export function bytes({ status, headers, text }: Answer) {
  const ours = [...headers].filter(
    ([name]) => !["x-request-id", "apigw-requestid", "date", "connection", "keep-alive"].includes(name),
  );
  return { status, headers: ours, text };
}
