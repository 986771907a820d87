import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { authorityTests } from "../suites/authority";
import { artefact, chromiumPath, launch, overflow, PHONE, screenshot, visit } from "../support/browser";
import { eventually } from "../support/poll";
import { TrustedDomain } from "../support/trusted-domain";
import {
  debuggerFor,
  followTerminalLink,
  goToLine,
  opened,
  openFile,
  openPort,
  runCommand,
  runInTerminal,
  webview,
} from "../support/workbench";

jest.setTimeout(15 * 60_000);

const found = chromiumPath();
const inBrowser = found === undefined ? describe.skip : describe;
const where = found ?? "a browser (skipped: no Chromium found; install Debian's chromium or set CHROMIUM)";

const PASSWORD = "correct horse battery";
const PAGE = "public/index.php";

/** A mail with a page and a file. */
const MAIL = `<?php
$headers = "From: shop@dev.test\\r\\nMIME-Version: 1.0\\r\\nContent-Type: multipart/mixed; boundary=part";
$html = "Content-Type: text/html; charset=utf-8\\r\\n\\r\\n<h1>Thank you</h1>";
$file = "Content-Type: text/csv; name=list.csv\\r\\nContent-Disposition: attachment; filename=list.csv\\r\\n\\r\\na,b";
$body = "--part\\r\\n$html\\r\\n--part\\r\\n$file\\r\\n--part--\\r\\n";
echo mail("customer@example.org", "Your order", $body, $headers) ? "sent" : "failed";
`;

