import * as pulumi from "@pulumi/pulumi";
import type { Team } from "../config/members";
import { ciUrl, databaseUrl, editorUrl, gitUrl, liveUrl, portalUrl, siteUrl } from "../config/naming";
import type { Component, Endpoint, Platform, Scope } from "../platform/platform";

export interface PortalArgs {
  readonly platform: Platform;
  readonly scope: Scope;
  readonly team: Team;
  /** The team's own services by kind. */
  readonly routes: Readonly<Record<"git" | "ci" | "live", Endpoint>>;
}

/**
 * The page that links everybody's services and shows what answers. It holds the roster and no secret; it is the one
 * shared workload that a roster edit replaces.
 *
 * @example
 * const portal = new Portal("portal", { platform, scope, team, routes }, { parent: this });
 */
export class Portal extends pulumi.ComponentResource {
  readonly endpoint: Endpoint;

  constructor(name: string, { platform, scope, team, routes }: PortalArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:Portal", name, {}, opts);

    this.endpoint = platform.workload(
      scope,
      {
        component: "portal",
        image: platform.image("portal"),
        env: { PORTAL_CONFIG: JSON.stringify(portalConfig(team, platform, routes)) },
        port: 8080,
        exposure: "team",
        clients: ["gateway"],
        probe: { kind: "http", path: "/-/health" },
        resources: { memory: 192, cpus: 1 },
        stopGrace: 5,
      },
      { parent: this },
    );

    this.registerOutputs();
  }
}

/** Stands for a member's id, as in the platform's `memberEndpoint`. */
const MEMBER = "{member}";

/**
 * What the page shows, in roster order, and where the portal itself asks each service whether it answers. It goes
 * through one environment variable, so what every member has is told once.
 */
export function portalConfig(team: Team, platform: Pick<Platform, "memberEndpoint">, routes: PortalArgs["routes"]) {
  const probe = (component: Component, path: string) => `http://${platform.memberEndpoint(component, 8080)}${path}`;
  const inside = ({ host, port }: Endpoint, path: string) => `http://${host}:${port}${path}`;
  return {
    team: team.id,
    domain: team.domain,
    url: portalUrl(team),
    members: team.members.map(({ id, name }) => (name === id ? { id } : { id, name })),
    memberServices: [
      { kind: "site", url: siteUrl(team, MEMBER), probe: probe("web", "/-/status") },
      { kind: "editor", url: editorUrl(team, MEMBER), probe: probe("code", "/healthz") },
      { kind: "database", url: databaseUrl(team, MEMBER) },
    ],
    services: [
      { kind: "git", name: "Git", url: gitUrl(team), probe: inside(routes.git, "/-/health") },
      { kind: "ci", name: "CI", url: ciUrl(team), probe: inside(routes.ci, "/-/health") },
      { kind: "live", name: "Live", url: liveUrl(team), probe: inside(routes.live, "/-/status") },
    ],
    delivery: {
      ciApi: inside(routes.ci, "/api/v2"),
      ciUrl: ciUrl(team),
      liveApi: inside(routes.live, "/-/live"),
      deployBranch: team.ci.deployBranch,
      repositories: team.repositories.map((name, index) => ({
        name,
        gitUrl: team.upstream ? `${team.upstream.url}/${name}` : `${gitUrl(team)}/${name}/`,
        liveUrl: index === 0 ? liveUrl(team) : liveUrl(team, name),
      })),
    },
  };
}
