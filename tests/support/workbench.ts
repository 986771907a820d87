import { join } from "node:path";
import type { Page } from "playwright-core";
import { visit } from "./browser";
import type { DockerEnvironment } from "./docker-environment";
import { run } from "./environment";
import { eventually } from "./poll";

/** The VS Code workbench as a member drives it: by keystrokes where possible, because they outlast its redesigns. */

/** Logs in and waits until the workbench accepts typing. */
export async function login(page: Page, url: string, password: string): Promise<void> {
  await visit(page, url);
  await page.fill("input[name=password]", password);
  await page.click("input[type=submit]");
  await opened(page);
}

/** Waits until the workbench accepts typing. */
export async function opened(page: Page): Promise<void> {
  await page.waitForSelector(".monaco-workbench");
  // The explorer lists files only once the server side is connected.
  await page.waitForSelector(".explorer-folders-view .monaco-list-row");
}

/** Opens a file by the quick-open box; `path` is relative to the opened folder. */
export async function openFile(page: Page, path: string): Promise<void> {
  const name = path.split("/").at(-1) ?? path;
  await page.keyboard.press("Control+p");
  await page.locator(".quick-input-widget input").first().fill(path);
  // Enter before the search has answered would do nothing.
  await page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
}

/** Puts the cursor of the active editor into a line. */
export async function goToLine(page: Page, line: string): Promise<void> {
  await page.keyboard.press("Control+g");
  await page.locator(".quick-input-widget input").first().fill(`:${line}`);
  await page.keyboard.press("Enter");
  await page.locator(".line-numbers.active-line-number", { hasText: line }).first().waitFor();
}

/** Runs a command of the palette by its whole title, once it is there: extensions bring theirs after a while. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await eventually(`the command ${title}`, async () => {
    // A palette that is open already goes on listing what there was when it was opened.
    await page.keyboard.press("Escape");
    await page.keyboard.press("F1");
    await page.locator(".quick-input-widget input").first().fill(`>${title}`);
    await page.locator(`.quick-input-list [aria-label^="${title}"]`).first().click({ timeout: 3_000 });
    return true;
  });
}

/** The page inside a webview, which has two frames around it. */
export const webview = (page: Page) =>
  page.locator("iframe.webview.ready").last().contentFrame().frameLocator("#active-frame");

/** Appends to the active editor and saves; the caller checks the file. */
export async function appendAndSave(page: Page, text: string): Promise<void> {
  await page.locator(".editor-instance .monaco-editor .view-lines").first().click();
  await page.keyboard.press("Control+End");
  // Typed key by key, the text would meet auto-closing brackets and suggestions.
  await page.keyboard.insertText(text);
  await page.keyboard.press("Control+s");
  await page.locator(".tab.active:not(.dirty)").waitFor();
}

/** Runs a line in the terminal and returns what the terminal shows once it contains `until`. */
export async function runInTerminal(page: Page, line: string, until: string): Promise<string> {
  const input = page.locator(".terminal .xterm-helper-textarea").first();
  if ((await input.count()) === 0) await page.keyboard.press("Control+Backquote");
  await input.waitFor({ state: "attached" });
  await terminalContains(page, "$");
  await input.focus();
  await page.keyboard.insertText(line);
  await page.keyboard.press("Enter");
  await terminalContains(page, until);
  return page.locator(".xterm-rows").first().innerText();
}

/** Follows a link in the terminal, as members do; returns the page that opens. */
export async function followTerminalLink(page: Page, text: string): Promise<Page> {
  const middle: { x: number; y: number } = await page.evaluate(`(() => {
    const nodes = document.createTreeWalker(document.querySelector(".xterm-rows"), NodeFilter.SHOW_TEXT);
    for (let node = nodes.nextNode(); node !== null; node = nodes.nextNode()) {
      const begin = node.data.indexOf(${JSON.stringify(text)});
      if (begin < 0) continue;
      const range = document.createRange();
      range.setStart(node, begin);
      range.setEnd(node, begin + ${text.length});
      const { x, y, width, height } = range.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    }
    throw new Error("the terminal does not show it");
  })()`);
  return await newPage(page, async () => {
    // The terminal looks for links where the pointer moves.
    await page.mouse.move(middle.x - 2, middle.y);
    await page.keyboard.down("Control");
    await page.mouse.move(middle.x, middle.y);
    await page.mouse.click(middle.x, middle.y);
    await page.keyboard.up("Control");
  });
}

/** Opens a port of the PORTS view; returns its page. */
export async function openPort(page: Page, port: number): Promise<Page> {
  await page.getByRole("tab", { name: /^Ports/ }).click();
  const row = page.locator(".monaco-table .monaco-list-row", { hasText: String(port) });
  await row.hover();
  return await newPage(page, () => row.getByRole("button", { name: /^Open in Browser/ }).click());
}

/** The page that opens by what `act` does, which is tried again while nothing happens. */
function newPage(page: Page, act: () => Promise<void>): Promise<Page> {
  return eventually("a new page", async () => {
    const opened = page.context().waitForEvent("page", { timeout: 5_000 });
    await Promise.all([opened, act()]);
    return await opened;
  });
}

/** xterm draws spaces as no-break spaces. */
const terminalContains = (page: Page, text: string) =>
  page.waitForFunction(
    `document.querySelector(".xterm-rows")?.textContent.replaceAll("\\u00a0", " ").includes(${JSON.stringify(text)})`,
  );

/** Stages every change, commits and syncs, using only the buttons of the Source Control view. */
export async function commitAndSync(page: Page, message: string): Promise<void> {
  await page.keyboard.press("Control+Shift+g");
  const view = page.locator(".scm-view");
  const group = (name: string) => view.locator(`.monaco-list-row[aria-label="${name}"]`);
  const button = (text: string) => view.locator(".monaco-button", { hasText: text });
  // The button shows only while the pointer is over the row, and the row moves when git reports changes.
  await eventually("the click on Stage All Changes", async () => {
    await group("Changes").hover();
    await group("Changes").getByRole("button", { name: "Stage All Changes" }).click({ timeout: 2_000 });
    return true;
  });
  await group("Staged Changes").waitFor();
  await view.locator(".scm-editor .view-lines").click();
  await page.keyboard.insertText(message);
  await button("Commit").click();
  await button("Sync Changes").click();
  // VS Code asks whether it may pull and push; it asks for no account.
  await page.locator(".monaco-dialog-box").getByRole("button", { name: "OK", exact: true }).click();
  await button("Sync Changes").waitFor({ state: "detached" });
}

/** Installs a debugger of PHP in a member's editor: a small one of the tests, or the file of `MUSTER_TEST_PHP_DEBUG`. */
export async function debuggerFor(muster: DockerEnvironment, member: string): Promise<void> {
  const file = process.env.MUSTER_TEST_PHP_DEBUG ?? join(__dirname, "php-debug");
  await run("docker", ["cp", file, `${muster.team}-${member}-code:/home/muster/extension`]);
  const { code, output } = await muster.shell(
    `${member}-code`,
    `cd && if [ -d extension ]; then zip -qr debugger.vsix extension; else cp extension debugger.vsix; fi &&
      code-server --install-extension debugger.vsix`,
  );
  if (code !== 0) throw new Error(`no debugger in ${member}'s editor:\n${output}`);
}
