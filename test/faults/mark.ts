import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";

const current = new AsyncLocalStorage<string>();

/** Runs one request so that the store proxy knows its calls: they carry this mark. */
export const marked = <T>(mark: string, work: () => Promise<T>): Promise<T> => current.run(mark, work);

subscribe("http.client.request.created", (message) => {
  const mark = current.getStore();
  if (mark !== undefined) (message as { request: ClientRequest }).request.setHeader("x-operation", mark);
});
