import { execFile, execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { lintSource } from "@secretlint/core";
import { creator as recommended } from "@secretlint/secretlint-rule-preset-recommend";
import { describe, expect, onTestFinished, test } from "vitest";
import { bundle } from "../../infra/bundle.ts";

type Package = {
  version: string;
  license?: string;
  integrity?: string;
  resolved?: string;
  name?: string;
  link?: boolean;
  dev?: boolean;
  inBundle?: boolean;
  bundleDependencies?: string[];
  hasInstallScript?: boolean;
};
type Lockfile = { lockfileVersion: number; packages: Record<string, Package> };
type Needs = Record<
  "dependencies" | "devDependencies" | "optionalDependencies",
  Record<string, string> | undefined
>;
type Manifest = Needs & { allowScripts: Record<string, boolean> };

const read = (path: string) => JSON.parse(readFileSync(path, "utf8"));
const folders = ["", "test/client/", "test/witness/"];
const locked = folders.map((folder) => ({
  folder,
  manifest: read(`${folder}package.json`) as Manifest,
  lockfile: read(`${folder}package-lock.json`) as Lockfile,
}));
const [{ manifest, lockfile }] = locked as [(typeof locked)[number]];
const nameOf = (path: string) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
const needsOf = ({ dependencies, devDependencies, optionalDependencies }: Needs) =>
  Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });

/** In which ways packages are not held to what was once looked at. */
function loose(needs: Needs, { lockfileVersion, packages }: Lockfile): string[] {
  const { "": root, ...installed } = packages;
  const found = lockfileVersion === 3 ? [] : ["another form of lockfile"];
  const hosts = new Set<string>();
  for (const [name, range] of needsOf(needs)) {
    if (range !== packages[`node_modules/${name}`]?.version) found.push(`${name} is not pinned`);
  }
  if (JSON.stringify(needsOf(root as unknown as Needs)) !== JSON.stringify(needsOf(needs)))
    found.push("the lockfile is another package.json's");
  for (const [path, { version, integrity, resolved, name, link, inBundle }] of Object.entries(installed)) {
    const says = (what: string) => found.push(`${path} ${what}`);
    if (link || name !== undefined) says("is another package than its name says");
    const carrier = installed[path.slice(0, path.lastIndexOf("/node_modules/"))];
    const isCarried = inBundle && (carrier?.inBundle || carrier?.bundleDependencies);
    if (!isCarried && !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? "")) says("has no digest");
    if (resolved === undefined) continue;
    const file = `/${nameOf(path)}/-/${nameOf(path).split("/").at(-1)}-${version}.tgz`;
    const address = URL.canParse(resolved) ? new URL(resolved) : undefined;
    if (address?.protocol !== "https:" || address.pathname !== file) says("comes from elsewhere");
    else hosts.add(address.host);
  }
  if (hosts.size > 1) found.push("more than one registry");
  return found;
}

/** The rows of a table of docs/dependencies.md. */
function documented(title: string): string[][] {
  const [, chapter = ""] = readFileSync("docs/dependencies.md", "utf8").split(`## ${title}\n`);
  return [...(chapter.split("\n## ")[0] ?? "").matchAll(/^\| `(.+?)` \| (.+?) \| (.+?) \|$/gm)].map(
    ([, ...row]) => row,
  );
}

