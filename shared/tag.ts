import { invalidRequest } from "./refusal.ts";

/** The opaque text of an `If-Match` of one strong or weak tag; `*` for any. @throws Refusal `invalid-request` */
export function parseTag(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const value = header.trim();
  if (value === "*") return value;
  const [, tag] = /^(?:W\/)?("[\x21\x23-\x7E\x80-\xFF]*")$/.exec(value) ?? [];
  if (tag === undefined)
    throw invalidRequest([{ path: "If-Match", message: "Must be one entity tag, or *" }]);
  return tag;
}
