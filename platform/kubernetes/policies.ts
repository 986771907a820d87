import type { types } from "@pulumi/kubernetes";
import type { Scope, WorkloadSpec } from "../platform";
import { COMPONENT, type KubernetesNames, namespaceName, objectMeta, podSelector } from "./terms";

type NetworkPolicy = types.input.networking.v1.NetworkPolicy;
type Peer = types.input.networking.v1.NetworkPolicyPeer;
type IngressRule = types.input.networking.v1.NetworkPolicyIngressRule;
type EgressRule = types.input.networking.v1.NetworkPolicyEgressRule;

/** A namespace's own policies: nothing in, and nothing out but questions to DNS. */
export function renderBasePolicies(names: KubernetesNames, scope: Scope): Record<"deny" | "dns", NetworkPolicy> {
  const policy = (
    name: string,
    spec: Omit<types.input.networking.v1.NetworkPolicySpec, "podSelector">,
  ): NetworkPolicy => ({
    metadata: objectMeta(names, scope, "network", name),
    spec: { podSelector: {}, ...spec },
  });
  return {
    deny: policy("default-deny", { policyTypes: ["Ingress", "Egress"] }),
    // To anywhere: a node's own DNS cache is no pod that a selector could name.
    dns: policy("dns", {
      policyTypes: ["Egress"],
      egress: [
        {
          ports: [
            { protocol: "UDP", port: 53 },
            { protocol: "TCP", port: 53 },
          ],
        },
      ],
    }),
  };
}

type Connections = Pick<WorkloadSpec, "component" | "port" | "extraPorts" | "exposure" | "clients" | "outbound">;

/** Who may connect to a workload, by its exposure and its clients, and where it may connect to. */
export function renderWorkloadPolicy(names: KubernetesNames, scope: Scope, spec: Connections): NetworkPolicy {
  const further = spec.exposure === "published" ? "scopes" : spec.exposure;
  const ingress = [
    ...allowedIngress(names, scope, spec.exposure, spec.port, spec.clients),
    ...(spec.extraPorts ?? []).flatMap(({ port, clients }) => allowedIngress(names, scope, further, port, clients)),
  ];
  const egress = allowedEgress(names, scope, spec);
  return {
    metadata: objectMeta(names, scope, spec.component, spec.component),
    spec: {
      podSelector: { matchLabels: podSelector(spec.component) },
      policyTypes: ["Ingress", ...(egress.length > 0 ? ["Egress"] : [])],
      // The API server drops an empty list, and each apply would put it back.
      ...(ingress.length > 0 ? { ingress } : {}),
      ...(egress.length > 0 ? { egress } : {}),
    },
  };
}

function allowedIngress(
  names: KubernetesNames,
  scope: Scope,
  exposure: WorkloadSpec["exposure"],
  port: number,
  clients: WorkloadSpec["clients"],
): IngressRule[] {
  const ports = [{ protocol: "TCP", port }];
  if (exposure === "published") return [{ ports }];
  // A rule without peers would let in everybody.
  if (clients.length === 0) return [];
  const pods = { podSelector: { matchExpressions: [{ key: COMPONENT, operator: "In", values: [...clients].sort() }] } };
  return [{ ports, from: clientNamespaces(names, scope, exposure).map((namespace) => ({ ...namespace, ...pods })) }];
}

function clientNamespaces(
  names: KubernetesNames,
  { member }: Scope,
  exposure: Exclude<WorkloadSpec["exposure"], "published">,
): Peer[] {
  const own: Peer = {};
  switch (exposure) {
    case "private":
      return [own];
    case "team":
      return member === undefined ? [own] : [own, teamNamespace(names)];
    case "scopes":
      return [everyNamespace(names)];
    default: {
      const exhaustive: never = exposure;
      return exhaustive;
    }
  }
}

/** The API server sets this label; nobody can give it to another namespace. */
const teamNamespace = (names: KubernetesNames): Peer => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespaceName(names, undefined) } },
});

/** By label, so that a new member changes no policy of the others. */
const everyNamespace = ({ team }: KubernetesNames): Peer => ({
  namespaceSelector: { matchLabels: { "muster.team": team } },
});

/**
 * What is private and stays inside only answers. The others may open connections to their own namespace and to the
 * team's, and the team's own also to the members'; which of them succeed, the other side's ingress says.
 */
function allowedEgress(
  names: KubernetesNames,
  { member }: Scope,
  { exposure, outbound = false }: Pick<Connections, "exposure" | "outbound">,
): EgressRule[] {
  if (exposure === "private" && !outbound) return [];
  const inside = member === undefined ? [everyNamespace(names)] : [{ podSelector: {} }, teamNamespace(names)];
  return [{ to: [...inside, ...(outbound ? OUTSIDE : [])] }];
}

/** Everything but link-local addresses and AWS's fd00:ec2::, where clouds hand out a node's credentials. */
const OUTSIDE: Peer[] = [
  { ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } },
  { ipBlock: { cidr: "::/0", except: ["fd00:ec2::/32", "fe80::/10"] } },
];
