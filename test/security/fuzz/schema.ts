// biome-ignore lint/suspicious/noExplicitAny: a JSON document, which its own meta-schema and Redocly's rules judge
export type Schema = any;

/** What a part of the document is, once its `$ref` has been followed. */
export const followed = (document: Schema, part: Schema): Schema =>
  part.$ref
    ? part.$ref
        .slice("#/".length)
        .split("/")
        .reduce((within: Schema, name: string) => within[name], document)
    : part;
