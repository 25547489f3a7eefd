import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { aFile, catalogue, fileAt, folder, reportAt } from "./catalogue/command.ts";
import { type Fault, type StoreCall, storeProxy } from "./faults/store-proxy.ts";
import { startShop } from "./local-system.ts";
import { type Account, type OwnShop, ownShop } from "./own-shop.ts";

const dirtyBooks = "test/catalogue/dirty-books.csv";
const reader: Account = { sub: "0c0c0c0c-0000-4000-8000-0000000000aa", group: "customers" };
const staff: Account = { sub: "0c0c0c0c-0000-4000-8000-0000000000bb", group: "admins" };
const opened: OwnShop[] = [];
afterAll(async () => {
  await Promise.all(opened.map((shop) => shop.close()));
  rmSync(folder, { recursive: true });
});

/** A shop with an empty catalogue. */
async function aShop(): Promise<OwnShop> {
  const shop = await ownShop(`bookshop-catalogue-${opened.length}`);
  opened.push(shop);
  return shop;
}
// whatever profile of AWS's an owner has chosen is none of this machine's
const onShop = ({ tableName, endpoint }: OwnShop, args: string[], through = endpoint) =>
  catalogue([...args, "--table", tableName], { DYNAMODB_ENDPOINT: through, AWS_PROFILE: "elsewhere" });
/** The books of a shop's table as they stand there, by id. */
const booksIn = async (shop: OwnShop) =>
  Object.fromEntries(
    (await shop.items()).flatMap((item) =>
      item.sk === "BOOK" ? [[String(item.pk).slice("BOOK#".length), item]] : [],
    ),
  );
const header = "bookId,title,authors,price,stock";
const plainBooks = (count: number) => [
  header,
  ...Array.from({ length: count }, (_, at) => `plain-${at},Plain ${at},An Author,5.00,3`),
];

describe("a dirty file", () => {
  let shop: OwnShop;
  const args = ["import", dirtyBooks, "--map", "bookId=id"];
  beforeAll(async () => {
    shop = await aShop();
  });

  test("is tried without writing anything", async () => {
    const { code, out } = await onShop(shop, [...args, "--dry-run"]);

    expect({ code, said: out.slice(0, 2) }).toEqual({
      code: 0,
      said: [
        `${dirtyBooks}: 16 rows, and nothing written`,
        "books  7 added, 0 changed, 0 unchanged, 9 left out",
      ],
    });
    expect(await shop.items()).toEqual([]);
  });

  test("goes in row by row, what is bad being left out and told by line and reason", async () => {
    const { code, out } = await onShop(shop, args);

    expect({ code, out }).toEqual({
      code: 0,
      out: [
        `${dirtyBooks}: 16 rows`,
        "books  7 added, 0 changed, 0 unchanged, 9 left out",
        "isbn        1  given back 1 leading zero",
        "isbn        1  left empty: in floating-point form, its last digits lost",
        "isbn        1  as it stands",
        "isbn        1  missing",
        "isbn        1  left empty: of 9 digits, and with leading zeros its check digit is wrong",
        "isbn        1  kept as it stands, though its check digit is wrong",
        "isbn        1  left empty: not an ISBN",
        "isbn        1  left empty: of 7 digits, and with leading zeros its check digit is wrong",
        "units  8 read, 21 write",
        `What to look at, line by line: ${reportAt}`,
      ],
    });
    expect(readFileSync(reportAt, "utf8").trim().split("\n")).toEqual([
      "line,bookId,what,why",
      '3,2,isbn,"left empty: in floating-point form, its last digits lost"',
      "4,,left out,goes on after a quote was closed",
      "6,,left out,has 3 cells where the first line has 6",
      "7,,left out,has the bookId of line 2",
      "8,,left out,bookId must be 1 to 64 characters of A-Z a-z 0-9 _ -",
      "9,,left out,title: Must have 1 to 300 characters",
      '10,8,left out,"is a new book, and has no price"',
      "11,,left out,price: Must be an amount such as 12.99",
      "12,,left out,authors: Too small: expected array to have >=1 items",
      '13,11,isbn,"left empty: of 9 digits, and with leading zeros its check digit is wrong"',
      '14,12,isbn,"kept as it stands, though its check digit is wrong"',
      "15,13,isbn,left empty: not an ISBN",
      "17-18,,left out,title: Must be one line of plain text",
      '19,15,isbn,"left empty: of 7 digits, and with leading zeros its check digit is wrong"',
    ]);
    const books = await booksIn(shop);
    expect(Object.keys(books).sort()).toEqual(["1", "11", "12", "13", "15", "2", "4"]);
    expect(books["1"]).toMatchObject({ title: "The Lighthouse, Again", isbn: "0306406152", price: 1299 });
    expect(books["2"]).toMatchObject({ authors: ["Ada Quill", "Bo Ferris"], price: 950 });
    expect(books["2"]).not.toHaveProperty("isbn");
    expect(books["4"]).toMatchObject({ title: 'Say "Now"', isbn: "9780306406157", price: 700 });
    expect(books["13"]).toMatchObject({ title: " Spaces Stay ", active: true, revision: 1 });
  });

  test("goes in again, and the table stays as it is to the byte", async () => {
    const before = await shop.items();

    const { out } = await onShop(shop, args);

    expect(out[1]).toBe("books  0 added, 0 changed, 7 unchanged, 9 left out");
    expect(out).toContain("units  8 read, 0 write");
    expect(await shop.items()).toEqual(before);
  });

  test("has a price by default for new books alone", async () => {
    const { out } = await onShop(shop, [...args, "--default-price", "3.00"]);

    expect(out[1]).toBe("books  1 added, 0 changed, 7 unchanged, 8 left out");
    expect((await booksIn(shop))["8"]).toMatchObject({ title: "No Price", price: 300 });
  });
});

