import * as pulumi from "@pulumi/pulumi";
import type { Team } from "../config/members";
import { databaseUrl, editorUrl, portalUrl, siteUrl } from "../config/naming";
import type { Component, Endpoint, Platform, Scope } from "../platform/platform";

export interface PortalArgs {
  readonly platform: Platform;
  readonly scope: Scope;
  readonly team: Team;
}

/**
 * The page that links everybody's services and shows what answers. It holds the roster and no secret; it is the one
 * shared workload that a roster edit replaces.
 *
 * @example
 * const portal = new Portal("portal", { platform, scope, team }, { parent: this });
 */
export class Portal extends pulumi.ComponentResource {
  readonly endpoint: Endpoint;

  constructor(name: string, { platform, scope, team }: PortalArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:Portal", name, {}, opts);

    this.endpoint = platform.workload(
      scope,
      {
        component: "portal",
        image: platform.image("portal"),
        env: { PORTAL_CONFIG: JSON.stringify(portalConfig(team, platform)) },
        port: 8080,
        exposure: "team",
        probe: { kind: "http", path: "/-/health" },
        resources: { memory: 192, cpus: 1 },
        stopGrace: 5,
      },
      { parent: this },
    );

    this.registerOutputs();
  }
}

/** What the page shows, in roster order, and where the portal itself asks each service whether it answers. */
function portalConfig(team: Team, platform: Platform) {
  const probe = (component: Component, member: string, path: string) =>
    `http://${platform.memberEndpoint(component, 8080).replace("{member}", member)}${path}`;
  return {
    team: team.id,
    domain: team.domain,
    url: portalUrl(team),
    members: team.members.map(({ id, name }) => ({
      id,
      name,
      services: [
        { kind: "site", url: siteUrl(team, id), probe: probe("web", id, "/-/status") },
        { kind: "editor", url: editorUrl(team, id), probe: probe("code", id, "/healthz") },
        { kind: "database", url: databaseUrl(team, id) },
      ],
    })),
    services: [],
  };
}
