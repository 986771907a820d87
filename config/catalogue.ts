/**
 * What an environment is made of: images, workloads, volumes and addresses. The schema, limits, quotas, readiness, the
 * summary, the portal's page and the gateway's patterns are maps over these tables, so that a new workload is an entry
 * here and a component that starts it. No imports: every other module may use it.
 */

/** Every image, by the name of its folder in `images/`. */
export const IMAGES = {
  base: {},
  php: { parent: "base" },
  "apache-php": { parent: "php" },
  "code-server": { parent: "php" },
  mariadb: { parent: "base" },
  redis: { parent: "base" },
  gateway: { parent: "base" },
  node: { parent: "base" },
  portal: { parent: "node" },
  "git-server": { parent: "base" },
  "ci-master": { parent: "base" },
  "ci-worker": { parent: "php" },
  mail: { parent: "node" },
  access: { parent: "node" },
} as const satisfies Record<string, { readonly parent?: string }>;

export type ImageName = keyof typeof IMAGES;

/** The image that another one builds on; base builds on Debian's. */
export const parentOf = (image: ImageName): ImageName | undefined =>
  (IMAGES[image] as { readonly parent?: ImageName }).parent;

/** Limits of one workload. */
export interface Resources {
  /** MiB. Swap is not added to it. */
  readonly memory: number;
  /** CPUs; fractions are allowed. */
  readonly cpus: number;
}

/** The id of the live server's scope; no member can have it. */
export const LIVE = "live";

/** Whether a scope is the live server's, or that of the live site of another repository: no member's id holds "--". */
export const isLive = (scope: string | undefined): scope is string =>
  scope === LIVE || (scope?.startsWith(`${LIVE}--`) ?? false);

/** Where a workload runs: in the team's own scope, in each member's, in the live server's, or in the last two. */
export type Place = "team" | "member" | "live" | "sites";

/**
 * What talks to each other on Docker, each zone a network: visitors' sites, members' editors, what tests and deploys
 * with the services that it needs, and the CI's master with its workers alone. Whoever is in two of them passes nothing
 * on by itself.
 */
export const ZONES = ["sites", "editors", "ci", "workers"] as const;

export type Zone = (typeof ZONES)[number];

interface WorkloadEntry {
  readonly place: Place;
  /** Where it is found beside its own scope. */
  readonly zones: readonly Zone[];
  readonly image: ImageName;
  /** After "Memory of …" in the roster's reference. */
  readonly title: string;
  /** TCP port that its endpoint and its probe use. */
  readonly port: number;
  /** Limits where the roster sets none. */
  readonly limits: Resources;
  /** Most processes and threads at once, on Docker. A cluster's nodes limit those of each pod themselves. */
  readonly processes: number;
  /** Least memory in MiB that it starts with. The roster may set the limits of a workload that has this. */
  readonly least?: number;
  /** Purposes of the volumes that it has to itself. */
  readonly volumes: readonly string[];
  /** It runs only where this option of its owner has this value. */
  readonly where?: { readonly option: "cache"; readonly is: "redis" };
  /** It runs only where members sign in. */
  readonly signIn?: true;
}

/** Every workload by its component: its label, and the end of its name. `worker` stands for `worker-1`, `worker-2` …. */
export const WORKLOADS = {
  gateway: {
    place: "team",
    zones: ["sites", "editors", "ci"],
    image: "gateway",
    title: "the gateway",
    port: 8080,
    limits: { memory: 128, cpus: 1 },
    processes: 256,
    volumes: [],
  },
  portal: {
    place: "team",
    zones: ["sites", "editors", "ci"],
    image: "portal",
    title: "the portal",
    port: 8080,
    limits: { memory: 192, cpus: 1 },
    processes: 256,
    volumes: [],
  },
  git: {
    place: "team",
    zones: ["editors", "ci"],
    image: "git-server",
    title: "the git server",
    port: 8080,
    limits: { memory: 384, cpus: 1 },
    processes: 512,
    volumes: ["repositories"],
  },
  ci: {
    place: "team",
    zones: ["ci", "workers"],
    image: "ci-master",
    title: "the CI's master",
    port: 8080,
    limits: { memory: 512, cpus: 1 },
    processes: 512,
    volumes: ["ci"],
  },
  worker: {
    place: "team",
    zones: ["ci", "workers"],
    image: "ci-worker",
    title: "each CI worker",
    port: 8080,
    limits: { memory: 1024, cpus: 1 },
    processes: 1024,
    least: 256,
    volumes: ["worker"],
  },
  // Only the deploy branch's builds run here: what goes live shares nothing with code that nobody has merged.
  "release-worker": {
    place: "team",
    zones: ["ci", "workers"],
    image: "ci-worker",
    title: "the worker that builds what goes live",
    port: 8080,
    limits: { memory: 1024, cpus: 1 },
    processes: 1024,
    least: 256,
    volumes: ["release-worker"],
  },
  mail: {
    place: "team",
    zones: ["sites", "editors", "ci"],
    image: "mail",
    title: "the inbox",
    port: 8080,
    limits: { memory: 192, cpus: 0.5 },
    processes: 256,
    volumes: [],
  },
  access: {
    place: "team",
    image: "access",
    title: "the sign-in",
    port: 8080,
    limits: { memory: 128, cpus: 0.5 },
    processes: 64,
    volumes: ["access"],
    // Away from what visitors reach.
    zones: ["editors"],
    signIn: true,
  },
  web: {
    place: "sites",
    zones: ["sites"],
    image: "apache-php",
    title: "Apache and PHP",
    // On the loopback, the public port leads to the gateway.
    port: 13380,
    limits: { memory: 384, cpus: 1 },
    processes: 512,
    least: 96,
    volumes: [],
  },
  db: {
    place: "sites",
    zones: [],
    image: "mariadb",
    title: "MariaDB",
    port: 3306,
    limits: { memory: 384, cpus: 1 },
    processes: 512,
    least: 192,
    volumes: ["database"],
  },
  cache: {
    place: "sites",
    zones: [],
    image: "redis",
    title: "Redis",
    port: 6379,
    limits: { memory: 96, cpus: 0.5 },
    processes: 128,
    least: 32,
    volumes: [],
    where: { option: "cache", is: "redis" },
  },
  code: {
    place: "member",
    zones: ["editors"],
    image: "code-server",
    title: "the VS Code server and its terminals",
    // The ports that people like best for their own programs stay theirs.
    port: 13337,
    limits: { memory: 1536, cpus: 1 },
    processes: 1024,
    least: 384,
    volumes: ["home"],
  },
  deployer: {
    place: "live",
    zones: ["ci", "workers"],
    image: "ci-worker",
    title: "the deployer",
    port: 8080,
    limits: { memory: 384, cpus: 1 },
    processes: 1024,
    volumes: [],
  },
} as const satisfies Record<string, WorkloadEntry>;

