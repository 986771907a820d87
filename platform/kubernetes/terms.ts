import type { Resources } from "../../config/catalogue";
import { labels, type Scope } from "../platform";

/** Names, labels and quantities of the team's Kubernetes objects. */
export interface KubernetesNames {
  readonly team: string;
}

/** `muster-<team>-<member>`, or `muster-<team>` for the team's own. */
export const namespaceName = ({ team }: KubernetesNames, member: string | undefined): string =>
  ["muster", team, member].filter(Boolean).join("-");

/** Fully qualified, because nginx, which resolves at run time, knows no search domains. */
export const serviceHost = (names: KubernetesNames, member: string | undefined, component: string): string =>
  `${component}.${namespaceName(names, member)}.svc.cluster.local`;

/** Seam labels and the ones that Kubernetes recommends. Components need not be workloads: `network` is one. */
export function objectLabels({ team }: KubernetesNames, { member }: Scope, component: string): Record<string, string> {
  return {
    "app.kubernetes.io/component": component,
    "app.kubernetes.io/instance": member === undefined ? team : `${team}-${member}`,
    "app.kubernetes.io/managed-by": "muster",
    "app.kubernetes.io/name": component,
    "app.kubernetes.io/part-of": "muster",
    ...labels(team, member, component),
  };
}

export const objectMeta = (names: KubernetesNames, scope: Scope, component: string, name: string) => ({
  name,
  namespace: namespaceName(names, scope.member),
  labels: objectLabels(names, scope, component),
});

/** Name of the Secret with which a namespace's pods pull their images. */
export const PULL_SECRET = "registry";

/** The annotation with a hash of a pod's secrets: the pod is replaced when one of them changes. */
export const SECRETS_HASH = "muster.secrets";

/** The label that tells a namespace's pods apart. */
export const COMPONENT = "muster.component";

/** Selectors cannot be changed later, so they hold what never will; the namespace says the rest. */
export const podSelector = (component: string) => ({ [COMPONENT]: component });

/**
 * What the scheduler sets aside: most of the time a development environment is idle. While CPUs are busy, they are shared
 * in these proportions.
 */
export const requests = ({ memory, cpus }: Resources, yields = false): Resources => ({
  memory: Math.ceil(memory / 4),
  cpus: cpus / (yields ? 160 : 20),
});

export const quantities = ({ memory, cpus }: Resources) => ({ cpu: cpuQuantity(cpus), memory: memoryQuantity(memory) });

export const cpuQuantity = (cpus: number): string => {
  const milli = Math.ceil(Math.round(cpus * 1e6) / 1e3);
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
};

export const memoryQuantity = (mebibytes: number): string => `${mebibytes}Mi`;
