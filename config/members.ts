import { LIVE, type LimitedWorkload, type Resources } from "./catalogue";
import { type Entrance, entrance } from "./entrance";
import { isLocalDomain } from "./naming";
import type { OwnerOptions } from "./options";
import { DEFAULT_LIVE_PHP, DEFAULT_PHP } from "./schema/member";
import type { MemberConfig, MemberOptions, TeamConfig } from "./schema/team";
import { resolveVisibility, type Visibility } from "./visibility";
import { defaultLimits, limitsOf } from "./workloads";

export interface PhpSettings {
  /** MiB. */
  readonly memoryLimit: number;
  /** MiB. */
  readonly uploadLimit: number;
  /** Seconds. */
  readonly maxExecutionTime: number;
  readonly displayErrors: boolean;
  /** IANA name. */
  readonly timezone: string;
}

/** Who a stack belongs to, a member or the live server, with every default filled in. */
export interface Owner {
  readonly id: string;
  readonly name: string;
  readonly limits: Readonly<Record<LimitedWorkload, Resources>>;
  readonly php: PhpSettings;
  readonly cache: "none" | "redis";
  /** Variables of the owner's programs; their values are secrets. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A member with every default filled in. */
export interface Member extends Owner {
  readonly email: string;
  /** An organiser sees what everybody has. */
  readonly role: "member" | "organiser";
  readonly extensions: readonly string[];
}

/** Options of the CI runner. */
export type CiSettings = Omit<TeamConfig["ci"], "limits"> & { readonly limits: Resources };

/** Package mirrors by client; a missing one means the client's default. */
export type Mirrors = TeamConfig["mirrors"];

/** A server that delivers the live site's mail to the world. */
export interface Relay {
  readonly host: string;
  readonly port: number;
  /** Sender of messages that name none, and of every envelope. */
  readonly from: string;
  /** Whether the connection is encrypted. */
  readonly tls: boolean;
  readonly account: { readonly user: string; readonly password: string } | undefined;
}

/** A registry of images. */
export interface Registry {
  /** `host[:port][/path]`, as the machine that runs Muster reaches it. */
  readonly push: string;
  /** The same, as the cluster reaches it. */
  readonly pull: string;
  /** With which the cluster pulls; undefined when the registry asks for no account. */
  readonly account: { readonly user: string; readonly password: string } | undefined;
}

/** A team with every default filled in: all that later stages know of the config. */
export interface Team extends Entrance {
  readonly id: string;
  readonly target: "docker" | "kubernetes";
  readonly domain: string;
  /** The host's address that the port is published on. */
  readonly listen: string;
  readonly members: readonly Member[];
  readonly repositories: readonly string[];
  /** The git server that holds `repositories`, when that is not the team's own. */
  readonly upstream: TeamConfig["upstream"];
  readonly git: TeamConfig["git"];
  readonly ci: CiSettings;
  readonly live: Owner;
  /** Undefined when the live site's mail goes to the inbox, as everybody's does. */
  readonly relay: Relay | undefined;
  readonly docker: { readonly subnets: string };
  readonly kubernetes: TeamConfig["kubernetes"];
  /** Where the kubernetes target's images go and come from; undefined when all are prebuilt. */
  readonly registry: Registry | undefined;
  /** Prebuilt images by name, each with its digest. */
  readonly images: TeamConfig["images"];
  /** Who sees what; undefined where everybody sees everything, and nobody signs in. */
  readonly visibility: Visibility | undefined;
  readonly mirrors: Mirrors;
  /** Debian packages of the team's own. */
  readonly packages: readonly string[];
  readonly certificates: string | undefined;
}

/** Lays the built-in defaults, the team's defaults and a member's own options over each other, key by key. */
export function resolveTeam(config: TeamConfig): Team {
  return {
    id: config.team,
    target: config.target,
    domain: config.domain,
    // Names below localhost lead to the visitor's own machine, so nobody else has a use for the port.
    listen: config.listen ?? (isLocalDomain(config.domain) ? "127.0.0.1" : "0.0.0.0"),
    ...entrance(config),
    members: config.members.map((member) => resolveMember(member, config)),
    repositories: config.repositories,
    upstream: config.upstream,
    git: config.git,
    ci: { ...config.ci, limits: workerLimits(config.ci) },
    live: resolveOwner({ id: LIVE, name: LIVE, ...config.live }, { php: DEFAULT_LIVE_PHP }, config.environment),
    relay: config.live.mail && resolveRelay(config.live.mail),
    docker: config.docker,
    kubernetes: config.kubernetes,
    registry: config.registry && resolveRegistry(config.registry),
    images: config.images,
    visibility: resolveVisibility(config),
    mirrors: config.mirrors,
    packages: config.packages,
    certificates: config.certificates,
  };
}

/** Limits of each CI worker. */
export const workerLimits = ({ limits }: Pick<TeamConfig["ci"], "limits">): Resources =>
  overlay(defaultLimits("worker"), limits);

function resolveRegistry({ push, pull = push, user, password }: NonNullable<TeamConfig["registry"]>): Registry {
  return { push, pull, account: accountOf(user, password) };
}

function resolveRelay({ relay, user, password, from, tls }: NonNullable<TeamConfig["live"]["mail"]>): Relay {
  const [host = "", port] = relay.split(":");
  return { host, port: Number(port), from, tls, account: accountOf(user, password) };
}

const accountOf = (user: string | undefined, password: string | undefined) =>
  user === undefined || password === undefined ? undefined : { user, password };

type OwnerConfig = Pick<MemberConfig, "id"> & OwnerOptions;

export function resolveMember(
  member: OwnerConfig & Pick<MemberConfig, "email" | "extensions"> & Partial<Pick<MemberConfig, "role">>,
  { defaults, domain, environment }: Pick<TeamConfig, "domain" | "defaults" | "environment">,
): Member {
  return {
    ...resolveOwner(member, defaults, { ...environment, ...defaults.environment }),
    email: member.email ?? `${member.id}@${domain}`,
    role: member.role ?? "member",
    extensions: member.extensions ?? defaults.extensions ?? [],
  };
}

export function resolveOwner(
  own: OwnerConfig,
  defaults: Partial<MemberOptions>,
  environment: Owner["environment"] = {},
): Owner {
  const limits = limitsOf((kind) => overlay(defaultLimits(kind), defaults.limits?.[kind], own.limits?.[kind]));
  const memoryLimit = Math.min(DEFAULT_PHP.memoryLimit, limits.web.memory);
  return {
    id: own.id,
    name: own.name ?? own.id,
    limits,
    php: overlay<PhpSettings>({ ...DEFAULT_PHP, memoryLimit }, defaults.php, own.php),
    cache: own.cache ?? defaults.cache ?? "none",
    environment: { ...environment, ...own.environment },
  };
}

/** `base` with the keys that the layers define; the last layer wins. */
function overlay<T extends object>(base: T, ...layers: ({ [K in keyof T]?: T[K] | undefined } | undefined)[]): T {
  const defined = layers.flatMap((layer) => Object.entries(layer ?? {}).filter(([, value]) => value !== undefined));
  return { ...base, ...Object.fromEntries(defined) };
}
