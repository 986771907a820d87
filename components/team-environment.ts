import * as pulumi from "@pulumi/pulumi";
import type { Team } from "../config/members";
import type { Platform } from "../platform/platform";
import { Gateway } from "./gateway";
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
    const portal = new Portal("portal", { platform, scope, team }, child);
    new Gateway("gateway", { platform, scope, domain: team.domain, portal: portal.endpoint }, child);

    this.credentials = Object.fromEntries(
      team.members.map((member) => [
        member.id,
        new MemberEnvironment(member.id, { platform, member }, child).credentials,
      ]),
    );
    this.registerOutputs();
  }
}
