import type { Probe } from "../../platform/platform";
import type { RegisteredResource } from "./program";

/** What a platform made of a workload spec, in neutral terms. */
export interface WorkloadFacts {
  readonly image: string;
  /** Plain settings that reach the process. */
  readonly env: Readonly<Record<string, string>>;
  /** Secret settings that reach the process, marked as secret all the way. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Volume by path; ` (read only)` follows it where the process cannot write. */
  readonly mounts: Readonly<Record<string, string>>;
  readonly reachableFrom: "own scope" | "gateway and portal" | "everywhere";
  readonly port: number;
  readonly probe: Probe;
  /** MiB */
  readonly memory: number;
  readonly cpus: number;
  /** Seconds */
  readonly stopGrace: number;
  /** The labels of `platform.labels`. */
  readonly labels: Readonly<Record<string, string>>;
  /** No capability, and no way to gain one. */
  readonly unprivileged: boolean;
  /** Something reaps the process's orphans. */
  readonly init: boolean;
}

const READ_ONLY = " (read only)";

type Resources = readonly RegisteredResource[];

function find(resources: Resources, type: string, name: string): RegisteredResource {
  const found = resources.find((resource) => resource.type === type && resource.name === name);
  if (!found) throw new Error(`no ${type} "${name}"`);
  return found;
}

/** Facts of a container; volumes are named without their team and member. */
export function dockerFacts(resources: Resources, name: string): WorkloadFacts {
  const { inputs, secrets } = find(resources, "docker:index/container:Container", name);
  const [member = ""] = name.split("-");
  const isSecret = (variable: string) => secrets.includes(variable);
  const variables: string[] = inputs.envs;
  const [command, ...rest] = inputs.healthcheck.tests.slice(1);
  const networks: string[] = inputs.networksAdvanced.map((network: { name: string }) => network.name);
  const [published] = inputs.ports;
  return {
    image: inputs.image,
    env: Object.fromEntries(variables.filter((variable) => !isSecret(variable)).map(splitVariable)),
    secrets: Object.fromEntries(variables.filter(isSecret).map(splitVariable)),
    mounts: Object.fromEntries(
      inputs.volumes.map(({ containerPath, volumeName, readOnly }: Record<string, string>) => [
        containerPath,
        `${volumeName?.split(`-${member}-`)[1]}${readOnly ? READ_ONLY : ""}`,
      ]),
    ),
    reachableFrom: published ? "everywhere" : networks.length > 1 ? "gateway and portal" : "own scope",
    port: published?.internal ?? (command === "http-healthcheck" ? Number(rest[1]) : 0),
    probe:
      command === "http-healthcheck"
        ? { kind: "http", path: rest[0] }
        : { kind: "command", command: [command, ...rest] },
    memory: inputs.memory === inputs.memorySwap ? inputs.memory : Number.NaN,
    cpus: Number(inputs.cpus),
    stopGrace: inputs.destroyGraceSeconds,
    labels: Object.fromEntries(inputs.labels.map(({ label, value }: Record<string, string>) => [label, value])),
    unprivileged:
      inputs.capabilities.drops.includes("ALL") &&
      inputs.capabilities.adds === undefined &&
      inputs.securityOpts.includes("no-new-privileges:true"),
    init: inputs.init,
  };
}

const splitVariable = (variable: string) => [
  variable.slice(0, variable.indexOf("=")),
  variable.slice(variable.indexOf("=") + 1),
];

