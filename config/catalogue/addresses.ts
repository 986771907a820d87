import { type Component, LIVE, WORKLOADS, type WorkloadKind } from "./workloads";

/**
 * Who may see an address: everybody; members and containers of the team; the member whose it is. An organiser sees all.
 */
export type Level = "public" | "team" | "owner";

/** What the roster's `visibility` decides, and the levels that make sense for it. */
export const VISIBILITY = {
  sites: ["public", "team", "owner"],
  live: ["public", "team"],
  code: ["public", "team"],
  ci: ["public", "team"],
  portal: ["public", "team"],
} as const satisfies Record<string, readonly Level[]>;

export type Visible = keyof typeof VISIBILITY;

/** Who sees what where members sign in and the roster does not say. */
export const DEFAULT_VISIBILITY = {
  sites: "team",
  live: "public",
  code: "team",
  ci: "team",
  portal: "team",
} as const satisfies { readonly [K in Visible]: (typeof VISIBILITY)[K][number] };

/** Asks database and cache as well, and answers with JSON: `{ "database": true, "cache": null }`. */
export const STATUS_PATH = "/-/status";

interface AddressEntry {
  readonly title: string;
  readonly component: Component;
  /** Path that answers when it works; asked from inside. Without one, its page is not asked. */
  readonly probe?: string;
  /** What decides who sees it; without, only its owner does. */
  readonly visibility?: Visible;
}

interface MemberAddressEntry extends AddressEntry {
  readonly component: Exclude<WorkloadKind, "worker">;
  /** What stands before the member's id in the host name. */
  readonly prefix: string;
  /** Other workloads whose logs tell why it does not answer. */
  readonly needs: readonly Component[];
  /** How long the gateway waits for the next byte of what is no stream: streams last as long as they like. */
  readonly patience: "20s" | "10m";
}

/** Every member's own addresses below the team's domain. */
export const MEMBER_ADDRESSES = {
  site: {
    title: "Site",
    prefix: "",
    component: "web",
    probe: STATUS_PATH,
    visibility: "sites",
    needs: ["db", "cache"],
    patience: "10m",
  },
  editor: { title: "Editor", prefix: "code-", component: "code", probe: "/healthz", needs: [], patience: "20s" },
  database: { title: "Database", prefix: "db-", component: "web", needs: ["db"], patience: "10m" },
} as const satisfies Record<string, MemberAddressEntry>;

export type MemberAddress = keyof typeof MEMBER_ADDRESSES;

/** `<port>--<member>`: a port that a program listens on in the member's editor, by a forwarder there. */
export const DEVELOPMENT_PORTS = { component: "code", port: 13_338 } as const;

/** The gateway's port for the team's own containers, by which it knows them. */
export const INSIDE_PORT = 8090;

/** The same with TLS, where the gateway ends it. */
export const INSIDE_TLS_PORT = 8490;

/**
 * Ports on the loopback of sites, editors and workers, where the public one leads to the gateway: of their servers, of a
 * site's debugger, and of the database and the cache that tests have.
 */
export const LOOPBACK_PORTS: readonly number[] = [
  ...[WORKLOADS.web.port, 13_381, WORKLOADS.code.port, DEVELOPMENT_PORTS.port],
  ...[WORKLOADS.db.port, WORKLOADS.cache.port],
];

interface TeamAddressEntry extends AddressEntry {
  /** Host below the domain; undefined for the domain itself. */
  readonly host?: string;
  /** Whose workload it is. */
  readonly member?: typeof LIVE;
  /** In messages. */
  readonly name: string;
  /** Path that answers through the gateway, which answers `/-/health` itself. */
  readonly page: string;
  readonly needs: readonly Component[];
}

/** The team's addresses. */
export const TEAM_ADDRESSES = {
  portal: {
    title: "Portal",
    name: "the portal",
    component: "portal",
    page: "/",
    visibility: "portal",
    needs: ["gateway"],
  },
  git: {
    title: "Git",
    name: "the git server",
    host: "git",
    component: "git",
    probe: "/-/health",
    page: "/",
    visibility: "code",
    needs: [],
  },
  ci: {
    title: "CI",
    name: "the CI",
    host: "ci",
    component: "ci",
    probe: "/-/health",
    page: "/",
    visibility: "ci",
    needs: [],
  },
  mail: {
    title: "Mail",
    name: "the inbox",
    host: "mail",
    component: "mail",
    probe: "/api/healthz",
    page: "/api/healthz",
    visibility: "portal",
    needs: [],
  },
  live: {
    title: "Live",
    name: "the live server",
    host: "live",
    member: LIVE,
    component: "web",
    probe: STATUS_PATH,
    page: STATUS_PATH,
    visibility: "live",
    needs: ["db", "cache"],
  },
} as const satisfies Record<string, TeamAddressEntry>;

export type TeamAddress = keyof typeof TEAM_ADDRESSES;

/** The entries of a table with their keys, each as its common type. */
export const memberAddresses = (): [MemberAddress, MemberAddressEntry][] =>
  Object.entries(MEMBER_ADDRESSES) as [MemberAddress, MemberAddressEntry][];
export const teamAddresses = (): [TeamAddress, TeamAddressEntry][] =>
  Object.entries(TEAM_ADDRESSES) as [TeamAddress, TeamAddressEntry][];