describe("what is installed", () => {
  test.each(locked)("is held by version and digest: $folder package-lock.json", ({ manifest, lockfile }) => {
    expect(Object.keys(lockfile.packages).length).toBeGreaterThan(2);
    expect(loose(manifest, lockfile)).toEqual([]);
  });

  const zod = "node_modules/zod";
  const at = (resolved: string) => ({ resolved });
  test.each<[string, string, Partial<Package>]>([
    ["has no digest", zod, { integrity: undefined as never }],
    ["has no digest", zod, { integrity: "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=" }],
    ["has no digest", zod, { integrity: undefined as never, inBundle: true }],
    [
      "comes from elsewhere",
      zod,
      at("git+ssh://git@example.com/zod.git#0000000000000000000000000000000000000000"),
    ],
    ["comes from elsewhere", zod, at("file:zod.tgz")],
    ["comes from elsewhere", zod, at("http://packages.example/zod/-/zod-4.6.7.tgz")],
    ["comes from elsewhere", zod, at("https://packages.example/zood/-/zood-4.6.7.tgz")],
    ["comes from elsewhere", zod, at("https://packages.example/zod/-/zod-4.6.6.tgz")],
    ["is another package than its name says", zod, { name: "zood" }],
    ["is another package than its name says", zod, { link: true }],
  ])("would not pass with one that %s: %s %o", (what, path, change) => {
    const { packages } = lockfile;
    const planted = { ...packages, [path]: { ...(packages[path] as Package), ...change } };

    expect(loose(manifest, { lockfileVersion: 3, packages: planted })).toEqual([`${path} ${what}`]);
  });

  test("would not pass with a range, an old lockfile, or two registries", () => {
    const { packages } = lockfile;
    const ranged = { ...manifest, dependencies: { ...manifest.dependencies, zod: "^4.6.7" } };
    const from = (host: string, name: string): [string, Package] => {
      const one = packages[`node_modules/${name}`] as Package;
      return [
        `node_modules/${name}`,
        { ...one, resolved: `https://${host}/${name}/-/${name}-${one.version}.tgz` },
      ];
    };
    const one = [from("one.example", "zod"), from("one.example", "hono")];
    const two = [from("one.example", "zod"), from("two.example", "hono")];
    const withThese = (some: [string, Package][]) => ({
      ...lockfile,
      packages: { ...packages, ...Object.fromEntries(some) },
    });

    expect(loose(ranged, lockfile)).toEqual(["zod is not pinned", "the lockfile is another package.json's"]);
    expect(loose(manifest, { ...lockfile, lockfileVersion: 1 })).toEqual(["another form of lockfile"]);
    expect(loose(manifest, withThese(one))).toEqual([]);
    expect(loose(manifest, withThese(two))).toEqual(["more than one registry"]);
  });

  test.each(globSync("test/**/requirements.txt"))("is held by version where it is Python's: %s", (file) => {
    const lines = readFileSync(file, "utf8").trim().split("\n");

    for (const line of lines) expect(line).toMatch(/^[\w.-]+==[0-9][\w.]*$/);
  });
});

describe("an install script", () => {
  test("is run or not as somebody decided, and says why", () => {
    const bringScripts = locked.flatMap(({ lockfile: { packages } }) =>
      Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
        hasInstallScript ? [nameOf(path)] : [],
      ),
    );

    expect(bringScripts.sort()).toEqual(Object.keys(manifest.allowScripts).sort());
    expect(documented("Install scripts").map(([name, runs]) => [name, runs])).toEqual(
      Object.entries(manifest.allowScripts).map(([name, runs]) => [name, runs ? "yes" : "no"]),
    );
  });

  test("is run where it is allowed, and nowhere else, by what installs here", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bookshop-install-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const run = (file: string, ...args: string[]) =>
      promisify(execFile)(file, args, { cwd: folder, shell: process.platform === "win32" });
    const write = (path: string, content: object) =>
      writeFileSync(join(folder, path), JSON.stringify(content));
    const names = ["allowed", "refused", "unheard-of"];
    for (const name of names) {
      mkdirSync(join(folder, name));
      const scripts = { postinstall: `node -e "require('fs').writeFileSync('ran', '')"` };
      write(`${name}/package.json`, { name, version: "1.0.0", scripts });
    }
    await run("npm", "pack", ...names.map((name) => `./${name}`));
    const dependencies = Object.fromEntries(names.map((name) => [name, `file:${name}-1.0.0.tgz`]));
    write("package.json", { name: "shop", dependencies, allowScripts: { allowed: true, refused: false } });
    await run("npm", "install", "--package-lock-only", "--offline", "--no-audit");
    cpSync("infra/local/install.mjs", join(folder, "infra/local/install.mjs"));

    await run(process.execPath, "infra/local/install.mjs");

    expect(names.filter((name) => existsSync(join(folder, "node_modules", name)))).toEqual(names);
    expect(names.filter((name) => existsSync(join(folder, "node_modules", name, "ran")))).toEqual([
      "allowed",
    ]);
  });
});

