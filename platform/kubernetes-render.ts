import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import { type KubernetesNames, objectLabels, objectMeta, podSelector, quantities, requests } from "./kubernetes-terms";
import type { Probe, Scope, WorkloadSpec } from "./platform";

/**
 * Kubernetes' terms for the platform's specs. Pure: names and specs in, objects out; `platform/kubernetes` turns them
 * into resources.
 *
 * Objects are named by component or purpose, as the namespace tells team and member: `web` in `muster-hackathon-alice`.
 */

type V1 = {
  PersistentVolumeClaim: types.input.core.v1.PersistentVolumeClaim;
  Secret: types.input.core.v1.Secret;
  Service: types.input.core.v1.Service;
  PodTemplate: types.input.core.v1.PodTemplateSpec;
  Container: types.input.core.v1.Container;
  Probe: types.input.core.v1.Probe;
  Deployment: types.input.apps.v1.Deployment;
  StatefulSet: types.input.apps.v1.StatefulSet;
};

export interface StorageOptions {
  /** GiB */
  readonly storage: number;
  readonly storageClass?: string | undefined;
}

export function renderClaim(
  names: KubernetesNames,
  scope: Scope,
  purpose: string,
  { storage, storageClass }: StorageOptions,
): V1["PersistentVolumeClaim"] {
  return {
    metadata: {
      ...objectMeta(names, scope, purpose, purpose),
      // Many classes bind a volume when a pod asks for it, and one that is found again is bound already.
      annotations: { "pulumi.com/skipAwait": "true" },
    },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: `${storage}Gi` } },
      ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
    },
  };
}

/** What the renderer needs of a workload: values that only the engine knows are passed through. */
export type RenderedSpec = Omit<WorkloadSpec, "secrets"> & {
  readonly secrets?: Readonly<Record<string, Input<string>>>;
  /** Changes with any secret's value, so that the pod is replaced and reads the new one. */
  readonly secretsHash?: Input<string>;
};

/** The objects of one workload; its network policy is in `kubernetes-policies`. */
export interface WorkloadObjects {
  readonly secret: V1["Secret"] | undefined;
  readonly service: V1["Service"];
  readonly controller:
    | { readonly kind: "Deployment"; readonly object: V1["Deployment"] }
    | { readonly kind: "StatefulSet"; readonly object: V1["StatefulSet"] };
}

/** @param published the port that the outside world uses for a `published` workload */
export function renderWorkload(
  names: KubernetesNames,
  scope: Scope,
  spec: RenderedSpec,
  published: { readonly port: number },
): WorkloadObjects {
  return {
    secret: renderSecret(names, scope, spec),
    service: renderService(names, scope, spec, published.port),
    controller: renderController(names, scope, spec),
  };
}

function renderSecret(names: KubernetesNames, scope: Scope, spec: RenderedSpec): WorkloadObjects["secret"] {
  if (Object.keys(spec.secrets ?? {}).length === 0) return undefined;
  return {
    metadata: objectMeta(names, scope, spec.component, spec.component),
    type: "Opaque",
    stringData: sorted(spec.secrets ?? {}),
  };
}

/** The port at which other workloads reach this one. */
export const servicePort = (spec: Pick<WorkloadSpec, "exposure" | "port">, publishedPort: number): number =>
  spec.exposure === "published" ? publishedPort : spec.port;

function renderService(names: KubernetesNames, scope: Scope, spec: RenderedSpec, publishedPort: number): V1["Service"] {
  const metadata = objectMeta(names, scope, spec.component, spec.component);
  const published = spec.exposure === "published";
  return {
    // A cluster without load balancers never gives an address; the Service's node port works there all the same.
    metadata: published ? { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } } : metadata,
    spec: {
      type: published ? "LoadBalancer" : "ClusterIP",
      selector: podSelector(spec.component),
      ports: [
        { name: "main", protocol: "TCP", port: servicePort(spec, publishedPort), targetPort: spec.port },
        ...(spec.extraPorts ?? []).map((port) => ({ name: `port-${port}`, protocol: "TCP", port, targetPort: port })),
      ],
    },
  };
}

/**
 * A StatefulSet where the workload has a volume of its own, since only that never runs two pods at once, not even
 * when a node is lost; otherwise a Deployment.
 */
