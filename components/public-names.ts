import { INSIDE_PORT, INSIDE_TLS_PORT } from "../config/catalogue";
import { type Entrance, leadsInside } from "../config/entrance";
import type { PublicAddress } from "../config/naming";
import type { Platform, Scope } from "../platform/platform";

/** How a workload reaches the team's public addresses, and what they are. */
export interface PublicNames {
  /** For images that build on `php`. */
  readonly env: Readonly<Record<string, string>>;
  readonly address: PublicAddress;
}

/** The last port that needs a privilege, where the kernel's default holds. */
const LAST_PRIVILEGED = 1023;

/**
 * From inside, public names lead to the workload's own loopback, and the public port there to a port of the gateway's
 * that nobody reaches from outside. Where something in front of the gateway ends TLS, names are left to DNS.
 *
 * @param scope the team's own, with its `Gateway`
 */
export function publicNames(
  platform: Platform,
  scope: Scope,
  {
    domain,
    port,
    tls = false,
    gatewayTls = { kind: "off" },
    httpPort,
  }: PublicAddress & Partial<Pick<Entrance, "gatewayTls" | "httpPort">>,
): PublicNames {
  const address = { domain, port, tls };
  if (!leadsInside({ tls, gatewayTls })) return { env: {}, address };
  const ends = gatewayTls.kind !== "off";
  const gateway = platform.insideHost(scope, "gateway");
  const forwards = [
    `${port}=${gateway}:${ends ? INSIDE_TLS_PORT : INSIDE_PORT}`,
    ...(ends && httpPort !== undefined ? [`${httpPort}=${gateway}:${INSIDE_PORT}`] : []),
  ];
  return { env: { PUBLIC_DOMAIN: domain, PUBLIC_FORWARDS: forwards.join(" ") }, address };
}

/** What a workload with `names` needs besides their variables. */
export const namesSpec = (names: PublicNames | undefined) => ({
  ...(names !== undefined && names.address.port <= LAST_PRIVILEGED ? { privilegedPorts: true } : {}),
});

/** Where images with `names` keep what they are. */
export const NAMES_FOLDER = "/run/muster";