export type WorkloadKind = keyof typeof WORKLOADS;

const entryOf = (component: string): WorkloadEntry | undefined =>
  (WORKLOADS as Partial<Record<string, WorkloadEntry>>)[component.replace(/^worker-\d+$/, "worker")];

/** The limit of a component's processes; undefined for one that is none of the catalogue's. */
export const processLimit = (component: string): number | undefined => entryOf(component)?.processes;

/** The zones of a component. */
export const zonesOf = (component: Component): readonly Zone[] => entryOf(component)?.zones ?? [];

/** What a workload is to its team: its label, the end of its name, and how the gateway finds it. */
export type Component = Exclude<WorkloadKind, "worker"> | `worker-${number}`;

/** Purposes of the volumes that several workloads of a scope share. */
export const SHARED_VOLUMES = { member: ["workspace"], live: ["releases", "shared"] } as const;

/** Where volumes are in their containers, by purpose. A worker's is named after the worker. */
export const VOLUME_PATHS = {
  workspace: "/workspace",
  home: "/home/muster",
  database: "/var/lib/mysql",
  repositories: "/srv/git",
  ci: "/var/lib/buildbot",
  worker: "/var/lib/worker",
  releases: "/srv/live",
  shared: "/srv/shared",
} as const;

/** What a disk that fills up is said of: per cent in use. */
export const DISK_LEVELS = [85, 95] as const;

/** Which volumes a component can count, by purpose: its own, and those that its scope shares and no other counts. */
export function countedVolumes(component: string): Record<string, string> {
  switch (component) {
    case "code":
      return { home: VOLUME_PATHS.home, workspace: VOLUME_PATHS.workspace };
    case "deployer":
      return { releases: VOLUME_PATHS.releases, shared: VOLUME_PATHS.shared };
    case "db":
      return { database: VOLUME_PATHS.database };
    case "git":
      return { repositories: VOLUME_PATHS.repositories };
    case "ci":
      return { ci: VOLUME_PATHS.ci };
    default:
      return /^(release-worker|worker-\d+)$/.test(component) ? { [component]: VOLUME_PATHS.worker } : {};
  }
}

/** The workloads of one kind of scope, by component. */
export const workloadsIn = (place: Place): [WorkloadKind, WorkloadEntry][] =>
  (Object.entries(WORKLOADS) as [WorkloadKind, WorkloadEntry][]).filter(([, entry]) => entry.place === place);

type Limited<P extends Place> = {
  [K in WorkloadKind]: (typeof WORKLOADS)[K] extends { place: P; least: number } ? K : never;
}[WorkloadKind];

/** The workloads whose limits a member's entry may set. */
export type LimitedWorkload = Limited<"sites" | "member">;

/** The images that workloads run on, sorted; the others are only built upon. */
export type WorkloadImage = (typeof WORKLOADS)[WorkloadKind]["image"];

export const WORKLOAD_IMAGES: readonly WorkloadImage[] = [
  ...new Set(Object.values(WORKLOADS).map(({ image }) => image)),
].sort();

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
  /** How long the gateway waits for the next byte: editors keep connections open all day. */
  readonly patience: "10m" | "1d";
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
  editor: { title: "Editor", prefix: "code-", component: "code", probe: "/healthz", needs: [], patience: "1d" },
  database: { title: "Database", prefix: "db-", component: "web", needs: ["db"], patience: "10m" },
} as const satisfies Record<string, MemberAddressEntry>;

export type MemberAddress = keyof typeof MEMBER_ADDRESSES;

/** `<port>--<member>`: a port that a program listens on in the member's editor, by a forwarder there. */
export const DEVELOPMENT_PORTS = { component: "code", port: 13_338 } as const;

/** The gateway's port for the team's own containers, by which it knows them. */
export const INSIDE_PORT = 8090;

/** The same with TLS, where the gateway ends it. */
export const INSIDE_TLS_PORT = 8490;

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
