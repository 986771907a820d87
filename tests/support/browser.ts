import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

/** Screenshots of the last run; git ignores them. */
const ARTEFACTS = resolve(__dirname, "../artefacts");

/** Where Debian, Ubuntu and macOS keep Chromium; `CHROMIUM` names another one. */
const CANDIDATES = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

export const chromiumPath = (): string | undefined =>
  CANDIDATES.find((path): path is string => path !== undefined && path !== "" && existsSync(path));

/**
 * A headless Chromium that asks nobody outside for anything. Without 3D, VS Code's terminal draws its rows as text, which
 * tests can read.
 */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath() ?? "",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-3d-apis",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-sync",
    ],
  });

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(ARTEFACTS, { recursive: true });
  // A change of colours that is under way would be shown half done.
  await page.screenshot({ path: join(ARTEFACTS, `${name}.png`), animations: "disabled" });
}
