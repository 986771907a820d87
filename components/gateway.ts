import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import {
  type Component,
  DEVELOPMENT_PORTS,
  INSIDE_PORT,
  INSIDE_TLS_PORT,
  LIVE,
  memberAddresses,
  WORKLOADS,
} from "../config/catalogue";
import type { Entrance, GatewayTls } from "../config/entrance";
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
   * How visitors reach it, and what it does about TLS: that of a `Team`.
   *
   * @default { port: 8080, tls: false, gatewayTls: { kind: "off" }, httpPort: undefined, proxies: [] }
   */
  readonly entrance?: Pick<Entrance, "port" | "tls" | "gatewayTls" | "httpPort" | "proxies">;
  /**
   * Name of the team, for those who are asked to trust it.
   *
   * @default "muster"
   */
  readonly team?: string;
  /**
   * Hosts below the domain that need a name of their own in a certificate: see `certifiedHosts`.
   *
   * @default []
   */
  readonly hosts?: readonly string[];
  /** Serves the bare domain, and the pages for what does not answer: a `Portal`, or any other workload. */
  readonly portal: Endpoint;
  /** The team's own services by host name. */
  readonly routes: Readonly<Record<string, Endpoint>>;
  /**
   * Seconds that PHP may take for a page: a little later a site that hangs is said to.
   *
   * @default 30
   */
  readonly pageTime?: number;
  /**
   * What reaches public addresses from inside, besides sites, editors and the deployer.
   *
   * @default []
   */
  readonly workers?: readonly Component[];
  /**
   * What it asks before it passes a request on.
   *
   * @default none: everybody sees everything, and editor, database page, git and CI have their own log-ins
   */
  readonly access?: AccessService | undefined;
}

/** PHP's own, as the images have it. */
const DEFAULT_PAGE_TIME = 30;

/** What a page may take beyond PHP's time, in seconds: for what PHP does not count. */
const PAGE_GRACE = 15;

/** Visitors use http, at the usual port. */
const PLAIN: NonNullable<GatewayArgs["entrance"]> = {
  port: 8080,
  tls: false,
  gatewayTls: { kind: "off" },
  httpPort: undefined,
  proxies: [],
};

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
    {
      platform,
      scope,
      domain,
      entrance = PLAIN,
      team = "muster",
      hosts = [],
      portal,
      routes,
      pageTime = DEFAULT_PAGE_TIME,
      workers = [],
      access,
    }: GatewayArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("muster:index:Gateway", name, {}, opts);
    const child = { parent: this };
    const { gatewayTls, tls, port, httpPort, proxies } = entrance;

    platform.workload(
      scope,
      {
        component: "gateway",
        image: platform.image("gateway"),
        env: {
          GATEWAY_DOMAIN: domain,
          ...(tls ? { GATEWAY_SCHEME: "https" } : {}),
          ...(gatewayTls.kind === "off" ? {} : { GATEWAY_TLS: gatewayTls.kind, GATEWAY_PORT: String(port) }),
          ...(httpPort === undefined ? {} : { GATEWAY_HTTP_PORT: String(httpPort) }),
          ...(proxies.length === 0 ? {} : { GATEWAY_PROXIES: proxies.join(" ") }),
          ...(hosts.length === 0 ? {} : { GATEWAY_NAMES: hosts.map((host) => `${host}.${domain}`).join(" ") }),
          ...tlsSettings(gatewayTls, team),
          ...(pageTime > DEFAULT_PAGE_TIME ? { GATEWAY_PAGE_PATIENCE: String(pageTime + PAGE_GRACE) } : {}),
          GATEWAY_PORTAL: `${portal.host}:${portal.port}`,
          GATEWAY_ROUTES: teamRoutes(routes),
          GATEWAY_MEMBERS: memberRoutes(platform),
          GATEWAY_PORTS: platform.memberEndpoint(DEVELOPMENT_PORTS.component, DEVELOPMENT_PORTS.port),
          ...(access && {
            GATEWAY_ACCESS: `${access.endpoint.host}:${access.endpoint.port}`,
            GATEWAY_LEVELS: Object.entries(access.levels)
              .map(([kind, level]) => `${kind}=${level}`)
              .join(" "),
          }),
        },
        secrets: {
          ...(gatewayTls.kind === "off" ? {} : tlsSecrets(name, gatewayTls, child)),
          ...(access && { GATEWAY_KEY: access.key }),
        },
        ...(gatewayTls.kind === "acme"
          ? { mounts: [{ volume: platform.volume(scope, "certificates", child), path: "/var/lib/acme" }] }
          : {}),
        port: WORKLOADS.gateway.port,
        extraPorts: (gatewayTls.kind === "off" ? [INSIDE_PORT] : [INSIDE_PORT, INSIDE_TLS_PORT]).map((inside) => ({
          port: inside,
          clients: ["code", "deployer", "web", ...workers] as const,
        })),
        exposure: "published",
        clients: [],
        // An ACME server, and the DNS provider's.
        outbound: gatewayTls.kind === "acme",
        probe: { kind: "http", path: "/-/health" },
        resources: WORKLOADS.gateway.limits,
        stopGrace: 10,
        reconnects: true,
      },
      child,
    );

    this.registerOutputs();
  }
}

