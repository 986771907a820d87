import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Browser } from "playwright-core";
import { run } from "./environment";
import type { TrustedDomain } from "./trusted-domain";

/**
 * What Chromium, curl and openssl, which trust the authority, make of a server whose certificates a stolen key made.
 *
 * @returns by name: the page or the error's name, what curl prints, and openssl's verdict
 */
export async function askForged(domain: TrustedDomain, browser: Browser, names: readonly string[]) {
  const contexts = new Map<string, SecureContext>();
  for (const name of names) contexts.set(name, createSecureContext(await domain.forge(name)));
  const server = createServer({ SNICallback: (name, done) => done(null, contexts.get(name)) }, (_, response) =>
    response.end("here"),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const asked = new Map<string, (string | undefined)[]>();
  for (const name of names) {
    const url = `https://${name}:${port}/`;
    const page = await browser.newPage();
    const shown = await page.goto(url).then(
      () => page.innerText("body"),
      (error: Error) => /net::\w+/.exec(error.message)?.[0],
    );
    await page.close();
    const at = ["--resolve", `${name}:${port}:127.0.0.1`];
    const curl = await run("curl", ["--silent", "--show-error", "--cacert", domain.authority, ...at, url]);
    const options = ["-connect", `127.0.0.1:${port}`, "-servername", name, "-CAfile", domain.authority];
    const openssl = await run("openssl", ["s_client", ...options]);
    asked.set(name, [shown, curl.output.trim(), /Verify return code: (.*)/.exec(openssl.output)?.[1]]);
  }
  server.close();
  server.closeAllConnections();
  return asked;
}
