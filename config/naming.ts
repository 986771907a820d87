import { createHash } from "node:crypto";
import {
  LIVE,
  MEMBER_ADDRESSES,
  type MemberAddress,
  memberAddresses,
  TEAM_ADDRESSES,
  type TeamAddress,
  teamAddresses,
} from "./catalogue";
import { expression } from "./rules";

/** Every name that leaves the program is decided here: ids, host names and URLs. */

export const MEMBER_ID = expression("member");

/** A team's id has no "-", so that `<team>-<member>-<component>` can be read in one way only. */
export const TEAM_ID = /^[a-z][a-z0-9]{0,19}$/;

/** Docker's own networks: that of everybody's sites has the team's name. */
const DOCKER_NETWORKS = ["bridge", "default", "host", "none"];

/** Why `id` cannot be a team's id on Docker though it is well-formed, or undefined. */
export const reservedTeamReason = (id: string): string | undefined =>
  DOCKER_NETWORKS.includes(id) ? `is a network of Docker's own (${DOCKER_NETWORKS.join(", ")})` : undefined;

/** What the gateway serves under a team-wide host name; a member of that name could not be reached. */
const RESERVED_IDS = [
  ...["adminer", "gateway", "localhost", "portal", "www"],
  ...teamAddresses().flatMap(([, { host }]) => host ?? []),
].sort();

/** Host-name prefixes of a member's own services: `code-alice`, `db-alice`. */
const SERVICE_PREFIXES = memberAddresses().flatMap(([, { prefix }]) => prefix || []);

/** What separates a repository from whose site it is, in `blog--alice`; no name holds it. */
const SEPARATOR = "--";
export const SEPARATED = `contains "${SEPARATOR}", which separates the parts of an address`;

/** Why `id` cannot be a member's id though it is well-formed, or undefined. */
export function reservedReason(id: string): string | undefined {
  if (RESERVED_IDS.includes(id)) {
    return `is reserved for the team's own services (${RESERVED_IDS.join(", ")})`;
  }
  if (id.includes("--")) return SEPARATED;
  const prefix = SERVICE_PREFIXES.find((p) => id.startsWith(p));
  return (
    prefix && `begins with "${prefix}", which is reserved for members' own services (${SERVICE_PREFIXES.join(", ")})`
  );
}

/** Whether names of the domain lead to the visitor's own machine: browsers know them without a resolver. */
export const isLocalDomain = (domain: string): boolean => /(?:^|\.)localhost$/.test(domain);

/** Where the gateway is reached. */
export interface PublicAddress {
  readonly domain: string;
  /** The published port; it is left out of URLs when it is the scheme's own. */
  readonly port: number;
  /**
   * Whether visitors use https.
   *
   * @default false
   */
  readonly tls?: boolean;
}

/** Base URL of a host below the team's domain; without `host`, the portal's. */
export function publicUrl({ domain, port, tls = false }: PublicAddress, host?: string): string {
  const name = host === undefined ? domain : `${host}.${domain}`;
  const [scheme, own] = tls ? ["https", 443] : ["http", 80];
  return `${scheme}://${name}${port === own ? "" : `:${port}`}`;
}

/** Address of one of the team's own services. */
export const teamUrl = (address: PublicAddress, kind: TeamAddress): string =>
  publicUrl(address, (TEAM_ADDRESSES[kind] as { readonly host?: string }).host);

/** Address of one of a member's services. */
export const memberUrl = (address: PublicAddress, kind: MemberAddress, memberId: string): string =>
  publicUrl(address, `${MEMBER_ADDRESSES[kind].prefix}${memberId}`);

/** Address of a port of a member's editor, with `{{port}}` for its number, as VS Code writes it. */
export const portUrl = (address: PublicAddress, memberId: string): string =>
  publicUrl(address, `{{port}}${SEPARATOR}${memberId}`);

/**
 * Hosts below the domain that a certificate has to name one by one. None where one wildcard covers them all: TLS knows
 * no wildcard below a domain of one label, and an ACME server gives it only for a proof by DNS.
 */
export function certifiedHosts(team: Certified): string[] {
  const { kind, dns } = team.gatewayTls as { readonly kind: string; readonly dns?: object };
  const wildcard = kind === "acme" ? dns !== undefined : team.domain.includes(".");
  return kind === "off" || kind === "files" || wildcard ? [] : publicHosts(team);
}

/** Every host below the domain that leads somewhere, the bare domain aside. */
export function publicHosts({ members, repositories }: Pick<Certified, "members" | "repositories">): string[] {
  const [, ...others] = repositories.map(repositoryLabel);
  const labels = others.filter((label) => label !== undefined);
  const sites = [TEAM_ADDRESSES.live.host, ...members.map(({ id }) => id)];
  return [
    ...["www", "portal"],
    ...teamAddresses().flatMap(([, { host }]) => host ?? []),
    ...members.flatMap(({ id }) => memberAddresses().map(([, { prefix }]) => `${prefix}${id}`)),
    ...sites.flatMap((site) => labels.map((label) => `${label}${SEPARATOR}${site}`)),
  ];
}

interface Certified {
  readonly domain: string;
  readonly gatewayTls: { readonly kind: "off" | "own" | "files" | "acme" };
  readonly members: readonly { readonly id: string }[];
  readonly repositories: readonly string[];
}

/** Every address of a member, by kind. */
export const memberUrls = (address: PublicAddress, memberId: string): Record<MemberAddress, string> =>
  Object.fromEntries(memberAddresses().map(([kind]) => [kind, memberUrl(address, kind, memberId)])) as Record<
    MemberAddress,
    string
  >;

/** What stands for a repository in host names, `my_shop` being `my-shop`; undefined for a name that has no address. */
export function repositoryLabel(repository: string): string | undefined {
  const label = repository.replace(/[._]/g, "-");
  return /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(label) && !label.includes(SEPARATOR) ? label : undefined;
}

/** Most letters of a repository's name in its scope's id: the names of its containers and its namespace are host names. */
const SCOPE_LENGTH = 24;

/** Id of the scope of the live site of another repository than the roster's first: `live--shop`. */
export function liveScope(repository: string): string {
  const hash = createHash("sha256").update(repository).digest("hex").slice(0, 6);
  const short = `${repository.slice(0, SCOPE_LENGTH - 7).replace(/-$/, "")}-${hash}`;
  return `${LIVE}${SEPARATOR}${repository.length <= SCOPE_LENGTH ? repository : short}`;
}

/** Host below the domain of the live site of another repository than the first; undefined for one without an address. */
export function liveHost(repository: string): string | undefined {
  const label = repositoryLabel(repository);
  return label && `${label}${SEPARATOR}${TEAM_ADDRESSES.live.host}`;
}

/** Its address. */
export function liveUrl(address: PublicAddress, repository: string): string | undefined {
  const host = liveHost(repository);
  return host && publicUrl(address, host);
}
