import type { types } from "@pulumi/kubernetes";
import type { Resources } from "../../config/catalogue";
import type { Owner, Registry } from "../../config/members";
import { ownerVolumes, ownerWorkloads } from "../../config/workloads";
import type { Scope } from "../platform";
import {
  cpuQuantity,
  type KubernetesNames,
  memoryQuantity,
  namespaceName,
  objectLabels,
  objectMeta,
  PULL_SECRET,
  quantities,
  requests,
} from "./terms";

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

/** The account with which the namespace's pods pull their images; undefined when the registry asks for none. */
export function renderPullSecret(
  names: KubernetesNames,
  scope: Scope,
  { pull, account }: Registry,
): (types.input.core.v1.Secret & { readonly stringData: Readonly<Record<string, string>> }) | undefined {
  if (account === undefined) return undefined;
  const { user, password } = account;
  const [host = ""] = pull.split("/");
  return {
    metadata: objectMeta(names, scope, "registry", PULL_SECRET),
    type: "kubernetes.io/dockerconfigjson",
    stringData: {
      ".dockerconfigjson": JSON.stringify({
        // `auth`, which repeats both in base64, is left out: an export could not put the password into it.
        auths: { [host === "docker.io" ? DOCKER_HUB : host]: { username: user, password } },
      }),
    },
  };
}

/** By this name kubelets look for an account of Docker Hub. */
const DOCKER_HUB = "https://index.docker.io/v1/";

/**
 * A member's share of the cluster: the limits of their workloads, and the largest once more, because a pod that is
 * replaced counts until it has stopped. Of volumes, those that the scope has.
 *
 * @param storage size of a volume in GiB
 */
export function renderQuota(
  names: KubernetesNames,
  owner: Owner,
  { storage }: { readonly storage: number },
): types.input.core.v1.ResourceQuota {
  const limits = ownerWorkloads(owner).map(({ resources }) => resources);
  const share = (of: (limits: Resources) => number) => sum(limits.map(of)) + Math.max(...limits.map(of));
  const claims = ownerVolumes(owner).length;
  return {
    metadata: objectMeta(names, { member: owner.id }, "quota", "member"),
    spec: {
      hard: {
        "limits.cpu": cpuQuantity(share(({ cpus }) => cpus)),
        "limits.memory": memoryQuantity(share(({ memory }) => memory)),
        persistentvolumeclaims: String(claims),
        pods: String(limits.length + 1),
        "requests.storage": `${claims * storage}Gi`,
        "services.loadbalancers": "0",
        "services.nodeports": "0",
      },
    },
  };
}

/** The bounds of one container: none gets more than the scope's largest workload, or goes without limits. */
export function renderLimitRange(names: KubernetesNames, owner: Owner): types.input.core.v1.LimitRange {
  const limits = ownerWorkloads(owner).map(({ resources }) => resources);
  const bound = (pick: (...values: number[]) => number): Resources => ({
    memory: pick(...limits.map(({ memory }) => memory)),
    cpus: pick(...limits.map(({ cpus }) => cpus)),
  });
  const smallest = bound(Math.min);
  return {
    metadata: objectMeta(names, { member: owner.id }, "limits", "member"),
    spec: {
      limits: [
        {
          type: "Container",
          max: quantities(bound(Math.max)),
          default: quantities(smallest),
          defaultRequest: quantities(requests(smallest)),
        },
      ],
    },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
