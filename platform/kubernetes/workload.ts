import type { Team } from "../../config/members";
import type { Scope, WorkloadSpec } from "../platform";
import { type ClusterOptions, type RenderedSpec, renderPod, rosterName, type V1 } from "./pod";
import { type KubernetesNames, objectMeta, podSelector } from "./terms";

export type StorageOptions = Pick<Team["kubernetes"], "storage" | "storageClass" | "accessMode">;

export function renderClaim(
  names: KubernetesNames,
  scope: Scope,
  purpose: string,
  { storage, storageClass, accessMode }: StorageOptions,
): V1["PersistentVolumeClaim"] {
  return {
    metadata: {
      ...objectMeta(names, scope, purpose, purpose),
      // Many classes bind a volume when a pod asks for it, and one that is found again is bound already.
      annotations: { "pulumi.com/skipAwait": "true" },
    },
    spec: {
      accessModes: [accessMode],
      resources: { requests: { storage: `${storage}Gi` } },
      ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
    },
  };
}

/** The objects of one workload; its network policy is in `kubernetes-policies`. */
export interface WorkloadObjects {
  readonly secret: V1["Secret"] | undefined;
  /** What it follows, which the kubelet changes in a running pod. */
  readonly roster: V1["Secret"] | undefined;
  readonly service: V1["Service"];
  /** A published workload's further ports, which its own Service would publish as well. */
  readonly inside: V1["Service"] | undefined;
  readonly controller:
    | { readonly kind: "Deployment"; readonly object: V1["Deployment"] }
    | { readonly kind: "StatefulSet"; readonly object: V1["StatefulSet"] };
}

export function renderWorkload(
  names: KubernetesNames,
  scope: Scope,
  spec: RenderedSpec,
  cluster: ClusterOptions,
): WorkloadObjects {
  return {
    secret: renderSecret(names, scope, spec, spec.component, spec.secrets),
    roster: renderSecret(names, scope, spec, rosterName(spec.component), spec.roster),
    service: renderService(names, scope, spec, cluster),
    inside: renderInside(names, scope, spec),
    controller: renderController(names, scope, spec, cluster),
  };
}

function renderSecret(
  names: KubernetesNames,
  scope: Scope,
  { component }: RenderedSpec,
  name: string,
  values: RenderedSpec["secrets"] = {},
): WorkloadObjects["secret"] {
  if (Object.keys(values).length === 0) return undefined;
  return { metadata: objectMeta(names, scope, component, name), type: "Opaque", stringData: sorted(values) };
}

/** The port at which other workloads reach this one. */
export const servicePort = (spec: Pick<WorkloadSpec, "exposure" | "port">, publishedPort: number): number =>
  spec.exposure === "published" ? publishedPort : spec.port;

function renderService(
  names: KubernetesNames,
  scope: Scope,
  spec: RenderedSpec,
  cluster: ClusterOptions,
): V1["Service"] {
  const { type, annotations } = publication(spec, cluster);
  const { ingress, gatewayApi } = cluster.kubernetes;
  // Behind an entrance of the cluster, visitors use that one's port: the nodes' may be any.
  const pinned = type === "NodePort" && ingress === undefined && gatewayApi === undefined;
  return {
    metadata: {
      ...objectMeta(names, scope, spec.component, spec.component),
      ...(Object.keys(annotations).length > 0 ? { annotations: sorted(annotations) } : {}),
    },
    spec: {
      type,
      selector: podSelector(spec.component),
      ports: [
        {
          name: "main",
          protocol: "TCP",
          port: servicePort(spec, cluster.port),
          targetPort: spec.port,
          ...(pinned ? { nodePort: cluster.port } : {}),
        },
        ...httpPorts(spec, cluster),
        ...(spec.exposure === "published" ? [] : furtherPorts(spec)),
      ],
    },
  };
}

/** The Service of a published workload's further ports. */
export const insideName = (name: string): string => `${name}-inside`;

function renderInside(names: KubernetesNames, scope: Scope, spec: RenderedSpec): WorkloadObjects["inside"] {
  if (spec.exposure !== "published" || furtherPorts(spec).length === 0) return undefined;
  return {
    metadata: objectMeta(names, scope, spec.component, insideName(spec.component)),
    spec: { type: "ClusterIP", selector: podSelector(spec.component), ports: furtherPorts(spec) },
  };
}

const furtherPorts = ({ extraPorts = [] }: RenderedSpec) =>
  extraPorts.map(({ port }) => ({ name: `port-${port}`, protocol: "TCP", port, targetPort: port }));

/** The port that leads to https; a node's only where it can be one. */
function httpPorts({ exposure, port }: RenderedSpec, { httpPort, kubernetes }: ClusterOptions) {
  if (exposure !== "published" || httpPort === undefined) return [];
  const node = kubernetes.service.type === "NodePort" ? { nodePort: httpPort } : {};
  return [{ name: "http", protocol: "TCP", port: httpPort, targetPort: port, ...node }];
}

/** How the cluster publishes a workload's Service. */
function publication(
  { exposure }: RenderedSpec,
  { kubernetes: { service } }: ClusterOptions,
): Pick<ClusterOptions["kubernetes"]["service"], "type" | "annotations"> {
  if (exposure !== "published") return { type: "ClusterIP", annotations: {} };
  if (service.type !== "LoadBalancer") return service;
  // A cluster without load balancers never gives an address; the Service's node port works there all the same.
  return { type: service.type, annotations: { ...service.annotations, "pulumi.com/skipAwait": "true" } };
}

/**
 * A StatefulSet where the workload has a volume of its own, since only that never runs two pods at once, not even
 * when a node is lost; otherwise a Deployment.
 */
function renderController(
  names: KubernetesNames,
  scope: Scope,
  spec: RenderedSpec,
  cluster: ClusterOptions,
): WorkloadObjects["controller"] {
  const mounts = spec.mounts ?? [];
  const metadata = objectMeta(names, scope, spec.component, spec.component);
  const common = {
    replicas: 1,
    revisionHistoryLimit: 2,
    selector: { matchLabels: podSelector(spec.component) },
    template: renderPod(names, scope, spec, cluster),
  };
  if (mounts.some(({ shared }) => !shared)) {
    return {
      kind: "StatefulSet",
      object: {
        metadata,
        spec: {
          ...common,
          serviceName: spec.component,
          // In order, an update would wait for ever for a pod that cannot start (kubernetes/kubernetes#67250).
          podManagementPolicy: "Parallel",
        },
      },
    };
  }
  return {
    kind: "Deployment",
    object: {
      metadata,
      spec: {
        ...common,
        strategy:
          mounts.length > 0
            ? { type: "Recreate" }
            : { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      },
    },
  };
}

const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
