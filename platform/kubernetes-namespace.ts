import type { types } from "@pulumi/kubernetes";
import type { Owner, Resources } from "../config/members";
import {
  cpuQuantity,
  type KubernetesNames,
  memoryQuantity,
  namespaceName,
  objectLabels,
  objectMeta,
  quantities,
  requests,
} from "./kubernetes-terms";
import type { Scope } from "./platform";

/** The namespace of a scope, and the bounds of what runs in it. Its network policies are in `kubernetes-policies`. */

/** Nothing in it may run as root, gain privileges, or mount the node. */
export function renderNamespace(names: KubernetesNames, scope: Scope): types.input.core.v1.Namespace {
  return {
    metadata: {
      name: namespaceName(names, scope.member),
      labels: {
        ...objectLabels(names, scope, "namespace"),
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/enforce-version": "latest",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/warn-version": "latest",
      },
    },
  };
}

/**
 * A member's share of the cluster: the limits of their workloads, and the largest once more, because a pod that is
 * replaced counts until it has stopped.
 */
export function renderQuota(names: KubernetesNames, member: Owner): types.input.core.v1.ResourceQuota {
  const limits = workloadLimits(member);
  const share = (of: (limits: Resources) => number) => sum(limits.map(of)) + Math.max(...limits.map(of));
  return {
    metadata: objectMeta(names, { member: member.id }, "quota", "member"),
    spec: {
      hard: {
        "limits.cpu": cpuQuantity(share(({ cpus }) => cpus)),
        "limits.memory": memoryQuantity(share(({ memory }) => memory)),
        pods: String(limits.length + 1),
        "services.loadbalancers": "0",
        "services.nodeports": "0",
      },
    },
  };
}

/** The bounds of one container: none gets more than the member's largest workload, or goes without limits. */
export function renderLimitRange(names: KubernetesNames, member: Owner): types.input.core.v1.LimitRange {
  const limits = workloadLimits(member);
  const largest = {
    memory: Math.max(...limits.map(({ memory }) => memory)),
    cpus: Math.max(...limits.map(({ cpus }) => cpus)),
  };
  const smallest = {
    memory: Math.min(...limits.map(({ memory }) => memory)),
    cpus: Math.min(...limits.map(({ cpus }) => cpus)),
  };
  return {
    metadata: objectMeta(names, { member: member.id }, "limits", "member"),
    spec: {
      limits: [
        {
          type: "Container",
          max: quantities(largest),
          default: quantities(smallest),
          defaultRequest: quantities(requests(smallest)),
        },
      ],
    },
  };
}

const workloadLimits = ({ limits: { cache, ...always }, cache: kind }: Owner): Resources[] => [
  ...Object.values(always),
  ...(kind === "none" ? [] : [cache]),
];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
