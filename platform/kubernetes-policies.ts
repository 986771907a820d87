import type { types } from "@pulumi/kubernetes";
import { type KubernetesNames, namespaceName, objectMeta, podSelector } from "./kubernetes-terms";
import type { Scope, WorkloadSpec } from "./platform";

type NetworkPolicy = types.input.networking.v1.NetworkPolicy;
type Peer = types.input.networking.v1.NetworkPolicyPeer;
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

/** Who may connect to a workload, by its exposure, and where it may connect to. */
export function renderWorkloadPolicy(
  names: KubernetesNames,
  scope: Scope,
  spec: Pick<WorkloadSpec, "component" | "port" | "extraPorts" | "exposure">,
): NetworkPolicy {
  const from = allowedPeers(names, scope, spec);
  const egress = allowedEgress(names, scope, spec);
  return {
    metadata: objectMeta(names, scope, spec.component, spec.component),
    spec: {
      podSelector: { matchLabels: podSelector(spec.component) },
      policyTypes: ["Ingress", ...(egress.length > 0 ? ["Egress"] : [])],
      ingress: [
        {
          ports: [spec.port, ...(spec.extraPorts ?? [])].map((port) => ({ protocol: "TCP", port })),
          ...(from === "everyone" ? {} : { from }),
        },
      ],
      ...(egress.length > 0 ? { egress } : {}),
    },
  };
}

function allowedPeers(
  names: KubernetesNames,
  scope: Scope,
  { exposure }: Pick<WorkloadSpec, "exposure">,
): Peer[] | "everyone" {
  const ownNamespace: Peer = { podSelector: {} };
  switch (exposure) {
    case "private":
      return [ownNamespace];
    case "team":
      return scope.member === undefined ? [ownNamespace] : [ownNamespace, gatewayAndPortal(names)];
    case "scopes":
      return [teamNamespaces(names)];
    case "published":
      return "everyone";
    default: {
      const exhaustive: never = exposure;
      return exhaustive;
    }
  }
}

const teamNamespaces = ({ team }: KubernetesNames): Peer => ({
  namespaceSelector: { matchLabels: { "muster.team": team } },
});

function gatewayAndPortal(names: KubernetesNames): Peer {
  return {
    // The API server sets this label; nobody can give it to another namespace.
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespaceName(names, undefined) } },
    podSelector: { matchExpressions: [{ key: "muster.component", operator: "In", values: ["gateway", "portal"] }] },
  };
}

/**
 * What only answers needs no way out. A member's other workloads run the member's code, which installs packages and
 * calls services. The team's own reach the members' by label, so that a new member changes nothing here.
 */
function allowedEgress(
  names: KubernetesNames,
  { member }: Scope,
  { component, exposure }: Pick<WorkloadSpec, "component" | "exposure">,
): EgressRule[] {
  const inside = teamNamespaces(names);
  if (installsPackages(component)) return [{ to: [inside, ...OUTSIDE] }];
  if (exposure === "private") return [];
  return [{ to: member === undefined ? [inside] : [inside, ...OUTSIDE] }];
}

/** CI's workers are connected to by nobody, ask the master for work, and run the repositories' builds. */
const installsPackages = (component: WorkloadSpec["component"]): boolean => component.startsWith("worker-");

/** Everything but link-local addresses and AWS's fd00:ec2::, where clouds hand out a node's credentials. */
const OUTSIDE: Peer[] = [
  { ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } },
  { ipBlock: { cidr: "::/0", except: ["fd00:ec2::/32", "fe80::/10"] } },
];
