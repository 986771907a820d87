import type * as pulumi from "@pulumi/pulumi";
import { type Component, type ImageName, isLive, type Resources, type Zone } from "../config/catalogue";
import type { Mirrors } from "../config/members";
import { MEMBER_ID, TEAM_ID } from "../config/naming";

/** An image that the platform can run: built once for the team, shared by every workload. */
export interface ImageRef {
  /** Name and tag; the tag is a hash of everything that the image is built from. */
  readonly name: string;
  /** What workloads refer to: it changes exactly when the image's content does. */
  readonly id: pulumi.Input<string>;
}

/**
 * A private area of one member, of the live server, or of the team as a whole: on Docker an internal network beside
 * the team's, on Kubernetes a namespace.
 */
export interface Scope {
  /** Member id or `live`; undefined for the team's own scope. */
  readonly member: string | undefined;
}

/** Storage that outlives the workloads that mount it, the member's place on the roster, and the environment. */
export interface VolumeRef {
  readonly name: pulumi.Input<string>;
}

export interface Mount {
  readonly volume: VolumeRef;
  /** Absolute path inside the container. */
  readonly path: string;
  /**
   * Whether other workloads of the scope mount the volume too; on Kubernetes they then run on one node.
   *
   * @default false: the workload keeps data of its own there, and two of it never run at once
   */
  readonly shared?: boolean;
  /** @default false */
  readonly readOnly?: boolean;
}

/** How the platform learns that a workload answers. */
export type Probe =
  | { readonly kind: "http" /** Absolute path that answers 200 when healthy. */; readonly path: string }
  | { readonly kind: "command" /** Exit status 0 is healthy. */; readonly command: readonly string[] }
  /** Nothing is asked. What runs in a container sees the environment of every other process there, probes included. */
  | { readonly kind: "none" };

/**
 * From where a workload may be connected to: `private`, its own scope alone; `team`, also the team's own scope;
 * `scopes`, every scope of the team; `published`, also the outside world, at the team's port.
 */
export type Exposure = "private" | "team" | "scopes" | "published";

/** A further port, with its own clients. One of a published workload is not published: only the team's scopes reach it. */
export interface ExtraPort {
  readonly port: number;
  readonly clients: readonly Component[];
  /**
   * Of which zone alone it is reached, where `Platform.zoneHost` gives that an address. The workload listens there.
   *
   * @default every zone of the workload
   */
  readonly zone?: Zone;
}

/** A workload as components describe it, without a word on the platform that runs it. */
export interface WorkloadSpec {
  readonly component: Component;
  readonly image: ImageRef;
  /** Plain settings by variable name. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Secret settings by variable name. The image also takes each from the file that `<NAME>_FILE` names.
   *
   * @default {}
   */
  readonly secrets?: Readonly<Record<string, pulumi.Output<string>>>;
  /**
   * Secret settings by variable name that change while it runs, without a restart: the image takes each from the file
   * that `<NAME>_FILE` names, waits for it at the start, and reads it again whenever it is another.
   *
   * @default {}
   */
  readonly roster?: Readonly<Record<string, pulumi.Output<string>>>;
  /** @default [] */
  readonly mounts?: readonly Mount[];
  /** The TCP port that its endpoint, its probe and the gateway use. */
  readonly port: number;
  /**
   * TCP ports that it listens on besides.
   *
   * @default []
   */
  readonly extraPorts?: readonly ExtraPort[];
  readonly exposure: Exposure;
  /**
   * Which components connect to `port`, from where `exposure` says; a platform that can tell them apart lets in no
   * other. A `published` workload is open to everybody.
   */
  readonly clients: readonly Component[];
  /**
   * Whether it connects to addresses beyond the team: package registries, other people's services. A platform that can
   * tell keeps the others inside.
   *
   * @default false
   */
  readonly outbound?: boolean;
  /**
   * Folders that it writes to besides its mounts and /tmp. What is in them is empty at the start and goes with the
   * container; elsewhere it may find that it cannot write.
   *
   * @default []
   */
  readonly scratch?: readonly string[];
  /**
   * Whether it listens on ports below 1024.
   *
   * @default false
   */
  readonly privilegedPorts?: boolean;
  readonly probe: Probe;
  readonly resources: Resources;
  /**
   * Whether the platform's own first process reaps orphans. Without it the image does, and no process holds the
   * environment that the container was started with.
   *
   * @default true
   */
  readonly init?: boolean;
  /**
   * Whether it gives way to others while the CPUs are busy, on a platform that weighs them.
   *
   * @default false
   */
  readonly yields?: boolean;
  /**
   * Whether it opens a connection for each of many requests, so that a port must not rest for a minute after each, on a
   * platform that can say so.
   *
   * @default false
   */
  readonly reconnects?: boolean;
  /** Seconds between the request to stop and the kill. */
  readonly stopGrace: number;
}

