import { expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { askForged, askTrusting } from "../support/forged";
import { FOREIGN, type TrustedDomain } from "../support/trusted-domain";

export interface AuthorityCase {
  /** Known once the environment is up. */
  readonly domain: () => TrustedDomain;
  readonly browser: () => Browser;
  /** Starts the browser anew, with the authority of now in its store. */
  renew(): Promise<void>;
}

/** What the team's own authority vouches for, and what becomes of it when another takes its place. */
export function authorityTests({ domain, browser, renew }: AuthorityCase): void {
  test("a certificate that a stolen key makes for another name is refused by Chromium, curl and openssl", async () => {
    const own = `extra.${domain().host}`;
    const asked = await askForged(domain(), browser(), [own, FOREIGN]);
    // The same key, and a name of the team: so it is the name that is refused.
    expect(asked.get(own)).toEqual(["here", "here", "0 (ok)"]);
    expect(asked.get(FOREIGN)).toEqual([
      expect.stringMatching(/^net::ERR_CERT_/),
      expect.stringContaining("permitted subtree violation"),
      expect.stringContaining("permitted subtree violation"),
    ]);
  });

  test("another authority takes the place of the first, and is trusted beside it", async () => {
    const ask = () => askTrusting(domain(), browser(), domain().url("git", "/-/health"));
    expect(await ask()).toEqual(["ok", "ok", "0 (ok)"]);
    const before = await domain().muster.containers();
    await domain().replaceAuthority();
    const after = await domain().muster.containers();
    expect(Object.keys(before).filter((name) => after[name] !== before[name])).toEqual(["gateway"]);
    expect(await ask()).toEqual([
      "net::ERR_CERT_AUTHORITY_INVALID",
      expect.stringContaining("unable to get local issuer certificate"),
      expect.stringMatching(/^2[01] /),
    ]);
    await renew();
    expect(await ask()).toEqual(["ok", "ok", "0 (ok)"]);
  });
}