describe("an import into a catalogue that lives", () => {
  const first = [header, "sold,Sold,An Author,5.00,5", "still,Still,An Author,5.00,"];

  test("changes only its columns, and what was sold in between stays sold", async () => {
    const shop = await aShop();
    await onShop(shop, ["import", aFile("first.csv", first)]);
    await shop.send(reader, "POST", "/api/cart/add", { bookId: "sold", quantity: 2 });
    expect((await shop.send(reader, "POST", "/api/orders")).status).toBe(201);
    await shop.send(staff, "PATCH", "/api/admin/books/sold", { isbn: "0306406152", active: false });
    const { sold, still } = await booksIn(shop);
    expect(sold).toMatchObject({ stock: 3, revision: 2 });

    const { out } = await onShop(shop, [
      "import",
      aFile("titles.csv", ["bookId,title,stock,active", "sold,Sold Out,5,true", "still,Still,7,false"]),
    ]);

    expect(out[1]).toBe("books  0 added, 1 changed, 1 unchanged, 0 left out");
    expect(await booksIn(shop)).toEqual({
      sold: { ...sold, title: "Sold Out", isk: "sold out\tsold", revision: 3 },
      still,
    });
  });

  test("sets stock and active where they are mapped", async () => {
    const shop = await aShop();
    await onShop(shop, ["import", aFile("first.csv", first)]);
    const { sold, still } = await booksIn(shop);

    const file = aFile("stock.csv", ["bookId,copies,active", "sold,9,true", "still,,false"]);
    await onShop(shop, ["import", file, "--map", "stock=copies,active=active"]);

    expect(await booksIn(shop)).toEqual({
      // stock is no part of what a book's tag names
      sold: { ...sold, stock: 9 },
      still: { ...still, active: false, ipk: "WITHDRAWN", revision: 2 },
    });
  });

  test("keeps what others change between its read and its write", async () => {
    const shop = await aShop();
    await onShop(shop, ["import", aFile("first.csv", first)]);
    const titles = aFile("titles.csv", ["bookId,title", "sold,Sold Out"]);
    const price = { amount: 1, currency: "USD" };
    const meanwhile = async ({ operation }: StoreCall, writes: number): Promise<Fault> => {
      if (operation === "TransactWriteItems" && writes === 1)
        await shop.send(staff, "PATCH", "/api/admin/books/sold", { title: "Sold Out", price });
      return "none";
    };
    const changed = await withStore(shop, meanwhile, (url) => onShop(shop, ["import", titles], url));

    expect(changed.out[1]).toBe("books  0 added, 0 changed, 1 unchanged, 0 left out");
    expect((await booksIn(shop)).sold).toMatchObject({ title: "Sold Out", price: 1, revision: 2 });
  });
});

