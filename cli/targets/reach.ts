import { lookup } from "node:dns/promises";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import type { Team } from "../../config/members";
import { isLocalDomain, publicHosts, publicUrl } from "../../config/naming";

/** Interfaces of containers and virtual machines, which nobody else reaches. */
const VIRTUAL = /^(?:docker|br-|veth|virbr|cni|flannel|podman|lxc|vmnet|vboxnet|utun)/;

/** This machine's addresses on its networks, IPv4. */
export function machineAddresses(
  interfaces: Readonly<Partial<Record<string, NetworkInterfaceInfo[]>>> = networkInterfaces(),
): string[] {
  return Object.entries(interfaces)
    .filter(([name]) => !VIRTUAL.test(name))
    .flatMap(([, addresses = []]) => addresses)
    .filter(({ family, internal, address }) => family === "IPv4" && !internal && !address.startsWith("169.254."))
    .map(({ address }) => address);
}

/** Where the gateway's port is published: what `muster:listen` names, or every address of this machine. */
export const publishedAt = ({ listen }: Pick<Team, "listen">, machine = machineAddresses()): readonly string[] =>
  listen === "0.0.0.0" ? machine : [listen];

/** Names that Windows reads of one line of its hosts file. */
const NAMES_A_LINE = 8;

/** Lines for `/etc/hosts` with every name of the team, which knows no wildcard. */
export function hostsLines(team: Pick<Team, "domain" | "members" | "repositories">, address: string): string[] {
  const names = [team.domain, ...publicHosts(team).map((host) => `${host}.${team.domain}`)];
  return Array.from({ length: Math.ceil(names.length / NAMES_A_LINE) }, (_, line) =>
    [address, ...names.slice(line * NAMES_A_LINE, (line + 1) * NAMES_A_LINE)].join(" "),
  );
}

/**
 * How others reach the team: what `npm run up` ends with on a domain of its own.
 *
 * @param options follows an `npm run` command to mean this stack
 * @returns undefined below localhost, which leads to the visitor's own machine
 */
export async function reachAdvice(
  team: Team,
  options: string,
  machine = machineAddresses(),
  resolve: (host: string) => Promise<string | undefined> = resolved,
): Promise<string | undefined> {
  const { domain, gatewayTls } = team;
  if (isLocalDomain(domain)) return undefined;
  const [first = "the address of this machine", ...others] = publishedAt(team, machine);
  const host = `${team.members[0]?.id}.${domain}`;
  const found = await resolve(host);
  const here = found === undefined ? "does not resolve here yet" : `leads to ${found} from here`;
  return [
    `Others reach it at ${[first, ...others].join(", ")}. ${host} ${here}; one of these makes the names known:`,
    `  DNS                 *.${domain} and ${domain}, type A, ${first}`,
    `  /etc/hosts          the lines of: npm run hosts${options}`,
    ...(/^[\d.]+$/.test(first)
      ? [`  with the internet   muster:domain: ${first.replaceAll(".", "-")}.sslip.io in the stack file needs neither`]
      : []),
    ...(gatewayTls.kind === "own" ? [`Each device trusts the team once: ${trustPage(team)}`] : []),
  ].join("\n");
}

/** Reached without TLS, since a new device does not trust the team yet. */
const trustPage = ({ domain, httpPort, listenPort }: Pick<Team, "domain" | "httpPort" | "listenPort">): string =>
  `${publicUrl({ domain, port: httpPort ?? listenPort })}/trust`;

async function resolved(host: string): Promise<string | undefined> {
  try {
    return (await lookup(host)).address;
  } catch {
    return undefined;
  }
}
