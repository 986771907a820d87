import { DEFAULT_LIMITS, DEFAULT_PHP, type MemberConfig, type MemberOptions, type TeamConfig } from "./schema";

/** Limits of one workload. */
export interface Resources {
  /** MiB. Swap is not added to it. */
  readonly memory: number;
  /** CPUs; fractions are allowed. */
  readonly cpus: number;
}

/** The workloads of a member that have limits of their own. */
export type LimitedWorkload = keyof typeof DEFAULT_LIMITS;

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

/** A member with every default filled in. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly limits: Readonly<Record<LimitedWorkload, Resources>>;
  readonly php: PhpSettings;
  readonly cache: "none" | "redis";
  readonly extensions: readonly string[];
}

/** Package mirrors by client; a missing one means the client's default. */
export type Mirrors = TeamConfig["mirrors"];

/** A team with every default filled in: all that later stages know of the config. */
export interface Team {
  readonly id: string;
  readonly target: "docker" | "kubernetes";
  readonly domain: string;
  /** The host's address that the port is published on. */
  readonly listen: string;
  readonly port: number;
  readonly members: readonly Member[];
  readonly docker: { readonly subnets: string };
  readonly kubernetes: TeamConfig["kubernetes"];
  readonly mirrors: Mirrors;
  readonly certificates: string | undefined;
}

/** Lays the built-in defaults, the team's defaults and a member's own options over each other, key by key. */
export function resolveTeam(config: TeamConfig): Team {
  return {
    id: config.team,
    target: config.target,
    domain: config.domain,
    // Names below localhost lead to the visitor's own machine, so nobody else has a use for the port.
    listen: config.listen ?? (/(?:^|\.)localhost$/.test(config.domain) ? "127.0.0.1" : "0.0.0.0"),
    port: config.port,
    members: config.members.map((member) => resolveMember(member, config.defaults, config.domain)),
    docker: config.docker,
    kubernetes: config.kubernetes,
    mirrors: config.mirrors,
    certificates: config.certificates,
  };
}

function resolveMember(member: MemberConfig, defaults: MemberOptions, domain: string): Member {
  const limits = (workload: LimitedWorkload) =>
    overlay<Resources>(DEFAULT_LIMITS[workload], defaults.limits?.[workload], member.limits?.[workload]);
  return {
    id: member.id,
    name: member.name ?? member.id,
    email: member.email ?? `${member.id}@${domain}`,
    limits: { web: limits("web"), db: limits("db"), cache: limits("cache"), code: limits("code") },
    php: overlay<PhpSettings>(DEFAULT_PHP, defaults.php, member.php),
    cache: member.cache ?? defaults.cache ?? "none",
    extensions: member.extensions ?? defaults.extensions ?? [],
  };
}

/** `base` with the keys that the layers define; the last layer wins. */
function overlay<T extends object>(base: T, ...layers: ({ [K in keyof T]?: T[K] | undefined } | undefined)[]): T {
  const defined = layers.flatMap((layer) => Object.entries(layer ?? {}).filter(([, value]) => value !== undefined));
  return { ...base, ...Object.fromEntries(defined) };
}
