import * as pulumi from "@pulumi/pulumi";
import { LIVE, memberAddresses, WORKLOADS } from "../config/catalogue";
import type { Endpoint, Platform, Scope } from "../platform/platform";
import type { AccessService } from "./access";

export interface GatewayArgs {
  /** What runs the workloads: Docker or Kubernetes. */
  readonly platform: Platform;
  /** The team's own scope. */
  readonly scope: Scope;
  /** Domain below which every host name lives. */
  readonly domain: string;
  /**
   * Whether something in front of it ends TLS, so that visitors use https.
   *
   * @default false
   */
  readonly tls?: boolean;
  /** Serves the bare domain, and the pages for what does not answer: a `Portal`, or any other workload. */
  readonly portal: Endpoint;
  /** The team's own services by host name. */
  readonly routes: Readonly<Record<string, Endpoint>>;
  /**
   * What it asks before it passes a request on.
   *
   * @default none: everybody sees everything, and editor, database page, git and CI have their own log-ins
   */
  readonly access?: AccessService | undefined;
}

/**
 * The one published port. It routes by host-name pattern through the platform's DNS and knows no member, so that a
 * roster edit neither restarts nor reloads it.
 *
 * @example
 * const routes = { git: git.endpoint, ci: ci.endpoint };
 * new Gateway("gateway", { platform, scope, domain: "localhost", portal: git.endpoint, routes });
 */
export class Gateway extends pulumi.ComponentResource {
  constructor(
    name: string,
    { platform, scope, domain, tls = false, portal, routes, access }: GatewayArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("muster:index:Gateway", name, {}, opts);

    platform.workload(
      scope,
      {
        component: "gateway",
        image: platform.image("gateway"),
        env: {
          GATEWAY_DOMAIN: domain,
          ...(tls ? { GATEWAY_SCHEME: "https" } : {}),
          GATEWAY_PORTAL: `${portal.host}:${portal.port}`,
          GATEWAY_ROUTES: teamRoutes(routes),
          GATEWAY_MEMBERS: memberRoutes(platform),
          ...(access && {
            GATEWAY_ACCESS: `${access.endpoint.host}:${access.endpoint.port}`,
            GATEWAY_LEVELS: Object.entries(access.levels)
              .map(([kind, level]) => `${kind}=${level}`)
              .join(" "),
          }),
        },
        ...(access && { secrets: { GATEWAY_KEY: access.key } }),
        port: WORKLOADS.gateway.port,
        exposure: "published",
        clients: [],
        probe: { kind: "http", path: "/-/health" },
        resources: WORKLOADS.gateway.limits,
        stopGrace: 10,
      },
      { parent: this },
    );

    this.registerOutputs();
  }
}

/** `<host>=<host>:<port>` for each of the team's own services, and for the sites that are live beside the first one. */
const teamRoutes = (routes: GatewayArgs["routes"]): string =>
  Object.entries(routes)
    .flatMap(([host, endpoint]) =>
      (host === LIVE ? [host, `*--${host}`] : [host]).map((name) => [name, endpoint] as const),
    )
    .map(([name, { host, port }]) => `${name}=${host}:${port}`)
    .sort()
    .join(" ");

/** `<kind>=<prefix>{member}=<host>:<port>=<patience>` for each address of a member, the longest prefix first. */
const memberRoutes = (platform: Platform): string =>
  memberAddresses()
    .sort(([, a], [, b]) => b.prefix.length - a.prefix.length)
    .map(([kind, { prefix, component, patience }]) =>
      [kind, `${prefix}{member}`, platform.memberEndpoint(component, WORKLOADS[component].port), patience].join("="),
    )
    .join(" ");
