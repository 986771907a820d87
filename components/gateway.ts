import * as pulumi from "@pulumi/pulumi";
import type { Endpoint, Platform, Scope } from "../platform/platform";

export interface GatewayArgs {
  readonly platform: Platform;
  readonly scope: Scope;
  /** Domain below which every host name lives. */
  readonly domain: string;
  /**
   * Whether something in front of it ends TLS, so that visitors use https.
   *
   * @default false
   */
  readonly tls?: boolean;
  /** Serves the bare domain, and the pages for what does not answer. */
  readonly portal: Endpoint;
  /** The team's own services by host name. */
  readonly routes: Readonly<Record<string, Endpoint>>;
}

/**
 * The one published port. It routes by host-name pattern through the platform's DNS and knows no member, so that a
 * roster edit neither restarts nor reloads it.
 *
 * @example
 * new Gateway("gateway", { platform, scope, domain: "localhost", portal: portal.endpoint, routes: {} }, { parent: this });
 */
export class Gateway extends pulumi.ComponentResource {
  constructor(
    name: string,
    { platform, scope, domain, tls = false, portal, routes }: GatewayArgs,
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
          GATEWAY_ROUTES: Object.entries(routes)
            .map(([host, endpoint]) => `${host}=${endpoint.host}:${endpoint.port}`)
            .sort()
            .join(" "),
          GATEWAY_WEB: platform.memberEndpoint("web", 8080),
          GATEWAY_CODE: platform.memberEndpoint("code", 8080),
        },
        port: 8080,
        exposure: "published",
        clients: [],
        probe: { kind: "http", path: "/-/health" },
        resources: { memory: 128, cpus: 1 },
        stopGrace: 10,
      },
      { parent: this },
    );

    this.registerOutputs();
  }
}
