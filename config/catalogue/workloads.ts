import type { ImageName } from "./images";

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
  /** It runs on this target only. */
  readonly target?: "docker";
  /** It is told of members who come and go while it runs. */
  readonly roster?: true;
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
    roster: true,
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
    roster: true,
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
    roster: true,
  },
  // Hands the roster to those who follow it; a cluster does that itself.
  roster: {
    place: "team",
    image: "roster",
    title: "the container that hands out the roster",
    // It listens on none, and is on no network.
    port: 8080,
    zones: [],
    limits: { memory: 16, cpus: 0.5 },
    processes: 32,
    volumes: [],
    target: "docker",
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

/** The workloads of one kind of scope, by component. */
export const workloadsIn = (place: Place): [WorkloadKind, WorkloadEntry][] =>
  (Object.entries(WORKLOADS) as [WorkloadKind, WorkloadEntry][]).filter(([, entry]) => entry.place === place);

type Limited<P extends Place> = {
  [K in WorkloadKind]: (typeof WORKLOADS)[K] extends { place: P; least: number } ? K : never;
}[WorkloadKind];

/** The workloads whose limits a member's entry may set. */
export type LimitedWorkload = Limited<"sites" | "member">;

/** The images that workloads run on wherever they run, sorted; the others are only built upon. */
export type WorkloadImage = (typeof WORKLOADS)[Exclude<WorkloadKind, "roster">]["image"];

export const WORKLOAD_IMAGES: readonly WorkloadImage[] = [
  ...new Set(Object.values(WORKLOADS).flatMap((workload) => ("target" in workload ? [] : [workload.image]))),
].sort();