/**
 * Where containers get the authority that they trust, and the file that their programs read it from.
 *
 * @param insideHost the gateway's name for the team's own containers
 */
export function trustSettings(gatewayTls: GatewayTls, insideHost: string): Readonly<Record<string, string>> {
  if (gatewayTls.kind === "off" || (gatewayTls.kind !== "own" && gatewayTls.authority === undefined)) return {};
  const bundle = "/tmp/trust/certificates.crt";
  return {
    AUTHORITY_URL: `http://${insideHost}:${INSIDE_PORT}/-/authority.crt`,
    CURL_CA_BUNDLE: bundle,
    GIT_SSL_CAINFO: bundle,
    NODE_EXTRA_CA_CERTS: bundle,
    PIP_CERT: bundle,
    REQUESTS_CA_BUNDLE: bundle,
    SSL_CERT_FILE: bundle,
  };
}

function tlsSettings(gatewayTls: GatewayTls, team: string): Record<string, string> {
  switch (gatewayTls.kind) {
    case "off":
      return {};
    case "files":
      return trusted(gatewayTls);
    case "own":
      return { GATEWAY_TEAM: team };
    case "acme": {
      const { email, directory, dns } = gatewayTls;
      const provider = dns && { GATEWAY_ACME_DNS: dns.provider, GATEWAY_ACME_ENVIRONMENT: variables(dns).join(" ") };
      return { GATEWAY_ACME_EMAIL: email, GATEWAY_ACME_DIRECTORY: directory, ...trusted(gatewayTls), ...provider };
    }
    default: {
      const exhaustive: never = gatewayTls;
      return exhaustive;
    }
  }
}

const trusted = ({ authority }: { readonly authority: string | undefined }): Record<string, string> =>
  authority === undefined ? {} : { GATEWAY_TRUSTED: authority };

const variables = ({ environment }: { readonly environment: object }): string[] => Object.keys(environment).sort();

function tlsSecrets(
  name: string,
  gatewayTls: GatewayTls,
  child: pulumi.ComponentResourceOptions,
): Record<string, pulumi.Output<string>> {
  switch (gatewayTls.kind) {
    case "off":
      return {};
    case "own":
      // The authority's key follows from it, so that it is kept as the passwords are.
      return {
        GATEWAY_AUTHORITY: new random.RandomPassword(`${name}-authority`, { length: 40, special: false }, child).result,
      };
    case "files":
      return {
        GATEWAY_CERTIFICATE: pulumi.secret(gatewayTls.certificate),
        GATEWAY_CERTIFICATE_KEY: pulumi.secret(gatewayTls.key),
      };
    case "acme":
      return Object.fromEntries(
        Object.entries(gatewayTls.dns?.environment ?? {}).map(([variable, value]) => [variable, pulumi.secret(value)]),
      );
    default: {
      const exhaustive: never = gatewayTls;
      return exhaustive;
    }
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