/** Where other workloads reach this one. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * What a target offers to components. Components are written once against this and never ask which platform they run
 * on; what a platform cannot do, it rejects with an error.
 */
export interface Platform {
  /** For messages and tests only. */
  readonly kind: "docker" | "kubernetes";
  /** Name of a resource of this platform's team: the parts behind the platform's prefix, with "-" between them. */
  name(...parts: readonly (string | undefined)[]): string;
  image(name: ImageName): ImageRef;
  /** The area of a member or of the live server, or of the team when `member` is undefined. */
  scope(member: string | undefined, opts: pulumi.ComponentResourceOptions): Scope;
  volume(scope: Scope, purpose: string, opts: pulumi.ComponentResourceOptions): VolumeRef;
  workload(scope: Scope, spec: WorkloadSpec, opts: pulumi.ComponentResourceOptions): Endpoint;
  /** The host name of a workload that may not exist yet. */
  host(scope: Scope, component: Component): string;
  /** The host name at which a published workload's further ports are reached. */
  insideHost(scope: Scope, component: Component): string;
  /**
   * The host name of a workload at the address that it has in one zone, for the `zone` of an `ExtraPort`; undefined on a
   * platform that tells the clients of each port apart.
   */
  zoneHost(scope: Scope, component: Component, zone: Zone): string | undefined;
  /**
   * `host:port` of a component of any member, `{member}` standing for the id. The gateway routes by it, so that a new
   * member needs no change there.
   */
  memberEndpoint(component: Component, port: number): string;
}

/** Where a workload finds the files of its `roster`. */
export const ROSTER_FOLDER = "/run/roster";

/** The variables that name them. */
export const rosterVariables = ({ roster = {} }: { readonly roster?: object }): Record<string, string> =>
  Object.fromEntries(Object.keys(roster).map((name) => [`${name}_FILE`, `${ROSTER_FOLDER}/${name}`]));

/** `<member>-<what>`, or `what` for the team's own. */
export const scopedName = (member: string | undefined, what: string): string =>
  member === undefined ? what : `${member}-${what}`;

/** What every platform is made from. */
export interface PlatformArgs {
  /** Id of the team, 1–20 of a-z and 0-9: the prefix of every container, network and volume, or of every namespace. */
  readonly team: string;
  /**
   * The one published port.
   *
   * @default 8080
   */
  readonly port?: number;
  /**
   * Another published port, for what leads to https.
   *
   * @default none
   */
  readonly httpPort?: number | undefined;
  /**
   * What the names of Pulumi's resources begin with. Of several platforms in one program, each needs another one.
   *
   * @default ""
   */
  readonly prefix?: string;
  /**
   * Package mirrors for image builds: `apt`, `aptSecurity`, `npm`, `pypi`, `composer`, `extensions`.
   *
   * @default {}
   */
  readonly mirrors?: Mirrors;
  /**
   * File or folder (*.crt) with extra CA certificates to trust in every image.
   *
   * @default /usr/local/share/ca-certificates of the machine that runs the program
   */
  readonly certificates?: string | undefined;
  /**
   * Debian packages that the images with PHP have besides.
   *
   * @default []
   */
  readonly packages?: readonly string[];
}

/** `Platform.name` for a prefix. */
export const resourceNames =
  (prefix = ""): Platform["name"] =>
  (...parts) =>
    [prefix, ...parts].filter(Boolean).join("-");

/** @throws Error when names made from the team's id could be read in two ways, or not at all */
export function checkTeam(id: string): void {
  if (!TEAM_ID.test(id)) {
    throw new Error(`team "${id}" is not a valid id: use 1–20 of a-z and 0-9, starting with a letter`);
  }
}

/** @throws Error when the id can be no part of a host name */
export function checkScope(id: string): void {
  if (MEMBER_ID.test(id) || (isLive(id) && /^[a-z0-9-]{1,30}$/.test(id))) return;
  throw new Error(`scope "${id}" is not a valid id: use 1–20 of a-z, 0-9 and "-", starting with a letter`);
}

/** The label set that every container, network and volume carries. */
export function labels(team: string, member: string | undefined, component: string): Record<string, string> {
  return {
    "muster.team": team,
    ...(member === undefined ? {} : { "muster.member": member }),
    "muster.component": component,
  };
}
