import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseAst } from "vitest/node";

// A Lambda function lives on between requests of different customers: what a module keeps, it keeps for all of them.

type Node = { type: string; [member: string]: unknown };
type Found = (what: string) => void;

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

const children = (node: Node): Node[] => Object.values(node).flat().filter(isNode);

const isFunction = ({ type }: Node) =>
  type === "ArrowFunctionExpression" || type === "FunctionExpression" || type === "FunctionDeclaration";

/** `a.b.c` or `f`, and the word before the first point of it. */
const nameOf = (node: unknown): string => {
  if (!isNode(node)) return "?";
  if (node.type === "Identifier") return String(node.name);
  if (node.type === "MemberExpression") return `${nameOf(node.object)}.${nameOf(node.property)}`;
  if (node.type === "CallExpression") return `${nameOf(node.callee)}()`;
  return isFunction(node) ? "a function on the spot" : node.type;
};
const rootOf = (name: string) => name.split(/[.(]/)[0] ?? "";

/** What runs when the module is loaded: all but the insides of functions. */
function atLoad(node: Node, visit: (node: Node) => void): void {
  visit(node);
  if (isFunction(node) || node.type === "ThrowStatement") return;
  for (const child of children(node)) atLoad(child, visit);
}

function everywhere(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const child of children(node)) everywhere(child, visit);
}

const emptyCollection = ({ type, elements, properties }: Node) =>
  (type === "ArrayExpression" && (elements as []).length === 0) ||
  (type === "ObjectExpression" && (properties as []).length === 0);

/** What a module could keep from one request for the next. */
function findState(program: Node, found: Found): void {
  for (const statement of program.body as Node[]) {
    const declaration = (statement.declaration ?? statement) as Node;
    if (declaration.type === "VariableDeclaration" && declaration.kind !== "const")
      for (const { id } of declaration.declarations as Node[]) found(`${declaration.kind} ${nameOf(id)}`);
    atLoad(statement, (node) => {
      if (node.type === "NewExpression") found(`new ${nameOf(node.callee)}`);
      if (node.type === "PropertyDefinition" && node.static) found(`static ${nameOf(node.key)}`);
      if (node.type === "CallExpression" && isFunction(node.callee as Node))
        found("a function called on the spot");
      if (node.type === "VariableDeclarator" && isNode(node.init) && emptyCollection(node.init))
        found(`an empty ${nameOf(node.id)}`);
    });
  }
}

const changing =
  /^(set|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin|assign|defineProperty)$/;

/** Where something that the module holds is changed: only names that stand at its top are looked at. */
function findChanges(program: Node, found: Found): void {
  const held = new Set<string>();
  for (const statement of program.body as Node[]) {
    const declaration = (statement.declaration ?? statement) as Node;
    if (declaration.type === "VariableDeclaration")
      for (const { id } of declaration.declarations as Node[]) held.add(nameOf(id));
  }
  const isHeld = (node: unknown) => held.has(rootOf(nameOf(node)));
  everywhere(program, (node) => {
    const { type, left, argument, callee } = node;
    const target = type === "AssignmentExpression" ? left : argument;
    if (/^(AssignmentExpression|UpdateExpression)$/.test(type) && isHeld(target))
      found(`${nameOf(target)} =`);
    if (type === "UnaryExpression" && node.operator === "delete" && isHeld(argument))
      found(`delete ${nameOf(argument)}`);
    if (type !== "CallExpression") return;
    const name = nameOf(callee);
    const [first] = node.arguments as Node[];
    if (isHeld(callee) && changing.test(name.split(".").at(-1) ?? "")) found(`${name}()`);
    if (/^(Object|Reflect)\./.test(name) && changing.test(name.split(".")[1] ?? "") && isHeld(first))
      found(`${name}(${nameOf(first)})`);
  });
}

/** Whose functions run at load, of those that come out of a package. */
function findMakers(program: Node, found: Found): void {
  const imports = (program.body as Node[]).filter(({ type }) => type === "ImportDeclaration");
  const names = imports
    .filter(({ source }) => !/^["']?\./.test(String((source as Node).value)))
    .flatMap(({ specifiers }) => (specifiers as Node[]).map(({ local }) => nameOf(local)));
  for (const statement of program.body as Node[])
    atLoad(statement, (node) => {
      const maker = node.type === "CallExpression" ? rootOf(nameOf(node.callee)) : "";
      if (names.includes(maker)) found(maker);
    });
}

const modules = ["functions", "shared"]
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
  )
  .filter((file) => file.endsWith(".ts"))
  .sort();

const all = (find: (program: Node, found: Found) => void, of = modules.map(read)) =>
  of.flatMap(([file, program]) => {
    const lines: string[] = [];
    find(program, (what) => lines.push(`${file}: ${what}`));
    return lines;
  });

function read(file: string): [string, Node] {
  return [file, parse(readFileSync(file, "utf8"))];
}
const parse = (source: string) => parseAst(source, { lang: "ts" }) as unknown as Node;

test("no module holds anything for the next request but clients, keys and settings", () => {
  expect(all(findState)).toEqual([
    // where sign-in is, as it is told
    "functions/docs/page.ts: new URL",
    "functions/welcome-customer.ts: new CognitoIdentityProviderClient",
    "shared/account.ts: new CognitoIdentityProviderClient",
    // never filled: a cart that nobody has used
    "shared/cart.ts: new Map",
    // keeps nothing from one text to the next
    "shared/http.ts: new TextDecoder",
    // the pool's public keys
    "shared/pool-keys.ts: new SimpleJwksCache",
    "shared/table/client.ts: new DynamoDBClient",
    // names of errors
    "shared/table/client.ts: new Set",
  ]);
});

test("no module changes what it holds", () => {
  expect(all(findChanges)).toEqual([]);
});

test("nothing but a client and a verifier is made for a module by a package, besides schemas", () => {
  const makers = all(findMakers).filter((line) => !line.endsWith(": z"));

  expect(makers).toEqual([
    // where files lie, for those that a bundle has in it
    "functions/docs/files.ts: createRequire",
    // the words of refused fields
    "shared/config.ts: en",
    "shared/identity.ts: CognitoJwtVerifier",
    "shared/table/client.ts: DynamoDBDocumentClient",
  ]);
});

test.each([
  ["let count = 0;", findState],
  ["var count = 0;", findState],
  ["export let count = 0;", findState],
  ["const seen = new Map();", findState],
  ["export const seen = { by: new Set() };", findState],
  ["const seen: string[] = [];", findState],
  ["const seen = {};", findState],
  ["class Kept { static last = 1; }", findState],
  ["const next = (() => { let n = 0; return () => n++; })();", findState],
  ["const kept = { last: 1 }; export const f = () => { kept.last = 2; };", findChanges],
  ["const kept = { last: 1 }; export const f = (x) => { kept[x] = 2; };", findChanges],
  ["const kept = [1]; export function f() { kept.push(2); }", findChanges],
  ["const kept = { by: new Map() }; export function f() { kept.by.set(1, 2); }", findChanges],
  [
    "const kept = { n: 1 }; export function f() { kept.n++; delete kept.n; Object.assign(kept, {}); }",
    findChanges,
  ],
])("such state would be found: %s", (source, find) => {
  expect(all(find, [["x.ts", parse(source)]])).not.toEqual([]);
});
