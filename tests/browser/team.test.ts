import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { chromiumPath, launch, screenshot, visit } from "../support/browser";
import { DockerEnvironment } from "../support/docker-environment";
import { request } from "../support/http";
import { eventually } from "../support/poll";
import { appendAndSave, login, openFile, runInTerminal } from "../support/workbench";

jest.setTimeout(15 * 60_000);

const found = chromiumPath();
const inBrowser = found === undefined ? describe.skip : describe;

/** A member's day in a real browser, through the published port only. */
inBrowser(`in ${found ?? "a browser (skipped: no Chromium found; install Debian's chromium or set CHROMIUM)"}`, () => {
  let muster: DockerEnvironment;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let password: string;

  beforeAll(async () => {
    muster = await DockerEnvironment.create("testbrowser", "compose");
    muster.configure({ members: [{ id: "alice", name: "Alice Kim" }, { id: "bob" }] });
    await muster.succeed("up");
    const output = await muster.succeed("credentials", "alice", "--json");
    password = JSON.parse(output.slice(output.indexOf("{"))).alice.editor;
    browser = await launch();
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    context.setDefaultTimeout(60_000);
    page = await context.newPage();
  });

  afterAll(async () => {
    await browser?.close();
    await muster?.dispose();
  });

  test("the portal shows every member, and which service answers", async () => {
    await visit(page, muster.url(undefined));
    await page.getByRole("heading", { name: "Alice Kim" }).waitFor();
    // The page allows no script that it does not bring, which waitForFunction would be.
    await eventually("every service being up", async () => {
      const [all, up] = await Promise.all(
        ["[data-state]", '[data-state="up"]'].map((state) => page.locator(state).count()),
      );
      return up !== 0 && up === all;
    });
    for (const [name, colorScheme, width] of [
      ["portal-light", "light", 1280],
      ["portal-dark", "dark", 1280],
      ["portal-phone", "light", 390],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await screenshot(page, name);
      const overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      expect(overflow).toBe(0);
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  test("the portal leads to a member's page", async () => {
    await page
      .locator(`a[href="${muster.url("alice", "")}"]`)
      .first()
      .click();
    await page.waitForURL(muster.url("alice"));
    await page.getByText("Alice Kim").first().waitFor();
    await screenshot(page, "site");
  });

  test("the portal's state follows a service that stops and comes back", async () => {
    await visit(page, muster.url(undefined));
    const editorState = page.locator('[data-service="bob/editor"]');
    await editorState.and(page.locator('[data-state="up"]')).waitFor();
    await muster.stop("bob-code");
    await editorState.and(page.locator(':not([data-state="up"])')).waitFor();
    await screenshot(page, "portal-editor-down");
    await muster.start("bob-code");
    await editorState.and(page.locator('[data-state="up"]')).waitFor();
  });

  test("a wrong password is refused", async () => {
    await visit(page, muster.url("code-alice"));
    await page.fill("input[name=password]", "wrong");
    await page.click("input[type=submit]");
    await page.getByText("Incorrect password").waitFor();
  });

  test("alice logs in, edits and saves, and her page shows the edit", async () => {
    await login(page, muster.url("code-alice"), password);
    await openFile(page, "public/index.php");
    await appendAndSave(page, "\n<p>Written in the browser</p>\n");
    await screenshot(page, "editor");
    await eventually("the page showing the edit", async () =>
      (await request(muster.url("alice"))).body.includes("Written in the browser"),
    );
    const { output } = await muster.shell("alice-code", "stat -c %U:%a /workspace/app/public/index.php");
    expect(output).toBe("muster:664\n");
  });

  test("the terminal has the tools, and mariadb connects without further typing", async () => {
    const text = await runInTerminal(page, "clear; git --version; mariadb -e 'select 6*7'; echo d''one", "done");
    expect(text).toContain("git version 2");
    expect(text).toContain("42");
    await screenshot(page, "terminal");
  });

  test("Vite's default command has an address, and what is edited shows in the page that is open", async () => {
    const address = muster.url("5173--alice");
    await visit(page, address);
    await page.getByRole("heading", { name: "Nothing listens on port 5173" }).waitFor();
    await screenshot(page, "port-free");
    const write = (text: string) =>
      `echo 'document.body.innerText = "${text}"; import.meta.hot.accept();' > /workspace/vite/main.js`;
    const { code, output } = await muster.shell(
      "alice-code",
      `mkdir /workspace/vite && cd /workspace/vite && npm install --no-audit --no-fund --silent vite && ${write("first")} &&
        echo '<!doctype html><body><script type="module" src="/main.js"></script>' > index.html`,
    );
    expect([code, output]).toEqual([0, ""]);
    const server = muster.shell("alice-code", "cd /workspace/vite && exec npx vite");
    // The page opens it by itself.
    await page.getByText("first").waitFor();
    await page.evaluate("window.kept = true");
    await muster.shell("alice-code", write("second"));
    await page.getByText("second").waitFor();
    expect(await page.evaluate("window.kept")).toBe(true);
    await muster.shell("alice-code", "pkill -f [n]ode_modules/.bin/vite; rm -r /workspace/vite");
    await server;
  });

  test("a host name that is on nobody's roster gets a page that says so", async () => {
    const answer = await visit(page, muster.url("zoe"));
    expect(answer?.status()).toBe(404);
    await page.getByText("zoe is not on the roster").waitFor();
    await screenshot(page, "not-on-the-roster");
  });
});
