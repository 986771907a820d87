import type { types } from "@pulumi/kubernetes";
import type { Component } from "../../config/catalogue";
import type { Team } from "../../config/members";
import type { Scope } from "../platform";
import { type KubernetesNames, objectMeta } from "./terms";

/** How the cluster's own entrance leads to the published workload: an Ingress, or a route of the Gateway API. */
export type Entrance = Pick<Team, "domain" | "port" | "kubernetes">;

/** What the cluster's own entrance is told; neither when the Service is published by itself. */
export interface Routes {
  readonly ingress: types.input.networking.v1.Ingress | undefined;
  readonly httpRoute: HttpRoute | undefined;
}

/** An HTTPRoute of gateway.networking.k8s.io/v1, which is no part of Kubernetes itself. */
export interface HttpRoute {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: types.input.meta.v1.ObjectMeta;
  readonly spec: object;
}

/** The domain and every name below it, which are all of one label. */
const hostNames = (domain: string): string[] => [domain, `*.${domain}`];

/** @param component the published workload, whose Service has the port that visitors use */
export function renderRoutes(names: KubernetesNames, scope: Scope, component: Component, team: Entrance): Routes {
  const { ingress, gatewayApi } = team.kubernetes;
  return {
    ingress: ingress && renderIngress(names, scope, component, team, ingress),
    httpRoute: gatewayApi && renderHttpRoute(names, scope, component, team, gatewayApi),
  };
}

function renderIngress(
  names: KubernetesNames,
  scope: Scope,
  component: Component,
  { domain, port }: Entrance,
  { className, annotations, tlsSecret }: NonNullable<Entrance["kubernetes"]["ingress"]>,
): types.input.networking.v1.Ingress {
  const backend = { service: { name: component, port: { number: port } } };
  const hosts = hostNames(domain);
  return {
    metadata: {
      ...objectMeta(names, scope, component, component),
      // Not every controller ever reports an address.
      annotations: { ...annotations, "pulumi.com/skipAwait": "true" },
    },
    spec: {
      ...(className === undefined ? {} : { ingressClassName: className }),
      ...(tlsSecret === undefined ? {} : { tls: [{ hosts, secretName: tlsSecret }] }),
      rules: hosts.map((host) => ({ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } })),
    },
  };
}

function renderHttpRoute(
  names: KubernetesNames,
  scope: Scope,
  component: Component,
  { domain, port }: Entrance,
  { gateway, namespace, sectionName, annotations }: NonNullable<Entrance["kubernetes"]["gatewayApi"]>,
): HttpRoute {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: {
      ...objectMeta(names, scope, component, component),
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
    spec: {
      parentRefs: [{ name: gateway, namespace, ...(sectionName === undefined ? {} : { sectionName }) }],
      hostnames: hostNames(domain),
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: "/" } }],
          backendRefs: [{ name: component, port }],
        },
      ],
    },
  };
}
