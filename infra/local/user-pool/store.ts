import { closeSync, openSync } from "node:fs";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** What the pool remembers, as one SQLite file. */
export type Store = { sql: ReturnType<typeof statementsOf>; close(): void };

const version = 1;
const schema = `
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE users (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    sub TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    email_verified INTEGER NOT NULL DEFAULT 0,
    password TEXT,
    status TEXT NOT NULL,
    created_at REAL NOT NULL,
    modified_at REAL NOT NULL
  ) STRICT;
  CREATE TABLE groups (name TEXT PRIMARY KEY, created_at REAL NOT NULL) STRICT;
  CREATE TABLE memberships (
    sub TEXT NOT NULL REFERENCES users (sub) ON DELETE CASCADE,
    group_name TEXT NOT NULL REFERENCES groups (name),
    PRIMARY KEY (sub, group_name)
  ) STRICT;
  CREATE TABLE sessions (
    digest TEXT PRIMARY KEY,
    sub TEXT NOT NULL REFERENCES users (sub) ON DELETE CASCADE,
    auth_time INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE sign_ins (
    origin_jti TEXT PRIMARY KEY,
    sub TEXT NOT NULL REFERENCES users (sub) ON DELETE CASCADE,
    scope TEXT NOT NULL,
    auth_time INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE refresh_tokens (
    digest TEXT PRIMARY KEY,
    origin_jti TEXT NOT NULL REFERENCES sign_ins (origin_jti) ON DELETE CASCADE,
    used_at INTEGER
  ) STRICT;
  INSERT INTO groups VALUES ('admins', unixepoch()), ('customers', unixepoch());
  PRAGMA user_version = ${version};
`;

/** Opens the file for this process alone, making it if there is none. A file that is no user pool is left as it is. */
export function openStore(file: string): Store {
  let database: DatabaseSync | undefined;
  try {
    createPrivately(file);
    database = new DatabaseSync(file);
    // the lock goes with the process, so that no crash leaves one behind
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    prepare(database);
    database.exec("COMMIT");
    return { sql: statementsOf(database), close: database.close.bind(database) };
  } catch (error) {
    database?.close();
    throw new Error(plainLine(file, error), { cause: error });
  }
}

function createPrivately(file: string): void {
  if (file === ":memory:") return;
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

function prepare(database: DatabaseSync): void {
  const single = (query: string) => Object.values(database.prepare(query).get() ?? {})[0];
  if (single("PRAGMA quick_check") !== "ok") throw new NoUserPool();
  if (single("PRAGMA user_version") === version) return;
  if (single("SELECT count(*) FROM sqlite_schema") !== 0) throw new NoUserPool();
  database.exec(schema);
}

/** Tags for SQL, each place in the code prepared once. (createTagStore's statements outlive close, and the lock with them.) */
function statementsOf(database: DatabaseSync) {
  const prepared = new Map<TemplateStringsArray, StatementSync>();
  const statement = (query: TemplateStringsArray) => {
    const known = prepared.get(query) ?? database.prepare(query.join("?"));
    prepared.set(query, known);
    return known;
  };
  return {
    run(query: TemplateStringsArray, ...values: SQLInputValue[]): void {
      statement(query).run(...values);
    },
    get: (query: TemplateStringsArray, ...values: SQLInputValue[]) => statement(query).get(...values),
    all: (query: TemplateStringsArray, ...values: SQLInputValue[]) => statement(query).all(...values),
  };
}

class NoUserPool extends Error {}
const sqlite = { busy: 5, corrupt: 11, notADatabase: 26 };

function plainLine(file: string, error: unknown): string {
  const result = (error as { errcode?: number }).errcode;
  if (result === sqlite.busy) return `${file} is in use by another running bookshop`;
  if (error instanceof NoUserPool || result === sqlite.corrupt || result === sqlite.notADatabase) {
    return `${file} is damaged or no user pool of this version; move it away to begin anew`;
  }
  return `${file} cannot be opened (${codeOf(error) ?? "unknown reason"})`;
}

const codeOf = (error: unknown) => (error as { code?: string }).code;
