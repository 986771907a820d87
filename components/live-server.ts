import * as pulumi from "@pulumi/pulumi";
import { LIVE } from "../config/catalogue";
import type { Team } from "../config/members";
import type { Endpoint, Platform } from "../platform/platform";
import { ApmStack } from "./apm-stack";
import type { LiveTarget } from "./ci-runner";

export interface LiveServerArgs {
  readonly platform: Platform;
  readonly team: Team;
}

/** Where releases are: `<root>/<repository>/current` leads to the one that is served. */
const RELEASES = "/srv/live";

/**
 * What the team shows the world: an Apache stack with a database of its own that serves releases alone. Only the
 * deployer writes them.
 *
 * @example
 * const live = new LiveServer("live", { platform, team }, { parent: this });
 */
export class LiveServer extends pulumi.ComponentResource {
  readonly endpoint: Endpoint;
  readonly target: LiveTarget;

  constructor(name: string, { platform, team }: LiveServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:LiveServer", name, {}, opts);
    const child = { parent: this };

    const scope = platform.scope(LIVE, child);
    const releases = { volume: platform.volume(scope, "releases", child), path: RELEASES, shared: true };
    const stack = new ApmStack(
      name,
      {
        platform,
        scope,
        owner: team.live,
        tls: team.tls,
        files: { ...releases, readOnly: true },
        site: { DOCUMENT_ROOT: `${RELEASES}/${team.repositories[0]}/current/public`, RELEASES_ROOT: RELEASES },
      },
      child,
    );

    this.endpoint = stack.web;
    this.target = { scope, releases, database: stack.database };
    this.registerOutputs();
  }
}
