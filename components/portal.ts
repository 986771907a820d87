import * as pulumi from "@pulumi/pulumi";
import { memberAddresses, TEAM_ADDRESSES, WORKLOADS } from "../config/catalogue";
import type { Team } from "../config/members";
import { liveUrl, memberUrl, teamUrl } from "../config/naming";
import type { Endpoint, Platform, Scope } from "../platform/platform";

export interface PortalArgs {
  /** What runs the workloads: Docker or Kubernetes. */
  readonly platform: Platform;
  /** The team's own scope. */
  readonly scope: Scope;
  /** Whose members and repositories it shows. */
  readonly team: Team;
  /** The team's own services by kind. */
  readonly routes: Readonly<Record<"git" | "ci" | "mail" | "live", Endpoint>>;
  /**
   * The live sites by repository, where they are not all on the live server.
   *
   * @default {}
   */
  readonly live?: Readonly<Record<string, Endpoint>>;
}

/**
 * The page that links everybody's services and shows what answers. It holds no secret, and follows the roster while it
 * runs.
 *
 * @example
 * const routes = { git: git.endpoint, ci: ci.endpoint, live: live.endpoint, mail: mail.endpoint };
 * const portal = new Portal("portal", { platform, scope, team, routes });
 */
export class Portal extends pulumi.ComponentResource {
  /** Where other workloads reach it. */
  readonly endpoint: Endpoint;

  constructor(
    name: string,
    { platform, scope, team, routes, live }: PortalArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("muster:index:Portal", name, {}, opts);

    this.endpoint = platform.workload(
      scope,
      {
        component: "portal",
        image: platform.image("portal"),
        env: {},
        roster: { PORTAL_CONFIG: pulumi.output(JSON.stringify(portalConfig(team, platform, routes, live))) },
        port: WORKLOADS.portal.port,
        exposure: "team",
        clients: ["gateway"],
        probe: { kind: "http", path: "/-/health" },
        resources: WORKLOADS.portal.limits,
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
export function portalConfig(
  team: Team,
  platform: Pick<Platform, "memberEndpoint">,
  routes: PortalArgs["routes"],
  live: PortalArgs["live"] = {},
) {
  const inside = ({ host, port }: Endpoint, path: string) => `http://${host}:${port}${path}`;
  return {
    team: team.id,
    domain: team.domain,
    url: teamUrl(team, "portal"),
    members: team.members.map(({ id, name }) => (name === id ? { id } : { id, name })),
    memberServices: memberAddresses().map(([kind, { title, component, probe }]) => ({
      kind,
      name: title,
      url: memberUrl(team, kind, MEMBER),
      ...(probe === undefined
        ? {}
        : { probe: `http://${platform.memberEndpoint(component, WORKLOADS[component].port)}${probe}` }),
    })),
    services: (["git", "ci", "live", "mail"] as const).map((kind) => {
      const { title, probe } = TEAM_ADDRESSES[kind];
      return { kind, name: title, url: teamUrl(team, kind), probe: inside(routes[kind], probe) };
    }),
    delivery: {
      ciApi: inside(routes.ci, "/api/v2"),
      ciUrl: teamUrl(team, "ci"),
      // An upstream has branches that this git server does not know.
      ...(team.upstream ? {} : { gitApi: inside(routes.git, "/-/branches") }),
      liveApi: inside(routes.live, "/-/live"),
      deployBranch: team.ci.deployBranch,
      repositories: team.repositories.map((name, index) => ({
        name,
        gitUrl: team.upstream ? `${team.upstream.url}/${name}` : `${teamUrl(team, "git")}/${name}/`,
        liveUrl: index === 0 ? teamUrl(team, "live") : (liveUrl(team, name) as string),
        ...(index > 0 && live[name] ? { liveApi: inside(live[name], "/-/live") } : {}),
      })),
    },
  };
}
