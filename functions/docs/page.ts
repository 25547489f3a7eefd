import { config } from "../../shared/config.ts";

/** A page that shows the API's description and lets a person try it, with Swagger UI. page.js makes it work. */
export const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Bookshop: the API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="stylesheet" href="/docs/page.css">
  </head>
  <body data-sign-in-url="${config.signInUrl}" data-client-id="${config.clientId}">
    <header>
      <p><a href="/openapi.json">The description</a>. To try what is a customer's, <strong>Authorize</strong> with <code>signIn</code>: the sign-in page also makes
        accounts. After 15 minutes, once more.</p>
      <button type="button" id="sign-out">Sign out</button>
    </header>
    <main id="viewer"></main>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script type="module" src="/docs/page.js"></script>
  </body>
</html>
`;

/** Nothing comes from elsewhere; only sign-in is asked for tokens. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  `connect-src 'self' ${new URL(config.signInUrl).origin}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");
