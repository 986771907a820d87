import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Browser } from "playwright-core";
import { visit } from "./browser";
import { run } from "./environment";
import type { TrustedDomain } from "./trusted-domain";

/**
 * What they make of a server whose certificates a stolen key made.
 *
 * @returns by name: as `askTrusting`
 */
export async function askForged(domain: TrustedDomain, browser: Browser, names: readonly string[]) {
  const contexts = new Map<string, SecureContext>();
  for (const name of names) contexts.set(name, createSecureContext(await domain.forge(name)));
  const server = createServer({ SNICallback: (name, done) => done(null, contexts.get(name)) }, (_, response) =>
    response.end("here"),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const asked = new Map<string, readonly string[]>();
  for (const name of names) asked.set(name, await askTrusting(domain, browser, `https://${name}:${port}/`));
  server.close();
  server.closeAllConnections();
  return asked;
}

/**
 * What Chromium, curl and openssl, which trust the authority, make of a page.
 *
 * @returns the page or the error's name, what curl prints, and openssl's verdict
 */
export async function askTrusting(domain: TrustedDomain, browser: Browser, url: string): Promise<readonly string[]> {
  const { hostname, port } = new URL(url);
  const page = await browser.newPage();
  const shown = await visit(page, url).then(
    () => page.innerText("body"),
    (error: Error) => /net::\w+/.exec(error.message)?.[0] ?? error.message,
  );
  await page.close();
  const at = ["--resolve", `${hostname}:${port}:127.0.0.1`];
  const curl = await run("curl", ["--silent", "--show-error", "--cacert", domain.authority, ...at, url]);
  const options = ["-connect", `127.0.0.1:${port}`, "-servername", hostname, "-CAfile", domain.authority];
  const openssl = await run("openssl", ["s_client", ...options]);
  return [shown.trim(), curl.output.trim(), /Verify return code: (.*)/.exec(openssl.output)?.[1] ?? ""];
}
