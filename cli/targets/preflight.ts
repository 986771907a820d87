import { lookup } from "node:dns/promises";
import type { Team } from "../../config/members";
import { isLocalDomain } from "../../config/naming";
import { UserError } from "../errors";

/** @throws UserError that lists what a target's preflight found, where that is anything */
export function refuse(found: readonly (string | undefined)[]): void {
  const problems = found.filter((problem) => problem !== undefined);
  if (problems.length === 0) return;
  throw new UserError(
    ["Nothing was created, because it would not work:", ...problems.map((problem) => `  ${problem}`)].join("\n"),
  );
}

/** Who comes from elsewhere types a password, and keeps a session. */
export function plainWarning({ domain, tls, target }: Pick<Team, "domain" | "tls" | "target">): string | undefined {
  if (tls || isLocalDomain(domain)) return undefined;
  const inFront =
    target === "kubernetes" ? "kubernetes.ingress.tlsSecret or kubernetes.gatewayApi.tls" : "muster:proxies";
  return (
    `passwords and sessions of ${domain} are not encrypted: leave muster:tls out, or set ${inFront} ` +
    "where what is in front encrypts"
  );
}

/**
 * Names below `localhost` need no resolver: browsers know them.
 *
 * @param destination what the names have to lead to
 */
export async function domainWarning({ domain, members }: Team, destination: string): Promise<string | undefined> {
  if (isLocalDomain(domain)) return undefined;
  const host = `${members[0]?.id}.${domain}`;
  try {
    await lookup(host);
    return undefined;
  } catch {
    return `${host} does not resolve here: point *.${domain} and ${domain} at ${destination} in your DNS`;
  }
}
