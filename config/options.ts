import type { Resources } from "./catalogue";
import {
  type CiSettings,
  type Member,
  type Owner,
  type PhpSettings,
  resolveMember,
  resolveOwner,
  workerLimits,
} from "./members";
import { ci, git } from "./schema/delivery";
import { kubernetes } from "./schema/targets";
import { type CiOptions, type ClusterOptions, type GitOptions, parseOptions } from "./schema/team";

type Some<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** What a stack is given to run with; each missing key is the roster's default. */
export interface OwnerOptions {
  /**
   * Shown by the starter page and in commits.
   *
   * @default the id
   */
  readonly name?: string | undefined;
  /**
   * MiB and CPUs by workload: `web`, `db`, `cache`, `code`.
   *
   * @default 384 MiB for web and db, 96 for cache, 1536 for code; 1 CPU each, half a one for cache
   */
  readonly limits?: { readonly [K in keyof Owner["limits"]]?: Some<Resources> | undefined } | undefined;
  /**
   * PHP's settings: `memoryLimit` and `uploadLimit` in MiB, `maxExecutionTime` in seconds, `displayErrors`, `timezone`.
   *
   * @default 128 MiB, 64 MiB, 30 seconds, true, "UTC"
   */
  readonly php?: Some<PhpSettings> | undefined;
  /**
   * `redis` adds a Redis, which also holds the PHP sessions.
   *
   * @default "none"
   */
  readonly cache?: Owner["cache"] | undefined;
}

/** A person with an editor. */
export interface EditorOptions extends OwnerOptions {
  /** Part of host, container and volume names. */
  readonly id: string;
  /**
   * Address for commits.
   *
   * @default <id>@localhost
   */
  readonly email?: string | undefined;
  /**
   * VS Code extensions to install from Open VSX, as `publisher.name`.
   *
   * @default []
   */
  readonly extensions?: readonly string[] | undefined;
}

export const ownerOf = (id: string, options: OwnerOptions = {}): Owner => resolveOwner({ ...options, id }, {});

export const memberOf = (options: EditorOptions): Member =>
  resolveMember({ ...options, extensions: options.extensions && [...options.extensions] }, {}, "localhost");

/** @throws ConfigError that lists every problem at once */
export function ciOf(options: CiOptions = {}): CiSettings {
  const settings = parseOptions(ci, options, "ci");
  return { ...settings, limits: workerLimits(settings) };
}
/** @throws ConfigError that lists every problem at once */
export const gitOf = (options: GitOptions = {}) => parseOptions(git, options, "git");
/** @throws ConfigError that lists every problem at once */
export const clusterOf = (options: ClusterOptions = {}) => parseOptions(kubernetes, options, "kubernetes");
