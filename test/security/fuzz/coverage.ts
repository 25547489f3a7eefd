import { followed, type Json } from "../../description.ts";
import type { Reply } from "../../shop.ts";

/** What no operation takes, by its name in the document. */
export const unrouted = "x-unrouted";

/** A status with its code, `409 cart-full`; with `gateway` where API Gateway refuses; alone where nothing is refused. */
const kind = (status: number, code: string) => `${status} ${code}`.trim();

export function kindOf({ status, headers, body }: Reply): string {
  const isGateways = status >= 400 && headers.get("content-type") === "application/json";
  return kind(status, isGateways ? "gateway" : (body?.code ?? ""));
}

/** All kinds of answers that the document has, by operation. */
export function kindsIn(document: Json): Map<string, string[]> {
  const codesOf = (schema: Json): string[] =>
    (schema.oneOf ?? [schema]).map((one: Json) => followed(document, one).properties.code.const);
  const kindsOf = ([status, response]: [string, Json]): string[] => {
    const { content } = followed(document, response);
    if (Number(status) < 400) return [status];
    const { "application/problem+json": ours, "application/json": gateways } = content;
    const codes = [...(ours ? codesOf(ours.schema) : []), ...(gateways ? ["gateway"] : [])];
    return codes.map((code) => kind(Number(status), code));
  };
  const operations = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, operation]) => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
  return new Map(
    [...operations, [unrouted, document[unrouted]]].map(([operation, { responses }]) => [
      operation,
      Object.entries<Json>(responses).flatMap(kindsOf),
    ]),
  );
}
