import { createHash } from "node:crypto";
import { html, raw } from "hono/html";

const style = `
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f3f1ec; color: #23201a;
    font: 16px/1.5 system-ui, sans-serif; }
  main { width: min(23rem, 92vw); padding: 2rem; background: #fff; border-radius: .75rem; box-shadow: 0 2px 14px #0002; }
  h1 { margin: 0 0 1rem; font-size: 1.4rem; }
  label { display: block; margin-bottom: 1rem; }
  input { display: block; width: 100%; padding: .6rem; border: 1px solid #8a8478; border-radius: .4rem; font: inherit; }
  button { width: 100%; padding: .7rem; border: 0; border-radius: .4rem; background: #14532d; color: #fff; font: inherit; cursor: pointer; }
  .error { padding: .6rem; border-radius: .4rem; background: #fdecea; color: #8f1d14; overflow-wrap: anywhere; }
  footer { margin-top: 1.5rem; color: #635d52; font-size: .8rem; }
`;

/** Nothing but the page's own style may load. Forms may lead on to applications, since a redirect counts as form-action. */
export const pageHeaders = {
  "Content-Security-Policy": [
    "default-src 'none'",
    `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
    "form-action 'self' http://localhost:* http://127.0.0.1:*",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; "),
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
};

type Html = ReturnType<typeof html>;
type Form = { query: string; email?: string; error?: string };

const page = (title: string, content: Html) => html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <style>${raw(style)}</style>
  </head>
  <body>
    <main>
      <h1>${title}</h1>
      ${content}
      <footer>Local stand-in for Cognito: accounts live on this machine only.</footer>
    </main>
  </body>
</html>
`;

const passwordRules = "At least 8 characters, with upper and lower case and a digit.";

const credentials = ({ email, error }: Form, newPassword: boolean) => html`
  ${error && html`<p class="error" role="alert">${error}</p>`}
  <label>E-mail
    <input name="email" type="email" autocomplete="username" required autofocus value="${email ?? ""}">
  </label>
  <label>Password
    <input name="password" type="password" autocomplete="${newPassword ? "new-password" : "current-password"}" required>
  </label>`;

/** Asks for e-mail and password. */
export const loginPage = (form: Form) =>
  page(
    "Sign in",
    html`<form method="post" action="/login?${form.query}">
      ${credentials(form, false)}
      <button>Sign in</button>
    </form>
    <p>New here? <a href="/signup?${form.query}">Create an account</a></p>`,
  );

/** Asks for a password in the place of the one that an administrator gave. */
export const newPasswordPage = (form: Form) =>
  page(
    "Choose a password",
    html`<form method="post" action="/login?${form.query}">
      ${credentials(form, false)}
      <label>New password
        <input name="newPassword" type="password" autocomplete="new-password" required>
      </label>
      <p>${passwordRules}</p>
      <button>Sign in</button>
    </form>`,
  );

/** Asks for the e-mail and password of a new account. */
export const signUpPage = (form: Form) =>
  page(
    "Create an account",
    html`<form method="post" action="/signup?${form.query}">
      ${credentials(form, true)}
      <p>${passwordRules} There is no mail here: the account is confirmed at once, and you are signed in.</p>
      <button>Sign up</button>
    </form>
    <p>Have an account? <a href="/login?${form.query}">Sign in</a></p>`,
  );

/** Says what is wrong when there is nowhere to send the person back to. */
export const errorPage = (error: string) =>
  page("This link does not work", html`<p class="error" role="alert">${error}</p>`);
