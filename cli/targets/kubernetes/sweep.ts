import type { Manifest, NamespaceManifests } from "../../../export/manifests";
import type { Progress } from "../../progress";
import type { Kubectl, KubernetesObject } from "../../tools/kubectl";
import type { Claim } from "./apply";

/** Kinds that leave with the roster. Volume claims and namespaces are none of them: they hold data. */
const PRUNED = [
  "deployments.apps",
  "statefulsets.apps",
  "services",
  "secrets",
  "ingresses.networking.k8s.io",
  "resourcequotas",
  "limitranges",
  "networkpolicies.networking.k8s.io",
];

/** Of an extension that not every cluster has. */
const ROUTES = "httproutes.gateway.networking.k8s.io";

/** `kind namespace/name`, by which an object is known on both sides. */
const identity = ({ kind, metadata }: KubernetesObject | Manifest): string =>
  `${kind} ${metadata.namespace}/${metadata.name}`;

/**
 * Removes what carries the team's label and is not in `kept`. Volume claims stay, and so do namespaces that hold one.
 *
 * @returns what was removed, a text for each namespace
 */
export async function prune(
  kubectl: Kubectl,
  team: string,
  kept: readonly NamespaceManifests[],
  progress: Progress,
): Promise<string[]> {
  const names = new Set(kept.flatMap(({ objects }) => objects.map(identity)));
  const stale = (await labelled(kubectl, team)).filter((object) => !names.has(identity(object)));
  const empty = await emptyNamespaces(kubectl, team, new Set(kept.map(({ namespace }) => namespace)));
  const removed = [...byNamespace(stale, empty)].sort();
  if (removed.length === 0) return [];
  await progress.step(
    `Removing ${removed.map(([namespace]) => namespace).join(", ")}`,
    async () => {
      await remove(kubectl, stale);
      await removeNamespaces(kubectl, empty);
    },
    () => `${stale.length} objects; volumes stay`,
  );
  return removed.map(([namespace, count]) => `${namespace} (${count} objects)`);
}

/** Number of objects by namespace; `empty` go themselves. */
function byNamespace(objects: readonly KubernetesObject[], empty: readonly string[]): Map<string, number> {
  const counts = new Map(empty.map((name) => [name, 1]));
  for (const { metadata } of objects) {
    counts.set(metadata.namespace ?? "", (counts.get(metadata.namespace ?? "") ?? 0) + 1);
  }
  return counts;
}

/** What the team has in the cluster, of the kinds that leave with the roster. */
async function labelled(kubectl: Kubectl, team: string): Promise<KubernetesObject[]> {
  const select = ["--all-namespaces", "--selector", `muster.team=${team}`];
  const objects = await kubectl.list(PRUNED.join(","), ...select);
  const routes = await kubectl.capture(["get", ROUTES, ...select, "--output", "json"]);
  const all = routes.code === 0 ? [...objects, ...(JSON.parse(routes.stdout).items as KubernetesObject[])] : objects;
  return all.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** Namespaces that are worked on at once. */
const PARALLEL = 8;

/** Removes workloads and waits until their pods are gone; what protects and bounds them follows. */
async function remove(kubectl: Kubectl, objects: readonly KubernetesObject[]): Promise<void> {
  const isWorkload = ({ kind }: KubernetesObject) => kind === "Deployment" || kind === "StatefulSet";
  await removeAtOnce(kubectl, objects.filter(isWorkload));
  await removeAtOnce(
    kubectl,
    objects.filter((object) => !isWorkload(object)),
  );
}

async function removeAtOnce(kubectl: Kubectl, objects: readonly KubernetesObject[]): Promise<void> {
  const byNamespace = new Map<string, string[]>();
  for (const { kind, metadata } of objects) {
    const namespace = metadata.namespace ?? "";
    byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), `${kind.toLowerCase()}/${metadata.name}`]);
  }
  const queue = [...byNamespace];
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [namespace, names] = next;
      // Foreground deletion removes the pods first, so that whoever sees the workload gone can start it again.
      await kubectl.run("delete", "--namespace", namespace, "--ignore-not-found", "--cascade=foreground", ...names);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

/** The team's namespaces that are not in `kept` and hold no volume claim. */
async function emptyNamespaces(kubectl: Kubectl, team: string, kept: ReadonlySet<string>): Promise<string[]> {
  const { namespaces, claims } = await teamStorage(kubectl, team);
  const used = new Set(claims.map(({ metadata }) => metadata.namespace));
  return namespaces.filter((name) => !kept.has(name) && !used.has(name));
}

/** What of a team outlives its environment. */
export interface TeamStorage {
  /** Sorted. */
  readonly namespaces: readonly string[];
  /** Every claim in them, including claims made by hand. */
  readonly claims: readonly Claim[];
}

export async function teamStorage(kubectl: Kubectl, team: string): Promise<TeamStorage> {
  const [own, claims] = await Promise.all([
    kubectl.list("namespaces", "--selector", `muster.team=${team}`),
    kubectl.list<Claim>("persistentvolumeclaims", "--all-namespaces"),
  ]);
  const namespaces = own.map(({ metadata }) => metadata.name).sort();
  return { namespaces, claims: claims.filter(({ metadata }) => namespaces.includes(metadata.namespace ?? "")) };
}

/** Removes namespaces with all that is in them, and waits until they are gone. */
export async function removeNamespaces(kubectl: Kubectl, names: readonly string[]): Promise<void> {
  if (names.length > 0) await kubectl.run("delete", "namespace", "--ignore-not-found", ...names);
}