/** Facts of a Deployment or StatefulSet with its Service, Secret and network policy. */
export function kubernetesFacts(resources: Resources, name: string): WorkloadFacts {
  const { inputs } =
    resources.find(
      (resource) => resource.name === name && /^kubernetes:apps\/v1:(?:Deployment|StatefulSet)$/.test(resource.type),
    ) ?? find(resources, "Deployment or StatefulSet", name);
  const { metadata, spec: pod } = inputs.spec.template;
  const [container] = pod.containers;
  const variables: [string, string][] = container.env.map(({ name: variable, value }: Record<string, string>) => [
    variable,
    value?.replaceAll("$$", "$"),
  ]);
  const volumes = new Map<string, { persistentVolumeClaim?: { claimName: string } }>(
    pod.volumes.map((volume: { name: string }) => [volume.name, volume]),
  );
  const service = find(resources, "kubernetes:core/v1:Service", name).inputs.spec;
  const policy = find(resources, "kubernetes:networking.k8s.io/v1:NetworkPolicy", name).inputs.spec;
  const [ingress] = policy.ingress;
  return {
    image: container.image,
    env: Object.fromEntries(variables.filter(([variable]) => !variable.endsWith("_FILE"))),
    secrets: fileSecrets(resources, name, variables, container, pod),
    mounts: Object.fromEntries(
      container.volumeMounts
        .map((mount: { name: string; mountPath: string; readOnly?: boolean }) => ({
          ...mount,
          claim: volumes.get(mount.name)?.persistentVolumeClaim?.claimName,
        }))
        .filter(({ claim }: { claim?: string }) => claim !== undefined)
        .map(({ mountPath, claim, readOnly }: { mountPath: string; claim: string; readOnly?: boolean }) => [
          mountPath,
          `${claim}${readOnly ? READ_ONLY : ""}`,
        ]),
    ),
    reachableFrom:
      ingress.from === undefined ? "everywhere" : ingress.from.length > 1 ? "gateway and portal" : "own scope",
    port: service.ports[0].targetPort === ingress.ports[0].port ? ingress.ports[0].port : Number.NaN,
    probe: container.readinessProbe.httpGet
      ? { kind: "http", path: container.readinessProbe.httpGet.path }
      : { kind: "command", command: container.readinessProbe.exec.command },
    memory: Number(container.resources.limits.memory.replace(/Mi$/, "")),
    cpus: container.resources.limits.cpu.endsWith("m")
      ? Number(container.resources.limits.cpu.slice(0, -1)) / 1000
      : Number(container.resources.limits.cpu),
    stopGrace: pod.terminationGracePeriodSeconds,
    labels: Object.fromEntries(
      Object.entries<string>(metadata.labels).filter(([label]) =>
        ["muster.team", "muster.member", "muster.component"].includes(label),
      ),
    ),
    unprivileged:
      pod.securityContext.runAsNonRoot &&
      container.securityContext.capabilities.drop.includes("ALL") &&
      container.securityContext.capabilities.add === undefined &&
      container.securityContext.allowPrivilegeEscalation === false,
    init: pod.shareProcessNamespace,
  };
}

/** Values of the Secret whose files the container's `…_FILE` variables name. */
function fileSecrets(
  resources: Resources,
  name: string,
  variables: readonly [string, string][],
  container: { volumeMounts: { name: string; mountPath: string }[] },
  pod: { volumes: { name: string; secret?: { secretName: string } }[] },
): Record<string, string> {
  const files = variables.filter(([variable]) => variable.endsWith("_FILE"));
  if (files.length === 0) return {};
  const { inputs, secrets } = find(resources, "kubernetes:core/v1:Secret", name);
  const volume = pod.volumes.find(({ secret }) => secret?.secretName === inputs.metadata.name);
  const folder = container.volumeMounts.find((mount) => mount.name === volume?.name)?.mountPath;
  // A Secret's data is marked as one, or value by value.
  const marked = secrets.flatMap((secret) => (typeof secret === "string" ? [secret] : Object.values(secret as object)));
  return Object.fromEntries(
    files.map(([variable, path]) => {
      const key = path.slice(`${folder}/`.length);
      const value = inputs.stringData[key];
      return [variable.replace(/_FILE$/, ""), marked.includes(value) ? value : `not marked as secret: ${value}`];
    }),
  );
}