describe("an import that is disturbed", () => {
  const file = () => aFile("plain.csv", plainBooks(350));
  let undisturbed: Awaited<ReturnType<OwnShop["items"]>>;
  beforeAll(async () => {
    const shop = await aShop();
    await onShop(shop, ["import", file()]);
    undisturbed = await shop.items();
    expect(undisturbed).toHaveLength(350);
  });

  test("by kill -9 halfway, and made again, ends in the same table", async () => {
    const shop = await aShop();
    let kill = () => {};
    const writes = { sent: 0, done: 0 };
    const proxy = await storeProxy(shop.endpoint, {
      decide: ({ operation }) => {
        if (operation === "TransactWriteItems") writes.sent++;
        return "none";
      },
      // one of fourteen writes is done, and nobody will hear of it
      committed: async ({ operation }) => {
        if (operation === "TransactWriteItems" && ++writes.done === 6) kill();
      },
    });
    const { code } = await catalogue(
      ["import", file(), "--table", shop.tableName],
      { DYNAMODB_ENDPOINT: proxy.url },
      (child) => {
        kill = () => child.kill("SIGKILL");
      },
    );
    await vi.waitFor(() => expect(writes.done).toBe(writes.sent), { timeout: 10_000 });
    await proxy.close();
    expect(code).toBeNull();
    const halfway = (await shop.items()).length;
    expect(halfway).toBeGreaterThanOrEqual(150);
    expect(halfway).toBeLessThan(350);

    const { out } = await onShop(shop, ["import", file()]);

    expect(out[1]).toBe(`books  ${350 - halfway} added, 0 changed, ${halfway} unchanged, 0 left out`);
    expect(sorted(await shop.items())).toEqual(sorted(undisturbed));
  });

  test("by lost answers, adds and changes each book once", async () => {
    const shop = await aShop();
    // done a second time by our own retry, as where its token is too old to be remembered
    const lossy = ({ operation }: StoreCall, writes: number): Fault =>
      operation === "TransactWriteItems" && writes % 3 === 1 ? "strip-token" : "none";

    await withStore(shop, lossy, (url) => onShop(shop, ["import", file()], url));
    expect(sorted(await shop.items())).toEqual(sorted(undisturbed));
    const renamed = aFile("renamed.csv", [
      "bookId,title",
      ...undisturbed.map(({ pk }) => `${String(pk).slice(5)},New`),
    ]);
    await withStore(shop, lossy, (url) => onShop(shop, ["import", renamed], url));

    for (const item of await shop.items()) expect(item).toMatchObject({ title: "New", revision: 2 });
  });

  test("by more throttles than a request of the shop bears, ends in the same table", async () => {
    const shop = await aShop();
    const throttling = ({ operation }: StoreCall, writes: number): Fault =>
      operation === "TransactWriteItems" && writes > 4 && writes <= 90 ? "throttle" : "none";

    const { code } = await withStore(shop, throttling, (url) => onShop(shop, ["import", file()], url));

    expect(code).toBe(0);
    expect(sorted(await shop.items())).toEqual(sorted(undisturbed));
  });
});

/** Runs work on a store that stands behind another address, where calls meet what `decide` says. */
async function withStore<T>(
  { endpoint }: OwnShop,
  decide: (call: StoreCall, writes: number) => Fault | Promise<Fault>,
  work: (url: string) => Promise<T>,
): Promise<T> {
  let writes = 0;
  const proxy = await storeProxy(endpoint, {
    decide: (call) => decide(call, call.operation === "TransactWriteItems" ? ++writes : writes),
  });
  return work(proxy.url).finally(proxy.close);
}

const sorted = (items: readonly { [name: string]: unknown }[]) =>
  items.toSorted((one, other) => (String(one.pk) < String(other.pk) ? -1 : 1));

test("an export goes into an empty catalogue and comes out the same", async () => {
  const shop = await aShop();
  const forms = [
    { title: "Plain", authors: ["An Author"] },
    { title: ' "Odd", in all; ', authors: ["Quill, Ada", "Bo; Ferris", " C "], isbn: "123456789X", stock: 0 },
    { title: "=1+1", authors: ["[x]", "Ö"], isbn: "978-0-306-40615-7", active: false, stock: 7 },
    { title: "Émile", authors: ["A", "B"], isbn: "0306406152", price: { amount: 0, currency: "USD" } },
  ];
  for (const form of forms) {
    const body = { price: { amount: 1205, currency: "USD" }, ...form };
    expect((await shop.send(staff, "POST", "/api/admin/books", body)).status).toBe(201);
  }
  const [one, other] = [fileAt("one.csv"), fileAt("other.csv")];

  expect((await onShop(shop, ["export", one])).out).toEqual([`${one}: 4 books`]);
  expect((await onShop(shop, ["import", one])).out[1]).toBe(
    "books  0 added, 0 changed, 4 unchanged, 0 left out",
  );
  const copy = await aShop();
  await onShop(copy, ["import", one]);
  await onShop(copy, ["export", other]);

  expect(readFileSync(other, "utf8")).toBe(readFileSync(one, "utf8"));
  expect(await booksIn(copy)).toEqual(await booksIn(shop));
});

