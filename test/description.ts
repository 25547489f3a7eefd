import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

// biome-ignore lint/suspicious/noExplicitAny: a JSON document, which its own meta-schema and Redocly's rules judge
export type Json = any;
/** Where something stands in the document, from its root. */
type Place = readonly string[];

export type Asked = { method: string; target: string; body?: string | undefined };
export type Answer = { status: number; headers: Headers; text: string };

const partAt = (document: Json, place: Place): Json =>
  place.reduce((within, part) => within?.[part], document);

/** Where a reference leads. */
const placeOf = ($ref: string): Place => $ref.slice("#/".length).split("/");

/** What a part of the document is, once its `$ref` has been followed. */
export const followed = (document: Json, part: Json): Json =>
  part.$ref ? partAt(document, placeOf(part.$ref)) : part;

/** What the gateway and the transport add to any answer, and the document has in words. */
const notOurs =
  /^(date|connection|keep-alive|transfer-encoding|content-length|vary|apigw-requestid|access-control-.+|x-amzn?-.+)$/;

/** The API's description, to hold answers against; its schemas are compiled as they are asked for. */
export class Description {
  readonly #document: Json;
  readonly #ajv = new Ajv2020({ strictSchema: false, validateFormats: false, allErrors: true });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(document: Json) {
    this.#document = document;
    this.#ajv.addSchema(document, "api");
  }

  /** What the document does not say of such an answer; undefined where it says all of it. */
  unsaid({ method, target, body }: Asked, answer: Answer): string | undefined {
    const operation = this.operation(method, target);
    const place = this.#followed([...operation, "responses", String(answer.status)]);
    const response = this.#at(place);
    if (!response) return `the status ${answer.status}`;
    return (
      this.#unsaidHeaders(place, response, answer.headers) ??
      this.#unsaidBody(place, response, answer) ??
      // what the shop has done it may be asked to do
      (answer.status < 300 && body ? this.#unsaidRequest(operation, body) : undefined)
    );
  }

  #unsaidHeaders(place: Place, response: Json, given: Headers): string | undefined {
    const names = Object.keys(response.headers ?? {});
    for (const name of names) {
      const header = this.#followed([...place, "headers", name]);
      const value = given.get(name);
      if (value === null && this.#at(header).required) return `no ${name}`;
      const wrong = value === null ? undefined : this.#wrong(value, [...header, "schema"]);
      if (wrong) return `${name}: ${value}, ${wrong}`;
    }
    const known = ["content-type", ...names.map((name) => name.toLowerCase())];
    const unknown = [...given.keys()].filter((name) => !known.includes(name) && !notOurs.test(name));
    return unknown.length > 0 ? `the header ${unknown}` : undefined;
  }

  #unsaidBody(place: Place, response: Json, { headers, text }: Answer): string | undefined {
    const type = headers.get("content-type");
    // API Gateway names a type even where there is nothing
    if (!response.content) return text ? "a body" : undefined;
    if (type === null || !(type in response.content)) return `the type ${type}`;
    if (!type.includes("json")) return undefined;
    return this.#wrong(JSON.parse(text), [...place, "content", type, "schema"]);
  }

  #unsaidRequest(operation: Place, body: string): string | undefined {
    const place = [...operation, "requestBody", "content", "application/json", "schema"];
    const wrong = this.#at(place) && this.#wrong(JSON.parse(body), place);
    return wrong && `that it takes such a body: ${wrong}`;
  }

  /** Where the operation of a request stands, or that of what no route takes. */
  operation(method: string, target: string): Place {
    const given = (target.split("?")[0] ?? "").split("/");
    const fits = (template: string) => {
      const wanted = template.split("/");
      return (
        wanted.length === given.length &&
        wanted.every((part, at) => (part.startsWith("{") ? given[at] !== "" : part === given[at]))
      );
    };
    const template = Object.keys(this.#document.paths).find(fits) ?? "";
    const place = ["paths", template, method.toLowerCase()];
    return this.#at(place) ? place : ["x-unrouted"];
  }

  #at(place: Place): Json {
    return partAt(this.#document, place);
  }

  /** Where it stands, once its `$ref` has been followed. */
  #followed(place: Place): Place {
    const { $ref } = this.#at(place) ?? {};
    return $ref ? placeOf($ref) : place;
  }

  /** What the schema at this place has against the value. */
  #wrong(value: unknown, place: Place): string | undefined {
    const pointer = place.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")));
    const $ref = `api#/${pointer.join("/")}`;
    const validate = this.#compiled.get($ref) ?? this.#ajv.compile({ $ref });
    this.#compiled.set($ref, validate);
    return validate(value) ? undefined : this.#ajv.errorsText(validate.errors);
  }
}
