import * as pulumi from "@pulumi/pulumi";
import type { Team } from "../config/members";
import type { Platform } from "../platform/platform";
import { CiRunner } from "./ci-runner";
import { Gateway } from "./gateway";
import { GitServer } from "./git-server";
import { LiveServer } from "./live-server";
import { type Credentials, MemberEnvironment } from "./member-environment";
import { Portal } from "./portal";

export interface TeamEnvironmentArgs {
  readonly platform: Platform;
  readonly team: Team;
}

/**
 * A team's whole environment: what it shares, and a MemberEnvironment for each entry of the roster.
 *
 * @example
 * const environment = new TeamEnvironment(team.id, { platform: createPlatform(team), team });
 */
export class TeamEnvironment extends pulumi.ComponentResource {
  /** What each member logs in with, by member id. */
  readonly credentials: Readonly<Record<string, Credentials>>;

  constructor(name: string, { platform, team }: TeamEnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:TeamEnvironment", name, {}, opts);
    const child = { parent: this };

    const scope = platform.scope(undefined, child);
    const live = new LiveServer("live", { platform, team }, child);
    const ci = new CiRunner(
      "ci",
      { platform, scope, team, gitHost: platform.host(scope, "git"), live: live.target },
      child,
    );
    const git = new GitServer("git", { platform, scope, team, ci: ci.access }, child);
    const routes = { ci: ci.endpoint, git: git.endpoint, live: live.endpoint };
    const portal = new Portal("portal", { platform, scope, team, routes }, child);
    const { domain, tls } = team;
    new Gateway("gateway", { platform, scope, domain, tls, portal: portal.endpoint, routes }, child);

    this.credentials = Object.fromEntries(
      team.members.map((member) => {
        const password = git.passwords[member.id] as pulumi.Output<string>;
        const access = {
          url: ci.access.gitUrl,
          upstreamUrl: team.upstream?.url,
          repositories: team.repositories,
          password,
        };
        return [member.id, new MemberEnvironment(member.id, { platform, member, tls, git: access }, child).credentials];
      }),
    );
    this.registerOutputs();
  }
}