describe("what customers' requests run through", () => {
  test("is written down, package by package, with its licence and what it is for", async ({ task }) => {
    const folder = mkdtempSync(join(tmpdir(), "bookshop-inside-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { outputs } = await bundle(folder);
    const inside = Object.values(outputs)
      .flatMap(({ inputs }) => Object.entries(inputs))
      .filter(([path, { bytesInOutput }]) => bytesInOutput > 0 && path.includes("node_modules/"))
      .map(([path]) => /^(@[^/]+\/)?[^/]+/.exec(nameOf(path))?.[0] ?? path);
    const names = [...new Set([...inside, ...Object.keys(manifest.dependencies ?? {})])].sort();

    const rows = documented("What customers' requests run through");

    expect(rows.map(([name]) => name)).toEqual(names);
    for (const [name, licence] of rows)
      expect([name, lockfile.packages[`node_modules/${name}`]?.license]).toEqual([name, licence]);
    task.meta.shown = [
      `${names.length} packages run on Lambda:`,
      ...rows.map(([name, , why]) => `  ${name}: ${why}`),
    ].join("\n");
  });

  test("may be used by anybody for anything, with all that it brings along", () => {
    const permissive = /^(MIT|Apache-2\.0|ISC|0BSD|BSD-[23]-Clause)$/;
    const others = Object.entries(lockfile.packages).filter(
      ([path, { dev, license }]) => path && !dev && !permissive.test(license ?? ""),
    );

    // the embedded table, which runs on the developers' machines alone
    expect(others.map(([path, { license }]) => `${path} ${license}`)).toEqual([
      "node_modules/@dynoxide/linux-x64 (MIT OR Apache-2.0)",
    ]);
  });
});

describe("a secret", () => {
  const rules = [{ id: "recommended", rule: recommended }];
  const secretsIn = async (filePath: string, content: string) => {
    const source = { filePath, content, ext: "", contentType: "text" as const };
    const { messages } = await lintSource({ source, options: { config: { rules }, maskSecrets: true } });
    return messages.map(({ message }) => `${filePath}: ${message}`);
  };
  const isCheckout = existsSync(".git");

  test.skipIf(!isCheckout)("stands in no file of the repository", async ({ task }) => {
    const files = execFileSync("git", ["ls-files", "-z"], { encoding: "utf8" })
      .split("\0")
      .filter(existsSync);
    const found: string[] = [];
    for (const file of files) found.push(...(await secretsIn(file, readFileSync(file, "utf8"))));

    expect(files.length).toBeGreaterThan(200);
    expect(found).toEqual([]);
    task.meta.shown = `${files.length} files hold no secret`;
  });

  // in pieces, or they would be found here
  test.each([
    ["AWS's", ["aws_secret_access_key = ", "wJalrXUtnFEMIK7MDENGbPxRfiCYq9ZzTp3sLd0a"]],
    ["GitHub's", ["ghp_", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"]],
    ["npm's", ["//registry.example/:_authToken=npm_", "x1Zq8Kd93jfhGTR5bnQwe72LMsdPoi4XcVbA"]],
    [
      "a private key",
      [
        "-----BEGIN RSA PRIVATE ",
        `KEY-----\n${"MIIEpAIBAAKCAQEA7".repeat(8)}\n-----END RSA PRIVATE `,
        "KEY-----",
      ],
    ],
    ["Slack's", ["xoxb-", "123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"]],
    ["a password in an address", ["https://shop:hunter2hunter2", "@db.example.com/"]],
  ])("would be found: %s", async (_, pieces) => {
    expect(await secretsIn("planted.ts", `const key = "${pieces.join("")}";`)).not.toEqual([]);
  });
});
