import { X509Certificate } from "node:crypto";

/** A certificate in PEM. */
export const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Certificates of a PEM file, the server's own first. */
export const certificatesIn = (pem: string): X509Certificate[] =>
  (pem.match(CERTIFICATE) ?? []).map((text) => new X509Certificate(text));

/**
 * Those of a chain that vouch for themselves, in PEM: whoever has such a certificate in the chain is not known to every
 * system.
 *
 * @returns undefined where there is none, or one that cannot be read
 */
export function authoritiesIn(pem: string): string | undefined {
  try {
    const roots = certificatesIn(pem).filter((each) => each.subject === each.issuer && each.verify(each.publicKey));
    return roots.length === 0 ? undefined : roots.map(String).join("");
  } catch {
    return undefined;
  }
}
