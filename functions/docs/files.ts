import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";

const { resolve } = createRequire(import.meta.url);

const file = (type: string, path: string) => ({
  type,
  gzipped: gzipSync(readFileSync(resolve(path)), { level: 9 }).toString("base64"),
});
const script = "text/javascript; charset=utf-8";
const style = "text/css; charset=utf-8";
const html = "text/html; charset=utf-8";
const text = "text/plain; charset=utf-8";

/** What the page loads, by name; in base64. A bundle has this value in the place of the code (infra/bundle.ts). */
export const files: Record<string, { type: string; gzipped: string }> = {
  "page.js": file(script, "./page.js"),
  "page.css": file(style, "./page.css"),
  "swagger-ui.css": file(style, "swagger-ui-dist/swagger-ui.css"),
  "swagger-ui-bundle.js": file(script, "swagger-ui-dist/swagger-ui-bundle.js"),
  "swagger-ui-bundle.js.LICENSE.txt": file(text, "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt"),
  "oauth2-redirect.html": file(html, "swagger-ui-dist/oauth2-redirect.html"),
  "oauth2-redirect.js": file(script, "swagger-ui-dist/oauth2-redirect.js"),
};
