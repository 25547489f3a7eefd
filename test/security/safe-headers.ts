import type { Answer } from "../description.ts";

const ofTransport = "date connection keep-alive transfer-encoding content-length apigw-requestid";
const ofSome = "etag location allow retry-after www-authenticate idempotency-replayed content-encoding";
const elsewhere = `${ofTransport} ${ofSome}`.split(" ");

/** The headers that keep an answer safe, with whatever nobody expects. */
export const headersOf = ({ headers }: Answer) =>
  Object.fromEntries([...headers].filter(([name]) => !elsewhere.includes(name)));
