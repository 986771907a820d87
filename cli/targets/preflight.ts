import { lookup } from "node:dns/promises";
import type { Team } from "../../config/members";

/**
 * Names below `localhost` need no resolver: browsers know them.
 *
 * @param destination what the names have to lead to
 */
export async function domainWarning({ domain, members }: Team, destination: string): Promise<string | undefined> {
  if (/(?:^|\.)localhost$/.test(domain)) return undefined;
  const host = `${members[0]?.id}.${domain}`;
  try {
    await lookup(host);
    return undefined;
  } catch {
    return `${host} does not resolve here: point *.${domain} and ${domain} at ${destination} in your DNS`;
  }
}
