import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { chromiumPath } from "./chromium.ts";

// What a person does at /docs, in a real browser. Any error in its console, and any request that fails, is a failure.

const screenshot = ".screenshots/docs.png";
const patienceMs = 10_000;

// past Vitest, which is silent about what is skipped
if (!chromiumPath) writeSync(2, "skipped: there is no Chromium or Chrome on this machine\n");

describe.skipIf(!chromiumPath)("in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath as string });
  });
  afterAll(() => browser?.close());

  /** The page, in a browser that has never been here, and all that goes wrong on it and in its windows. */
  async function openDocs() {
    const context = await browser.newContext({ viewport: { width: 1280, height: 1400 } });
    context.setDefaultTimeout(patienceMs);
    const wrong: string[] = [];
    context.on("console", (said) => said.type() === "error" && wrong.push(said.text()));
    context.on("weberror", (error) => wrong.push(String(error.error())));
    context.on("requestfailed", (request) => wrong.push(`${request.url()} ${request.failure()?.errorText}`));
    context.on(
      "response",
      (answer) => answer.status() >= 400 && wrong.push(`${answer.status()} ${answer.url()}`),
    );
    const page = await context.newPage();
    await page.goto(`${inject("url")}/docs`);
    return { page, wrong };
  }

  /** Opens hosted sign-in as the viewer does, in a window of its own. */
  async function hostedSignIn(page: Page) {
    await page.locator(".scheme-container").getByRole("button", { name: "Authorize" }).click();
    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Apply given OAuth2 credentials" }).click();
    return opened;
  }

  /** Fills in the form of hosted sign-in, and waits until the page has its token. */
  async function fillIn(page: Page, hosted: Page, email: string, password: string, button: string) {
    await hosted.getByLabel("E-mail").fill(email);
    await hosted.getByLabel("Password").fill(password);
    await Promise.all([hosted.waitForEvent("close"), hosted.getByRole("button", { name: button }).click()]);
    await page.getByText("Authorized", { exact: true }).waitFor();
    await page.locator(".close-modal").click();
  }

  /** Has the viewer ask an operation, as it suggests it or with these values, and reads what it shows. */
  async function tryOut(page: Page, operation: string, values: Record<string, string> = {}) {
    const form = page.locator(`#operations-${operation}`);
    await form.locator(".opblock-summary-control").click();
    for (const [name, value] of Object.entries(values)) await form.getByPlaceholder(name).fill(value);
    await form.getByRole("button", { name: "Execute" }).click();
    const shown = form.locator(".live-responses-table");
    const status = await shown.locator(".response-col_status").last().innerText();
    return { status: Number(status), body: JSON.parse(await shown.locator("pre code").first().innerText()) };
  }

  const signOut = (page: Page) =>
    Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Sign out" }).click()]);

  const wholeJourneyMs = 90_000;
  test("a person signs up, signs in, orders, sees their order and signs out", {
    timeout: wholeJourneyMs,
  }, async () => {
    const { page, wrong } = await openDocs();
    const [email, password] = [`ada-${randomUUID()}@example.com`, `Aa1!${randomUUID()}`];

    const signUp = await hostedSignIn(page);
    await signUp.getByRole("link", { name: "Create an account" }).click();
    await fillIn(page, signUp, email, password, "Sign up");
    await signOut(page);

    // the session has ended: the password is asked for
    await fillIn(page, await hostedSignIn(page), email, password, "Sign in");

    const cart = await tryOut(page, "Cart-addToCart");
    const order = await tryOut(page, "Orders-placeOrder");
    const history = await tryOut(page, "Orders-listOrders");
    const { orderId } = order.body;
    const seen = await tryOut(page, "Orders-viewOrder", { orderId });
    await page.locator("#operations-Orders-viewOrder").scrollIntoViewIfNeeded();
    await page.screenshot({ path: screenshot });

    expect([cart.status, order.status, history.status, seen.status]).toEqual([200, 201, 200, 200]);
    expect(order.body).toMatchObject({ cartId: cart.body.cartId, total: cart.body.total, status: "pending" });
    expect(history.body).toEqual({ items: [order.body], nextCursor: null });
    expect(seen.body).toEqual(order.body);

    await signOut(page);
    const hosted = await hostedSignIn(page);
    await hosted.getByRole("button", { name: "Sign in" }).waitFor();
    expect(wrong).toEqual([]);
  });

  test("what a page of ours is not allowed is seen to fail", async () => {
    const { page, wrong } = await openDocs();

    await page.evaluate(
      'document.body.append(Object.assign(new Image(), { src: "https://elsewhere.example" }))',
    );
    await page.evaluate("fetch('/docs/nothing')");

    await expect.poll(() => wrong.join("\n")).toMatch(/Content Security Policy[\s\S]*404/);
  });
});
