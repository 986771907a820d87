import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Browser, chromium, type Page, type Response } from "playwright-core";
import { eventually } from "./poll";

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

export interface LaunchOptions {
  /** Home folder of its own, with a certificate store. */
  readonly home?: string;
  /** Names, also with `*.` before them, that are this machine. */
  readonly hosts?: readonly string[];
}

/**
 * A headless Chromium that asks nobody outside for anything. Without 3D, VS Code's terminal draws its rows as text, which
 * tests can read.
 */
export const launch = ({ home, hosts = [] }: LaunchOptions = {}): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath() ?? "",
    env: { ...process.env, ...(home && { HOME: home, XDG_DATA_HOME: join(home, ".local/share") }) },
    args: [
      `--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(",")}`,
      "--no-sandbox",
      "--disable-gpu",
      "--disable-3d-apis",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-sync",
    ],
  });

/** A phone of medium size; its texts are as large as there. */
export const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
  userAgent:
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36",
};

/** Pixels by which a page is wider than its window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

/** Chromium cuts off whatever is under way when an address of the machine comes or goes, as with any container. */
const CUT_OFF = "net::ERR_NETWORK_CHANGED";

/** Opens a page, again where that was cut off. */
export async function visit(page: Page, url: string): Promise<Response | null> {
  for (;;) {
    try {
      return await page.goto(url);
    } catch (error) {
      if (!String(error).includes(CUT_OFF)) throw error;
    }
  }
}

/** Opens a page until it shows texts: one that was cut off while it asked for its data does not ask again. */
export async function read(page: Page, url: string, ...texts: readonly string[]): Promise<void> {
  await eventually(
    `${texts.join(", ")} at ${url}`,
    async () => {
      // Where the address differs behind its # alone, the page would not be asked for again.
      await page.goto("about:blank");
      await visit(page, url);
      for (const text of texts) await page.getByText(text).first().waitFor({ timeout: 20_000 });
      return true;
    },
    120,
  );
}

/** Where an artefact goes. */
export function artefact(name: string): string {
  mkdirSync(ARTEFACTS, { recursive: true });
  return join(ARTEFACTS, name);
}

export async function screenshot(page: Page, name: string): Promise<void> {
  // A change of colours that is under way would be shown half done.
  await page.screenshot({ path: artefact(`${name}.png`), animations: "disabled" });
}