/** A member's first day where others reach the team: on a domain, by https, with the team's own authority. */
inBrowser(`on a domain, in ${where}`, () => {
  let domain: TrustedDomain;
  let browser: Browser;
  let context: BrowserContext;
  /** What the terminal's and the debugger's tests need is fetched while others run. */
  let prepared: Promise<unknown>;
  const inEditor = (line: string) => domain.muster.shell("alice-code", line);

  beforeAll(async () => {
    domain = await TrustedDomain.create("domain", [
      { id: "alice", name: "Alice Kim" },
      { id: "bob", name: "Bob" },
    ]);
    browser = await domain.browser();
    prepared = Promise.all([
      inEditor("mkdir /workspace/vite && cd /workspace/vite && npm install --no-audit --no-fund --silent vite"),
      debuggerFor(domain.muster, "alice"),
    ]);
  });
  afterAll(async () => {
    await prepared?.catch(() => undefined);
    await browser?.close();
    await domain?.dispose();
  });

  const contextOf = async (options: object): Promise<BrowserContext> => {
    const made = await browser.newContext({ locale: "en-US", ...options });
    made.setDefaultTimeout(120_000);
    return made;
  };

  describe("on a phone", () => {
    let phone: Page;
    beforeAll(async () => {
      context = await contextOf(PHONE);
      await context.tracing.start({ screenshots: true });
      phone = await context.newPage();
    });
    afterAll(async () => {
      await context?.tracing.stop({ path: artefact("phone.zip") });
      await context?.close();
    });

    /** A page fits the screen in both languages; ends on the English one. */
    async function inBothLanguages(name: string, url: string, text: string) {
      const korean = await contextOf({ ...PHONE, locale: "ko-KR", storageState: await context.storageState() });
      for (const [language, page, words] of [
        ["ko", await korean.newPage(), /[가-힣]/],
        ["en", phone, text],
      ] as const) {
        await visit(page, url);
        await page.locator("body").filter({ hasText: words }).waitFor();
        // Whoever is not signed in is led to the portal.
        expect(new URL(page.url()).host).toBe(new URL(url).host);
        await screenshot(page, `phone-${name}.${language}`);
        expect([name, language, await overflow(page)]).toEqual([name, language, 0]);
      }
      await korean.close();
    }

    test("the way begins without https, at the page about trust", async () => {
      await inBothLanguages("1-trust", domain.url(undefined, "/trust").replace("https:", "http:"), "trusts the team");
      await phone.locator("[data-state=trusted]").waitFor();
      expect(await phone.locator("details[open] summary").allInnerTexts()).toEqual(["Android"]);
      await phone.getByRole("link", { name: domain.url(undefined, "") }).tap();
      await phone.waitForURL(/\/-\/sign-in/);
    });

    test("a browser that does not know the authority is told so", async () => {
      const stranger = await launch({ hosts: [domain.host, `*.${domain.host}`] });
      const page = await stranger.newPage();
      await visit(page, domain.url(undefined, "/trust").replace("https:", "http:"));
      await page.locator("[data-state=untrusted]").waitFor();
      await expect(page.goto(domain.url(undefined))).rejects.toThrow("ERR_CERT_AUTHORITY_INVALID");
      await stranger.close();
    });

    test("an invitation's link leads to a password of one's own, and in", async () => {
      await inBothLanguages("2-sign-in", domain.url(undefined), "Sign in");
      await inBothLanguages("3-invitation", await domain.invitation("alice"), "Welcome, Alice Kim");
      await phone.getByLabel("New password").fill(PASSWORD);
      await phone.getByLabel("The same once more").fill(PASSWORD);
      await phone.getByRole("button", { name: "Start" }).tap();
      await phone.waitForURL(domain.url(undefined));
      await inBothLanguages("4-portal", domain.url(undefined), "Yours");
    });

    test("the portal leads to the editor; what is written and saved there is on the site", async () => {
      await phone
        .locator(`a[href^="${domain.url("code-alice", "")}"]`)
        .first()
        .tap();
      await opened(phone);
      expect(await phone.evaluate("isSecureContext")).toBe(true);
      const row = (name: string) => phone.locator(".explorer-folders-view .monaco-list-row", { hasText: name }).first();
      await row("public").tap();
      await row("index.php").tap();
      await phone.locator('.tab.active[data-resource-name="index.php"]').waitFor();
      // The side bar gives its room to the text.
      await phone.locator(".activitybar .action-item.checked").first().tap();
      await screenshot(phone, "phone-5-editor");
      const written = phone.locator(".view-line", { hasText: "Written on a phone" });
      // A tap before the editor listens puts no cursor anywhere.
      await eventually("the text in the editor", async () => {
        if ((await written.count()) === 0) {
          await phone.locator(".view-line", { hasText: "<body>" }).first().tap();
          await phone.keyboard.insertText("<p>Written on a phone</p>");
        }
        await written.first().waitFor({ timeout: 5_000 });
        return true;
      });
      await phone.locator(".menubar-menu-button").first().tap();
      await phone.getByRole("menuitem", { name: "File", exact: true }).tap();
      await screenshot(phone, "phone-6-save");
      await phone.locator(".monaco-menu .action-label").getByText("Save", { exact: true }).first().tap();
      await phone.locator(".tab.active:not(.dirty)").waitFor();

      await visit(phone, domain.url("alice"));
      await eventually("the edit on the site", async () => {
        await phone.reload();
        return (await phone.getByText("Written on a phone").count()) === 1;
      });
      await screenshot(phone, "phone-7-site");
    });

    test("what is somebody else's says so", async () => {
      await inBothLanguages("8-denied", domain.url("code-bob"), "This is Bob’s editor");
    });

    test("pages of git, mail and the database fit the screen", async () => {
      for (const [host, path] of [
        ["git", "/app.git/"],
        ["mail", "/"],
        ["db-alice", "/"],
      ] as const) {
        await visit(phone, domain.url(host, path));
        expect([phone.url(), await overflow(phone)]).toEqual([expect.stringContaining(domain.url(host, "")), 0]);
        await screenshot(phone, `phone-9-${host}`);
      }
    });
  });

  describe("at a desk", () => {
    let page: Page;
    beforeAll(async () => {
      await prepared;
      context = await contextOf({ viewport: { width: 1280, height: 800 } });
      const origin = domain.url("code-alice", "");
      await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
      page = await context.newPage();
    });
    afterAll(() => context?.close());

    test("the password from the phone leads to the editor that was asked for", async () => {
      await visit(page, domain.url("code-alice"));
      await page.getByLabel("Your id").fill("alice");
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in" }).click();
      await opened(page);
      expect(new URL(page.url()).origin).toBe(domain.url("code-alice", ""));
    });

    test("Markdown is drawn, extensions have their pages, and what is copied is in the clipboard", async () => {
      await openFile(page, "README.md");
      await runCommand(page, "Markdown: Open Preview");
      await webview(page).getByRole("heading", { name: "Our app" }).waitFor();
      await screenshot(page, "markdown");

      await openFile(page, "composer.json");
      await page.locator(".editor-instance .monaco-editor .view-lines").first().click();
      await page.keyboard.press("Control+a");
      await page.keyboard.press("Control+c");
      const copied = () => page.evaluate("navigator.clipboard.readText()") as Promise<string>;
      await eventually("the copy", async () => (await copied()).includes('"name": "team/app"'));

      await page.keyboard.press("Control+Shift+x");
      await page.locator(".extensions-viewlet .view-lines").first().click();
      await page.keyboard.insertText("@builtin markdown");
      await page.locator(".extensions-list .monaco-list-row", { hasText: "Markdown Language Basics" }).first().click();
      await webview(page).getByRole("heading", { name: "Features" }).waitFor();
    });

    test("a terminal's link and PORTS lead to Vite, where what is edited shows in the page that is open", async () => {
      const write = (text: string) =>
        `echo 'document.body.innerText = "${text}"; import.meta.hot.accept();' > /workspace/vite/main.js`;
      const made = await inEditor(
        `${write("first")}; echo '<!doctype html><body><script type="module" src="/main.js"></script>' > /workspace/vite/index.html`,
      );
      expect(made).toEqual({ code: 0, output: "" });
      await runInTerminal(page, "cd /workspace/vite; clear; npx vite", "http://localhost:5173/");
      const site = await followTerminalLink(page, "localhost");
      await site.getByText("first").waitFor();
      expect(site.url()).toBe(domain.url("5173--alice"));
      await site.evaluate("window.kept = true");
      await inEditor(write("second"));
      await site.getByText("second").waitFor();
      expect(await site.evaluate("window.kept")).toBe(true);
      await site.close();

      const again = await openPort(page, 5173);
      await again.getByText("second").waitFor();
      await again.close();
      await screenshot(page, "ports");
    });

    test("a breakpoint stops the site's request at its line, and lets it go on", async () => {
      await openFile(page, PAGE);
      // The editor has only those lines in its page that it shows.
      await goToLine(
        page,
        (await inEditor(`grep -n 'revision = ' /workspace/app/${PAGE} | cut -d : -f 1`)).output.trim(),
      );
      await page.keyboard.press("F9");
      await page.keyboard.press("F5");
      await eventually("the debugger", async () => (await inEditor("test -e /workspace/.muster/debugging")).code === 0);
      const site = await context.newPage();
      const answer = visit(site, domain.url("alice"));
      await page.bringToFront();
      await page.locator(".debug-top-stack-frame-line").first().waitFor();
      await page.locator(".debug-call-stack").getByText("index.php").first().waitFor();
      await screenshot(page, "breakpoint");
      expect(await Promise.race([answer, "waiting"])).toBe("waiting");
      await page.keyboard.press("F5");
      expect((await answer)?.status()).toBe(200);
      await page.keyboard.press("Shift+F5");
      await page.locator(".debug-toolbar").waitFor({ state: "hidden" });
      await site.close();
    });

    test("mail of the site is in the inbox: page, file and source", async () => {
      await inEditor(`cat > /workspace/app/public/order.php <<'END'\n${MAIL}END`);
      await visit(page, domain.url("alice", "/order.php"));
      await page.getByText("sent").waitFor();
      await visit(page, domain.url("mail"));
      await page.getByText("Your order").first().click();
      await page.frameLocator("iframe").getByRole("heading", { name: "Thank you" }).waitFor();
      const download = page.waitForEvent("download");
      await page.getByRole("link", { name: /list\.csv/ }).click();
      expect(readFileSync(await (await download).path(), "utf8").trim()).toBe("a,b");
      await page.getByRole("button", { name: "Source" }).click();
      await page
        .getByText(/multipart\/mixed/)
        .first()
        .waitFor();
      await screenshot(page, "inbox");
    });

    test("the database's page outlives its sessions", async () => {
      const table = page.getByRole("link", { name: "visits", exact: true }).first();
      await visit(page, domain.url("db-alice"));
      await table.waitFor();
      await domain.muster.shell("alice-web", "rm /tmp/sessions/sess_*");
      await visit(page, domain.url("db-alice"));
      await table.waitFor();
      await page.reload();
      expect(await page.getByText("Warning").count()).toBe(0);
    });
  });

  authorityTests({
    domain: () => domain,
    browser: () => browser,
    async renew() {
      await browser.close();
      browser = await domain.browser();
    },
  });
});
