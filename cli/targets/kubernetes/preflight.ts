import type { Team } from "../../../config/members";
import { type Kubectl, type KubernetesObject, MIN_KUBERNETES } from "../../tools/kubectl";
import { loopback, type RegistryState, reachRegistry } from "../../tools/registry";
import { compareVersions } from "../../tools/version";
import { certificateProblems, certificateWarnings } from "../certificates";
import { domainWarning, plainWarning, refuse } from "../preflight";
import { deniedAccess } from "./permissions";

export interface KubernetesPreflight {
  readonly team: Team;
  readonly kubectl: Kubectl;
  /** The API server's. */
  readonly version: string;
  /** The team's namespaces, its own first. */
  readonly namespaces: readonly string[];
  /** Whether images are pushed to the registry: `muster:images` does not name all of them. */
  readonly usesRegistry: boolean;
}

/**
 * Looks for what would stop the environment half-way, before anything is created.
 *
 * @returns warnings
 * @throws UserError that lists every problem with its remedy
 */
export async function kubernetesPreflight(args: KubernetesPreflight): Promise<string[]> {
  const { team, kubectl, version, namespaces, usesRegistry } = args;
  const denied = await deniedAccess(kubectl, team.kubernetes);
  if (denied.length > 0) refuse([versionProblem(version), permissionProblem(denied)]);

  const [classes, present, services, cluster, routing, registry, domain, address] = await Promise.all([
    kubectl.list<StorageClass>("storageclasses"),
    kubectl.list<Namespace>("namespaces"),
    kubectl.list<Service>("services", "--all-namespaces"),
    clusterFacts(kubectl),
    routingProblems(kubectl, team),
    usesRegistry && team.registry ? reachRegistry(team.registry.push) : undefined,
    domainWarning(team, "the address that the end of npm run up names"),
    apiAddress(kubectl),
  ]);
  refuse([
    versionProblem(version),
    ...certificateProblems(team),
    storageProblem(team.kubernetes.storageClass, classes),
    ...namespaceProblems(team.id, namespaces, present),
    ...nodePortProblems(team, services),
    ...routing,
    registry === undefined ? undefined : registryProblem(team.registry?.push ?? "", registry),
  ]);
  return [
    policyWarning(cluster),
    usesRegistry && team.registry ? pullWarning(team.registry.pull, address) : undefined,
    domain,
    plainWarning(team),
    ...certificateWarnings(team),
  ].filter((warning) => warning !== undefined);
}

export function versionProblem(version: string): string | undefined {
  const number = version.replace(/^v/, "");
  if (compareVersions(number, MIN_KUBERNETES) >= 0) return undefined;
  return `the cluster is Kubernetes ${number}, and Muster needs ${MIN_KUBERNETES} or newer: upgrade it`;
}

export const permissionProblem = (denied: readonly string[]): string =>
  `your account may not ${denied.join("; ")} in the cluster: have an administrator allow it (docs/operations.md has a ClusterRole)`;

export interface StorageClass extends KubernetesObject {
  readonly provisioner: string;
}

const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

export function storageProblem(wanted: string | undefined, classes: readonly StorageClass[]): string | undefined {
  const names = classes.map(({ metadata }) => metadata.name).sort();
  const known = names.length > 0 ? `use one of ${names.join(", ")}` : "the cluster has none: install one";
  if (wanted !== undefined) {
    return names.includes(wanted) ? undefined : `config/kubernetes/storageClass: "${wanted}" does not exist: ${known}`;
  }
  if (classes.some(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === "true")) return undefined;
  return names.length > 0
    ? `the cluster has no default storage class: set muster:kubernetes.storageClass to one of ${names.join(", ")}`
    : "the cluster has no storage class, which the data volumes need: install one";
}

export interface Namespace extends KubernetesObject {
  readonly status?: { readonly phase?: string };
}

/** Namespaces that the team needs, but that belong to somebody else or are being removed. */
export function namespaceProblems(team: string, needed: readonly string[], present: readonly Namespace[]): string[] {
  return present
    .filter(({ metadata }) => needed.includes(metadata.name))
    .flatMap(({ metadata: { name, labels }, status }) => {
      if (labels?.["muster.team"] !== team) {
        return [
          `the namespace ${name} is not Muster's: remove it (kubectl delete namespace ${name}), or set another muster:team`,
        ];
      }
      return status?.phase === "Terminating" ? [`the namespace ${name} is being removed: wait until it is gone`] : [];
    });
}

export interface Service extends KubernetesObject {
  readonly spec: { readonly type?: string; readonly ports?: readonly { readonly nodePort?: number }[] };
}

export function nodePortProblems(
  { id, listenPort, httpPort, kubernetes }: Pick<Team, "id" | "listenPort" | "httpPort" | "kubernetes">,
  services: readonly Service[],
): string[] {
  if (kubernetes.service.type !== "NodePort") return [];
  const others = services.filter(({ metadata }) => metadata.labels?.["muster.team"] !== id);
  return Object.entries({ port: listenPort, httpPort }).flatMap(([key, port]) => {
    const owner = others.find(({ spec }) =>
      spec.ports?.some(({ nodePort }) => nodePort !== undefined && nodePort === port),
    );
    if (owner === undefined) return [];
    const { namespace, name } = owner.metadata;
    return [
      `node port ${port} is taken by the service ${namespace}/${name}: set another muster:${key} in the stack file`,
    ];
  });
}

