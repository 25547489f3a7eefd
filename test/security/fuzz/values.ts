import * as fc from "fast-check";
import { followed, type Json } from "../../description.ts";
import { canary } from "../canary.ts";
import type { Live } from "./cast.ts";

/** Texts that have broken others' software. */
export const hostileTexts = [
  "",
  " ",
  canary,
  `${canary}\u0000`,
  `${canary}\r\nSet-Cookie: a=b`,
  `${canary}\u202etxt`,
  `${canary}\u{1f4da}`,
  `${canary}\ud800`,
  `\ufeff${canary}`,
  `../${canary}`,
  `${canary}#CART`,
  `${canary}%2F%00`,
  `{{${canary}}}`,
  `<script>${canary}</script>`,
  `' OR '1'='1' --${canary}`,
  `$\{jndi:ldap://${canary}}`,
  "__proto__",
  "constructor",
  canary.repeat(40),
];

const ofAnotherType = [null, true, canary, 1.5, -1, [], {}, [canary], { [canary]: 1 }];

/** Values as the document's schemas describe them, and values that break one keyword of one. */
export class Values {
  readonly #document: Json;
  readonly #live: Live;

  /** `live`: values that stand for something in the shop, by the name of the parameter or member that takes them. */
  constructor(document: Json, live: Live) {
    this.#document = document;
    this.#live = live;
  }

  valid(schema: Json, name = ""): fc.Arbitrary<unknown> {
    const live = this.#live[name];
    const made = this.#made(followed(this.#document, schema));
    return live
      ? fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...live) }, { weight: 1, arbitrary: made })
      : made;
  }

  /** A value that is as it should be, but for one keyword. */
  broken(schema: Json): fc.Arbitrary<unknown> {
    const { type, properties, required = [], items, anyOf, ...limits } = followed(this.#document, schema);
    if (anyOf) return this.broken(anyOf[0]);
    const breaks: fc.Arbitrary<unknown>[] = [
      fc.constantFrom(...ofAnotherType.filter((value) => !isOf(type, value))),
    ];
    if (limits.enum || "const" in limits) breaks.push(fc.constantFrom("", canary, "PAID", "usd"));
    if (limits.pattern) {
      const pattern = new RegExp(limits.pattern, "u");
      breaks.push(fc.constantFrom(...hostileTexts.filter((text) => !pattern.test(text))));
    }
    if (limits.maxLength) breaks.push(fc.constantFrom("", `${canary} `.repeat(limits.maxLength)));
    if (type === "integer")
      breaks.push(fc.constantFrom(limits.minimum - 1, limits.maximum + 1, limits.minimum + 0.5, 2 ** 53));
    if (items)
      breaks.push(
        fc.constant([]),
        this.broken(items).map((item) => [item]),
        this.valid(items).map((item) => Array(limits.maxItems + 1).fill(item)),
      );
    if (properties) {
      const object = this.valid(schema) as fc.Arbitrary<Record<string, unknown>>;
      const stranger = fc.constantFrom(canary, "__proto__", "constructor", "customerId", "unitPrice", "");
      breaks.push(fc.tuple(object, stranger).map(([value, name]) => ({ ...value, [name]: canary })));
      for (const name of required) breaks.push(object.map(({ [name]: _, ...rest }) => rest));
      for (const [name, one] of Object.entries(properties))
        breaks.push(
          fc.tuple(object, this.broken(one)).map(([value, wrong]) => ({ ...value, [name]: wrong })),
        );
    }
    return fc.oneof(...breaks);
  }

  #made(schema: Json): fc.Arbitrary<unknown> {
    const { type, minimum, maximum, pattern, maxLength } = schema;
    if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one: Json) => this.valid(one)));
    if ("const" in schema) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    switch (type) {
      case "null":
        return fc.constant(null);
      case "boolean":
        return fc.boolean();
      case "integer":
        return fc.integer({ min: minimum, max: maximum });
      case "array":
        return fc.array(this.valid(schema.items), {
          minLength: schema.minItems,
          maxLength: Math.min(schema.maxItems, 4),
        });
      case "object":
        return this.#object(schema);
      default:
        // a text of lines, or of letters that a pattern names
        return maxLength
          ? fc
              .string({ unit: "grapheme", minLength: 1, maxLength, size: "small" })
              .filter((text) => /\S/.test(text) && [...text].length <= maxLength)
          : pattern
            ? fc.stringMatching(new RegExp(pattern))
            : fc.string({ unit: "grapheme" });
    }
  }

  #object({ properties, required = [], dependentSchemas = {} }: Json): fc.Arbitrary<unknown> {
    const members = Object.entries(properties).map(
      ([name, schema]) => [name, this.valid(schema, name)] as const,
    );
    return fc.record(Object.fromEntries(members), { requiredKeys: required }).map((value) => {
      const forbidden = Object.entries<Json>(dependentSchemas).flatMap(([name, { properties }]) =>
        name in value ? Object.keys(properties) : [],
      );
      return Object.fromEntries(Object.entries(value).filter(([name]) => !forbidden.includes(name)));
    });
  }
}

function isOf(type: string | undefined, value: unknown): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return type === (value === null ? "null" : typeof value);
}
