import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { DEVELOPMENT_PORTS, WORKLOADS } from "../config/catalogue";
import type { Team } from "../config/members";
import { teamUrl } from "../config/naming";
import { type Levels, levelsOf } from "../config/visibility";
import type { Endpoint, Platform, Scope } from "../platform/platform";

export interface AccessArgs {
  /** What runs the workloads: Docker or Kubernetes. */
  readonly platform: Platform;
  /** The team's own scope. */
  readonly scope: Scope;
  /** Who there is, where, and who may see what. */
  readonly team: Pick<Team, "id" | "domain" | "port" | "tls" | "members" | "visibility">;
  /** Passwords of the git server by member id: with these members sign in until they have one of their own. */
  readonly passwords: Secrets;
  /** Passwords of the editors by member id. */
  readonly editors: Secrets;
  /** Passwords of the databases by member id, and that of the live server. */
  readonly databases: Secrets;
}

type Secrets = Readonly<Record<string, pulumi.Output<string>>>;

/** How the gateway asks it. */
export interface AccessService {
  readonly endpoint: Endpoint;
  /** Proves that it is the gateway. */
  readonly key: pulumi.Output<string>;
  /** Who may see what, by kind of address. */
  readonly levels: Levels;
}

/**
 * Knows who is signed in, and answers the gateway whether a request may pass. It follows the roster while it runs;
 * sessions, passwords and the log of sign-ins are in its volume.
 *
 * @example
 * const access = new Access("access", { platform, scope, team, passwords: git.passwords, editors, databases });
 * new Gateway("gateway", { platform, scope, domain: team.domain, portal, routes, access: access.service });
 */
export class Access extends pulumi.ComponentResource {
  /** For a `Gateway`. */
  readonly service: AccessService;

  constructor(name: string, args: AccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("muster:index:Access", name, {}, opts);
    const { platform, scope, team } = args;
    const child = { parent: this };
    const levels = levelsOf(team.visibility);
    const key = new random.RandomPassword(`${name}-gateway-key`, { length: 32, special: false }, child).result;

    const endpoint = platform.workload(
      scope,
      {
        component: "access",
        image: platform.image("access"),
        env: {},
        secrets: { GATEWAY_KEY: key },
        roster: {
          ACCESS_CONFIG: pulumi.output(JSON.stringify(accessConfig(team, platform, levels))),
          ACCESS_DATABASES: pairs(args.databases),
          ACCESS_EDITORS: pairs(args.editors),
          ACCESS_PASSWORDS: pairs(args.passwords),
        },
        mounts: [{ volume: platform.volume(scope, "access", child), path: "/var/lib/access" }],
        port: WORKLOADS.access.port,
        exposure: "team",
        clients: ["gateway"],
        probe: { kind: "http", path: "/-/health" },
        resources: WORKLOADS.access.limits,
        stopGrace: 5,
      },
      child,
    );
    this.service = { endpoint, key, levels };

    this.registerOutputs();
  }
}

/** Who there is, and who may see what. */
const accessConfig = (team: AccessArgs["team"], platform: Platform, levels: Levels) => ({
  team: team.id,
  url: teamUrl(team, "portal"),
  levels,
  ports: platform.memberEndpoint(DEVELOPMENT_PORTS.component, DEVELOPMENT_PORTS.port),
  members: team.members.map(({ id, name, role }) => ({
    id,
    ...(name === id ? {} : { name }),
    ...(role === "member" ? {} : { role }),
  })),
});

/** `alice:secret bob:secret`, in roster order. */
export const pairs = (secrets: Secrets): pulumi.Output<string> =>
  pulumi
    .all(Object.entries(secrets).map(([id, secret]) => pulumi.interpolate`${id}:${secret}`))
    .apply((all) => all.join(" "));
