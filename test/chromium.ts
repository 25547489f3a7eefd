import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

// biome-ignore lint/style/noProcessEnv: where this machine's programs are
const folders = (process.env.PATH ?? "").split(delimiter);

/** The Chromium or Chrome of this machine, or the one that Playwright has installed; undefined where there is none. */
export const chromiumPath = [
  ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
  chromium.executablePath(),
].find((path) => existsSync(path));