/** Whether the Ingress class or the Gateway that the config names exist. */
async function routingProblems(kubectl: Kubectl, { kubernetes }: Team): Promise<string[]> {
  const { ingress, gatewayApi } = kubernetes;
  const problems: string[] = [];
  if (ingress?.className !== undefined) {
    const classes = (await kubectl.list("ingressclasses")).map(({ metadata }) => metadata.name);
    if (!classes.includes(ingress.className)) {
      const remedy = classes.length > 0 ? `use one of ${classes.sort().join(", ")}` : "install an Ingress controller";
      problems.push(`config/kubernetes/ingress/className: "${ingress.className}" does not exist: ${remedy}`);
    }
  }
  if (gatewayApi !== undefined) {
    const { gateway, namespace } = gatewayApi;
    const where = namespace === undefined ? [] : ["--namespace", namespace];
    const { code, stderr } = await kubectl.capture(["get", "gateways.gateway.networking.k8s.io", gateway, ...where]);
    if (code !== 0) {
      const why = /doesn't have a resource type/.test(stderr)
        ? "the cluster has no Gateway API: install it, or use muster:kubernetes.ingress"
        : `"${gateway}" does not exist${namespace ? ` in ${namespace}` : ""}: name a Gateway of the cluster`;
      problems.push(`config/kubernetes/gatewayApi/gateway: ${why}`);
    }
  }
  return problems;
}

export function registryProblem(push: string, state: RegistryState): string | undefined {
  if (state.reached) return undefined;
  return `the registry ${push} cannot be reached (${state.message}): start it, or correct muster:registry`;
}

/** What shows whether network policies have an effect. */
export interface ClusterFacts {
  /** Every DaemonSet by name, with its images. */
  readonly daemons: Readonly<Record<string, readonly string[]>>;
  /** Of the kubelets: `v1.33.1+k3s1`. */
  readonly kubelets: readonly string[];
}

interface DaemonSet extends KubernetesObject {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
}

interface Node extends KubernetesObject {
  readonly status: { readonly nodeInfo: { readonly kubeletVersion: string } };
}

async function clusterFacts(kubectl: Kubectl): Promise<ClusterFacts> {
  // Used for a warning only; an account that may not list them gets the warning.
  const [daemons, nodes] = await Promise.all([
    kubectl.list<DaemonSet>("daemonsets", "--all-namespaces").catch((): DaemonSet[] => []),
    kubectl.list<Node>("nodes").catch((): Node[] => []),
  ]);
  return {
    daemons: Object.fromEntries(
      daemons.map(({ metadata, spec }) => [metadata.name, spec.template.spec.containers.map(({ image }) => image)]),
    ),
    kubelets: nodes.map(({ status }) => status.nodeInfo.kubeletVersion),
  };
}

/** DaemonSets of network plugins that enforce NetworkPolicy. */
const ENFORCERS =
  /^(?:calico-node|canal|cilium|anetd|antrea-agent|kube-router|kube-ovn-cni|ovnkube-node|weave-net|azure-npm|romana-agent)$/;

/** The first kindnetd that enforces it came with kind 0.24. */
const KINDNET = /kindnetd:v(\d{8})/;
const FIRST_KINDNET = "20240813";

/** Whether the cluster's network enforces NetworkPolicy; undefined when nothing tells. */
export function enforcesPolicies({ daemons, kubelets }: ClusterFacts): boolean | undefined {
  if (Object.keys(daemons).some((name) => ENFORCERS.test(name))) return true;
  const kindnet = daemons.kindnet?.map((image) => KINDNET.exec(image)?.[1]).find(Boolean);
  if (kindnet !== undefined) return kindnet >= FIRST_KINDNET;
  // k3s has kube-router's controller built in.
  if (kubelets.some((version) => version.includes("+k3s"))) return true;
  return Object.keys(daemons).some((name) => /^kube-flannel/.test(name)) ? false : undefined;
}

function policyWarning(facts: ClusterFacts): string | undefined {
  const consequence = "without that, members reach each other's databases (docs/security.md)";
  switch (enforcesPolicies(facts)) {
    case true:
      return undefined;
    case false:
      return `the cluster's network does not enforce NetworkPolicy: use one that does, such as Calico or Cilium; ${consequence}`;
    case undefined:
      return `it cannot be told whether the cluster's network enforces NetworkPolicy: ask whoever runs it; ${consequence}`;
  }
}

/** Address of the API server, which tells whether the cluster may be this machine. */
async function apiAddress(kubectl: Kubectl): Promise<string> {
  const { stdout } = await kubectl.capture([
    "config",
    "view",
    "--minify",
    "--output",
    "jsonpath={.clusters[0].cluster.server}",
  ]);
  return URL.canParse(stdout) ? new URL(stdout).hostname : "";
}

/** `localhost` means each node itself, which is this machine only in the smallest of clusters. */
export function pullWarning(pull: string, api: string): string | undefined {
  if (!loopback(pull) || loopback(api)) return undefined;
  return `the cluster pulls images from ${pull}, which is each node itself there: set muster:registry.pull to the name that nodes know the registry by`;
}
