// Installs what is missing, and nothing when all is there. Plain JavaScript: it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const wanted = readFileSync(new URL("package-lock.json", root), "utf8");
const { allowScripts } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
const stamp = new URL("node_modules/.installed-lock.json", root);

const major = Number(process.versions.node.split(".")[0]);
const packages = `${realpathSync(fileURLToPath(root))}${sep}node_modules${sep}`;
// a Node of the machine's own that runs all this needs no other, which its package would fetch by version alone
const isNew = major >= 24 && !process.execPath.startsWith(packages);
const isThere = isNew || existsSync(`${packages}node${sep}bin`);

if (major < 20) {
  console.error(`Node 20 or newer is needed, this is ${process.version}.`);
  process.exit(1);
}
if (!isThere || !existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  console.error("Installing packages, once: this takes a minute ...");
  // not every npm knows allowScripts: none is to run, and then those that may
  npm("ci", "--ignore-scripts", "--no-audit", "--no-fund");
  const allowed = Object.keys(allowScripts).filter(
    (name) => allowScripts[name] && !(name === "node" && isNew),
  );
  // without a name it would run them all
  if (allowed.length > 0) npm("rebuild", ...allowed);
  writeFileSync(stamp, wanted);
}

function npm(...args) {
  const isWindows = process.platform === "win32";
  const options = {
    cwd: fileURLToPath(root),
    stdio: ["ignore", "ignore", "inherit"],
    shell: isWindows,
  };
  const { status } = spawnSync(isWindows ? "npm.cmd" : "npm", [...args, "--loglevel=error"], options);
  if (status === 0) return;
  console.error("The packages could not be installed: see above.");
  process.exit(1);
}
