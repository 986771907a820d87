import { LOOPBACK_PORTS } from "./catalogue";
import { authoritiesIn } from "./certificates";
import { isLocalDomain } from "./naming";
import type { TeamConfig } from "./schema/team";

/**
 * What the gateway does about TLS. An `authority` is trusted by the team's containers, beside those of their systems.
 */
export type GatewayTls =
  /** Nothing: visitors use http, or something in front of it ends TLS. */
  | { readonly kind: "off" }
  /** It has a certificate of the team's own authority. */
  | { readonly kind: "own" }
  /** In PEM. */
  | {
      readonly kind: "files";
      readonly certificate: string;
      readonly key: string;
      readonly authority: string | undefined;
    }
  | {
      readonly kind: "acme";
      readonly email: string;
      readonly directory: string;
      readonly authority: string | undefined;
      /** Undefined: each name is proved over HTTP. */
      readonly dns: { readonly provider: string; readonly environment: Readonly<Record<string, string>> } | undefined;
    };

/** Where and how visitors reach the gateway. */
export interface Entrance {
  /** The port in URLs. */
  readonly port: number;
  /** The port that the gateway is published at: that of URLs, unless a proxy is in front. */
  readonly listenPort: number;
  /** Another published port, which leads to https; undefined for none. */
  readonly httpPort: number | undefined;
  /** Whether visitors use https. */
  readonly tls: boolean;
  readonly gatewayTls: GatewayTls;
  /** Networks whose `X-Forwarded-*` are believed. */
  readonly proxies: readonly string[];
}

type EntranceConfig = Pick<
  TeamConfig,
  "target" | "domain" | "port" | "publicPort" | "httpPort" | "proxies" | "tls" | "kubernetes"
>;

/** The entrance of a config, with every default filled in. */
export function entrance(config: EntranceConfig): Entrance {
  const gatewayTls = tlsOf(config);
  const encrypts = gatewayTls.kind !== "off";
  const listenPort = config.port ?? (encrypts ? 443 : 8080);
  const proxied = config.proxies.length > 0;
  return {
    port: proxied ? (config.publicPort ?? 443) : listenPort,
    listenPort,
    httpPort: encrypts ? (config.httpPort ?? (listenPort === 443 ? 80 : 0)) || undefined : undefined,
    tls: encrypts || proxied || clusterEndsTls(config),
    gatewayTls,
    proxies: config.proxies,
  };
}

/**
 * Whether public names lead to the gateway from inside, by the loopback of each container: where something in front of
 * it ends TLS, they are left to DNS.
 */
export const leadsInside = ({ tls, gatewayTls }: Pick<Entrance, "tls" | "gatewayTls">): boolean =>
  !tls || gatewayTls.kind !== "off";

/** What is wrong with visitors' ports that are each right by themselves. */
export function* entranceProblems(
  entrance: Entrance,
): Iterable<{ readonly path: readonly string[]; readonly message: string }> {
  if (!leadsInside(entrance)) return;
  const own = [...LOOPBACK_PORTS].sort((a, b) => a - b).join(", ");
  const message = `is one of the ports that the team's containers have for themselves (${own}): use another one`;
  for (const [key, port = 0] of [
    ["port", entrance.listenPort],
    ["httpPort", entrance.httpPort],
  ] as const) {
    if (LOOPBACK_PORTS.includes(port)) yield { path: [key], message };
  }
}

function tlsOf(config: EntranceConfig): GatewayTls {
  const { tls = defaultTls(config) } = config;
  if (typeof tls === "string") return { kind: tls };
  const { acme, certificate = "", key = "" } = tls;
  if (acme !== undefined) return { kind: "acme", ...acme, authority: acme.authority, dns: acme.dns };
  return { kind: "files", certificate, key, authority: authoritiesIn(certificate) };
}

/** What `tls` is where the roster does not say it. */
export const defaultTls = ({
  domain,
  proxies,
  target,
  kubernetes,
}: {
  readonly domain: string;
  readonly proxies: readonly string[];
  readonly target: string;
  readonly kubernetes: { readonly ingress?: object | undefined; readonly gatewayApi?: object | undefined };
}): "own" | "off" => {
  const entered = target === "kubernetes" && (kubernetes.ingress ?? kubernetes.gatewayApi) !== undefined;
  return isLocalDomain(domain) || proxies.length > 0 || entered ? "off" : "own";
};

function clusterEndsTls({ target, kubernetes: { ingress, gatewayApi } }: EntranceConfig): boolean {
  return target === "kubernetes" && (ingress?.tlsSecret !== undefined || gatewayApi?.tls === true);
}
