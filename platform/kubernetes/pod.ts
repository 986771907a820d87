import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import type { Team } from "../../config/members";
import { type Probe, ROSTER_FOLDER, rosterVariables, type Scope, type WorkloadSpec } from "../platform";
import { type KubernetesNames, objectLabels, PULL_SECRET, quantities, requests, SECRETS_HASH } from "./terms";

/**
 * Kubernetes' terms for the platform's specs. Pure: names and specs in, objects out; `platform/kubernetes` turns them
 * into resources.
 *
 * Objects are named by component or purpose, as the namespace tells team and member: `web` in `muster-hackathon-alice`.
 */
export type V1 = {
  PersistentVolumeClaim: types.input.core.v1.PersistentVolumeClaim;
  Secret: types.input.core.v1.Secret;
  Service: types.input.core.v1.Service;
  PodTemplate: types.input.core.v1.PodTemplateSpec;
  Container: types.input.core.v1.Container;
  Probe: types.input.core.v1.Probe;
  Deployment: types.input.apps.v1.Deployment;
  StatefulSet: types.input.apps.v1.StatefulSet;
};

/** What the renderer needs of a workload: values that only the engine knows are passed through. */
export type RenderedSpec = Omit<WorkloadSpec, "secrets" | "roster"> & {
  readonly secrets?: Readonly<Record<string, Input<string>>>;
  readonly roster?: Readonly<Record<string, Input<string>>>;
  /** Changes with any secret's value, so that the pod is replaced and reads the new one. */
  readonly secretsHash?: Input<string>;
};

/** What the team's config says about its workloads on a cluster. */
export type ClusterOptions = Pick<Team, "port" | "kubernetes" | "registry"> & Partial<Pick<Team, "httpPort">>;
export const SECRETS_FOLDER = "/run/secrets/muster";

/** The pod's volume with what the workload follows: another content replaces no pod. */
export const ROSTER_VOLUME = "roster";

/** Name of the Secret that is mounted there. */
export const rosterName = (component: string): string => `${component}-roster`;

/** What can be written to beside the volumes: the root file system cannot. */
export const scratchFolders = ({ scratch = [] }: RenderedSpec): string[] => ["/tmp", ...[...scratch].sort()];

/** The user of every image. */
export const USER = 1000;

/** On pods that share volumes: a ReadWriteOnce volume is on one node, so they are too. */
export const SHARES_VOLUMES = { "muster.shares-volumes": "true" };
export function renderPod(
  names: KubernetesNames,
  scope: Scope,
  spec: RenderedSpec,
  { registry, kubernetes: { accessMode } }: ClusterOptions,
): V1["PodTemplate"] {
  const { component, mounts = [], secretsHash } = spec;
  const onOne = accessMode === "ReadWriteOnce" && mounts.some(({ shared }) => shared);
  return {
    metadata: {
      labels: { ...objectLabels(names, scope, component), ...(onOne ? SHARES_VOLUMES : {}) },
      ...(secretsHash === undefined ? {} : { annotations: { [SECRETS_HASH]: secretsHash } }),
    },
    spec: {
      automountServiceAccountToken: false,
      ...(registry?.account === undefined ? {} : { imagePullSecrets: [{ name: PULL_SECRET }] }),
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
        // As on Docker; the restricted standard allows it.
        ...(spec.privilegedPorts ? { sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }] } : {}),
      },
      ...(onOne ? { affinity: { podAffinity: onOneNode() } } : {}),
      containers: [renderContainer(spec)],
      volumes: [
        ...mounts.map(({ volume, path }) => ({
          name: volumeName(path),
          persistentVolumeClaim: { claimName: volume.name },
        })),
        ...(hasSecretFiles(spec) ? [{ name: "secrets", secret: { secretName: component, defaultMode: 0o440 } }] : []),
        ...(spec.roster
          ? [{ name: ROSTER_VOLUME, secret: { secretName: rosterName(component), defaultMode: 0o440 } }]
          : []),
        ...scratchFolders(spec).map((path) => ({ name: volumeName(path), emptyDir: {} })),
      ],
    },
  };
}

/** The first of the pods may go anywhere: a pod that matches its own affinity is not asked to wait for another. */
export const onOneNode = () => ({
  requiredDuringSchedulingIgnoredDuringExecution: [
    { labelSelector: { matchLabels: SHARES_VOLUMES }, topologyKey: "kubernetes.io/hostname" },
  ],
});
export function renderContainer(spec: RenderedSpec): V1["Container"] {
  const { component, image, mounts = [], resources } = spec;
  return {
    name: component,
    image: image.id,
    imagePullPolicy: "IfNotPresent",
    env: renderVariables(spec),
    ports: [{ name: "main", containerPort: spec.port, protocol: "TCP" }],
    volumeMounts: [
      ...mounts.map(({ path, readOnly = false }) => ({
        name: volumeName(path),
        mountPath: path,
        ...(readOnly ? { readOnly } : {}),
      })),
      ...(hasSecretFiles(spec) ? [{ name: "secrets", mountPath: SECRETS_FOLDER, readOnly: true }] : []),
      ...(spec.roster ? [{ name: ROSTER_VOLUME, mountPath: ROSTER_FOLDER, readOnly: true }] : []),
      ...scratchFolders(spec).map((path) => ({ name: volumeName(path), mountPath: path })),
    ],
    resources: { limits: quantities(resources), requests: quantities(requests(resources, spec.yields)) },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      privileged: false,
      readOnlyRootFilesystem: true,
    },
    ...probes(spec),
  };
}

/**
 * Secrets are files, which `kubectl exec` and a crash report do not show. What runs no init takes variables and forgets
 * them: a file stays for all that it starts to read.
 */
export const hasSecretFiles = ({ secrets = {}, init = true }: RenderedSpec): boolean =>
  init && Object.keys(secrets).length > 0;
export function renderVariables(spec: RenderedSpec): types.input.core.v1.EnvVar[] {
  const secrets = Object.keys(spec.secrets ?? {}).map((key) =>
    hasSecretFiles(spec)
      ? { name: `${key}_FILE`, value: `${SECRETS_FOLDER}/${key}` }
      : { name: key, valueFrom: { secretKeyRef: { name: spec.component, key } } },
  );
  const plain = Object.entries({ ...spec.env, ...rosterVariables(spec) }).map(([name, value]) => ({
    name,
    value: literal(value),
  }));
  return [...plain, ...secrets].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Five minutes for a first start; then little, because a check a second on many pods is a load of its own. */
export function probes(spec: RenderedSpec): Pick<V1["Container"], "startupProbe" | "readinessProbe" | "livenessProbe"> {
  const action = probeAction(spec);
  if (action === undefined) return {};
  return {
    startupProbe: { ...action, periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 150 },
    readinessProbe: { ...action, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...action, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 6 },
  };
}

export function probeAction({
  probe,
  port,
}: {
  readonly probe: Probe;
  readonly port: number;
}): V1["Probe"] | undefined {
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
export const literal = (value: string): string => value.replaceAll("$", "$$$$");

/** `/var/lib/mysql` → `var-lib-mysql` */
export const volumeName = (path: string): string =>
  path
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