function renderController(names: KubernetesNames, scope: Scope, spec: RenderedSpec): WorkloadObjects["controller"] {
  const mounts = spec.mounts ?? [];
  const metadata = objectMeta(names, scope, spec.component, spec.component);
  const common = {
    replicas: 1,
    revisionHistoryLimit: 2,
    selector: { matchLabels: podSelector(spec.component) },
    template: renderPod(names, scope, spec),
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

const SECRETS_FOLDER = "/run/secrets/muster";

/** The user of every image. */
const USER = 1000;

/** On pods that share volumes: a ReadWriteOnce volume is on one node, so they are too. */
const SHARES_VOLUMES = { "muster.shares-volumes": "true" };

function renderPod(names: KubernetesNames, scope: Scope, spec: RenderedSpec): V1["PodTemplate"] {
  const { component, mounts = [], secrets = {}, secretsHash } = spec;
  const sharing = mounts.some(({ shared }) => shared);
  const hasSecrets = Object.keys(secrets).length > 0;
  return {
    metadata: {
      labels: { ...objectLabels(names, scope, component), ...(sharing ? SHARES_VOLUMES : {}) },
      ...(secretsHash === undefined ? {} : { annotations: { "muster.secrets": secretsHash } }),
    },
    spec: {
      automountServiceAccountToken: false,
      // Otherwise a Service named "db" would set DB_PORT in every pod of the namespace.
      enableServiceLinks: false,
      // The pod's first process then reaps what terminals leave behind, as an init does on Docker.
      shareProcessNamespace: spec.init ?? true,
      terminationGracePeriodSeconds: spec.stopGrace,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER,
        runAsGroup: USER,
        fsGroup: USER,
        fsGroupChangePolicy: "OnRootMismatch",
        seccompProfile: { type: "RuntimeDefault" },
      },
      ...(sharing ? { affinity: { podAffinity: onOneNode() } } : {}),
      containers: [renderContainer(spec)],
      volumes: [
        ...mounts.map(({ volume, path }) => ({
          name: volumeName(path),
          persistentVolumeClaim: { claimName: volume.name },
        })),
        ...(hasSecrets ? [{ name: "secrets", secret: { secretName: component, defaultMode: 0o440 } }] : []),
      ],
    },
  };
}

/** The first of the pods may go anywhere: a pod that matches its own affinity is not asked to wait for another. */
const onOneNode = () => ({
  requiredDuringSchedulingIgnoredDuringExecution: [
    { labelSelector: { matchLabels: SHARES_VOLUMES }, topologyKey: "kubernetes.io/hostname" },
  ],
});

function renderContainer(spec: RenderedSpec): V1["Container"] {
  const { component, image, mounts = [], secrets = {}, resources } = spec;
  const hasSecrets = Object.keys(secrets).length > 0;
  const files = Object.fromEntries(Object.keys(secrets).map((name) => [`${name}_FILE`, `${SECRETS_FOLDER}/${name}`]));
  return {
    name: component,
    image: image.id,
    imagePullPolicy: "IfNotPresent",
    env: Object.entries(sorted({ ...spec.env, ...files })).map(([name, value]) => ({ name, value: literal(value) })),
    ports: [{ name: "main", containerPort: spec.port, protocol: "TCP" }],
    volumeMounts: [
      ...mounts.map(({ path, readOnly = false }) => ({
        name: volumeName(path),
        mountPath: path,
        ...(readOnly ? { readOnly } : {}),
      })),
      ...(hasSecrets ? [{ name: "secrets", mountPath: SECRETS_FOLDER, readOnly: true }] : []),
    ],
    resources: { limits: quantities(resources), requests: quantities(requests(resources)) },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      privileged: false,
    },
    ...probes(spec),
  };
}

/** Five minutes for a first start; then little, because a check a second on many pods is a load of its own. */
function probes(spec: RenderedSpec): Pick<V1["Container"], "startupProbe" | "readinessProbe" | "livenessProbe"> {
  const action = probeAction(spec);
  if (action === undefined) return {};
  return {
    startupProbe: { ...action, periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 150 },
    readinessProbe: { ...action, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...action, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 6 },
  };
}

function probeAction({ probe, port }: { readonly probe: Probe; readonly port: number }): V1["Probe"] | undefined {
  switch (probe.kind) {
    case "http":
      return { httpGet: { path: probe.path, port } };
    case "command":
      return { exec: { command: [...probe.command] } };
    case "none":
      return undefined;
    default: {
      const exhaustive: never = probe;
      return exhaustive;
    }
  }
}

/** Kubernetes replaces `$(NAME)` in values and takes `$$` for one dollar sign. */
const literal = (value: string): string => value.replaceAll("$", "$$$$");

/** `/var/lib/mysql` → `var-lib-mysql` */
const volumeName = (path: string): string =>
  path
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
