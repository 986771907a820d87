import type { Page } from "playwright-core";
import { eventually } from "./poll";

/** The VS Code workbench as a member drives it: by keystrokes where possible, because they outlast its redesigns. */

/** Logs in and waits until the workbench accepts typing. */
export async function login(page: Page, url: string, password: string): Promise<void> {
  await page.goto(url);
  await page.fill("input[name=password]", password);
  await page.click("input[type=submit]");
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
