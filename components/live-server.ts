import * as pulumi from "@pulumi/pulumi";
import { LIVE } from "../config/catalogue";
import type { OwnerOptions } from "../config/options";
import { DEFAULT_LIVE_PHP } from "../config/schema/member";
import type { Endpoint, Platform } from "../platform/platform";
import { ApmStack } from "./apm-stack";
import type { LiveTarget } from "./ci-runner";

export interface LiveServerArgs {
  /** What runs the workloads: Docker or Kubernetes. */
  readonly platform: Platform;
  /**
   * Limits, PHP settings and cache.
   *
   * @default {}: as a member's, but that PHP shows no errors
   */
  readonly owner?: OwnerOptions;
  /**
   * Whether visitors use https, because something in front of the gateway ends TLS.
   *
   * @default false
   */
  readonly tls?: boolean;
  /**
   * The repository whose site is shown at the live server's own name.
   *
   * @default "app"
   */
  readonly repository?: string;
}

/** Where releases are: `<root>/<repository>/current` leads to the one that is served. */
const RELEASES = "/srv/live";

/**
 * What the team shows the world: an Apache stack with a database of its own that serves releases alone. Only the
 * deployer writes them.
 *
 * @example
 * const live = new LiveServer("live", { platform, repository: "shop" });
 * // live.target is what a CiRunner deploys to
 */
export class LiveServer extends pulumi.ComponentResource {
  /** Where other workloads reach it. */
  readonly endpoint: Endpoint;
  /** For the CI runner. */
  readonly target: LiveTarget;

  constructor(name: string, args: LiveServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:LiveServer", name, {}, opts);
    const { platform, owner = {}, tls = false, repository = "app" } = args;
    const child = { parent: this };

    const scope = platform.scope(LIVE, child);
    const releases = { volume: platform.volume(scope, "releases", child), path: RELEASES, shared: true };
    const stack = new ApmStack(
      name,
      {
        platform,
        scope,
        owner: { name: LIVE, ...owner, php: { ...DEFAULT_LIVE_PHP, ...owner.php } },
        tls,
        files: { ...releases, readOnly: true },
        site: { DOCUMENT_ROOT: `${RELEASES}/${repository}/current/public`, RELEASES_ROOT: RELEASES },
      },
      child,
    );

    this.endpoint = stack.web;
    this.target = { scope, releases, database: stack.database };
    this.registerOutputs();
  }
}