describe("without a table's name", () => {
  const data = fileAt("data");
  const file = () => aFile("plain.csv", plainBooks(3));
  const local = (args: string[], PORT: string) => catalogue(args, { PORT });

  test("the local system's catalogue is meant, while that runs and when it does not", async () => {
    const { url, stop } = await startShop(["--data", data], { DYNAMODB_ENDPOINT: "" });
    const { port } = new URL(url);

    const running = await local(["import", file()], port);
    const shown = await (await fetch(`${url}/api/books?title=plain%202`)).json();
    const elsewhere = await local(["import", file(), "--data", data], "9").finally(stop);

    expect(running.out[1]).toBe("books  3 added, 0 changed, 0 unchanged, 0 left out");
    expect(shown).toMatchObject({ items: [{ bookId: "plain-2", price: { amount: 500 } }] });
    expect(elsewhere).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^\S+sign-in\.db is in use by another running bookshop\n$/),
    });
    expect((await local(["import", file(), "--data", data], "9")).out[1]).toBe(
      "books  0 added, 0 changed, 3 unchanged, 0 left out",
    );
  });

  test.each<[string, string[], string]>([
    [
      "there is no local data",
      ["import", dirtyBooks, "--data", fileAt("nowhere")],
      "There is no local data yet",
    ],
    ["no task is named", ["import"], "Say import FILE.csv or export FILE.csv"],
    ["it does not know an option", ["import", dirtyBooks, "--maps", "a=b"], "Unknown option '--maps'"],
    ["there is no such environment", ["export", fileAt("x.csv"), "--env", "test"], "Which environment?"],
  ])("says in one line that %s", async (_, args, words) => {
    const { code, out, err } = await local(args, "9");

    expect({ code, out: out.join(), lines: err.trim().split("\n").length }).toEqual({
      code: 1,
      out: "",
      lines: 1,
    });
    expect(err).toContain(words);
  });
});

test.each<[string, string[], string]>([
  ["there is no such file", ["import", "nothing.csv"], "no such file"],
  ["nothing tells the books apart", ["import", dirtyBooks], "Add --map bookId=COLUMN."],
  [
    "a column is missing",
    ["import", dirtyBooks, "--map", "bookId=id,title=name"],
    "There is no column name;",
  ],
  ["there is no such field", ["import", dirtyBooks, "--map", "id=id"], "--map takes FIELD=COLUMN"],
  [
    "a price may be cents or not",
    ["import", dirtyBooks, "--map", "bookId=id", "--default-price", "1299"],
    "--default-price takes an amount such as 12.99",
  ],
  [
    "the report would overwrite the file",
    ["import", dirtyBooks, "--map", "bookId=id", "--report", dirtyBooks],
    "The report would overwrite the file.",
  ],
])("says in one line that %s", async (_, args, words) => {
  const [shop = await aShop()] = opened;
  const before = readFileSync(dirtyBooks);

  const { code, err } = await onShop(shop, args);

  expect({ code, lines: err.trim().split("\n").length }).toEqual({ code: 1, lines: 1 });
  expect(err).toContain(words);
  expect(readFileSync(dirtyBooks)).toEqual(before);
});

test("with an environment's name, its table is meant", async () => {
  const shop = await aShop();
  const outputs = ["ApiUrl", "UserPoolId", "ClientId", "SignInUrl", "TableName"].map(
    (key) => `<member><OutputKey>${key}</OutputKey><OutputValue>${shop.tableName}</OutputValue></member>`,
  );
  const stack = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><Outputs>${outputs.join("")}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
  const cloudFormation = createServer((_, answer) => answer.end(stack)).listen(0, "127.0.0.1");
  await once(cloudFormation, "listening");

  const { out } = await catalogue(["import", aFile("plain.csv", plainBooks(3)), "--env", "staging"], {
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "none",
    AWS_SECRET_ACCESS_KEY: "none",
    AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}`,
    AWS_ENDPOINT_URL_DYNAMODB: shop.endpoint,
  }).finally(() => cloudFormation.close());

  expect(out[1]).toBe("books  3 added, 0 changed, 0 unchanged, 0 left out");
  expect(Object.keys(await booksIn(shop))).toHaveLength(3);
});

test("says in one line that there is no such table", async () => {
  const [shop = await aShop()] = opened;

  const { code, err } = await catalogue(["import", dirtyBooks, "--table", "nothing"], {
    DYNAMODB_ENDPOINT: shop.endpoint,
  });

  expect({ code, err }).toEqual({ code: 1, err: "There is no table nothing.\n" });
});
