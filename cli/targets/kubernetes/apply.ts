import type { Manifest, NamespaceManifests } from "../../../export/manifests";
import { UserError } from "../../errors";
import type { Progress } from "../../progress";
import { cause, type Kubectl, type KubernetesObject } from "../../tools/kubectl";

/** Who the API server notes as the writer of what the export holds. */
export const FIELD_MANAGER = "muster";

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

/**
 * Applies the objects as their only writer, namespace by namespace.
 *
 * @throws UserError with the API server's messages; what could be applied is
 */
export async function applyManifests(
  kubectl: Kubectl,
  namespaces: readonly NamespaceManifests[],
  progress: Progress,
): Promise<void> {
  const objects = namespaces.flatMap((namespace) => namespace.objects);
  await progress.step(
    "Applying to the cluster",
    async (detail) => {
      const faults: string[] = [];
      let applied = 0;
      const code = await kubectl.lines(
        ["apply", "--server-side", `--field-manager=${FIELD_MANAGER}`, "--force-conflicts", "--filename", "-"],
        (line) => {
          if (!line.endsWith(" serverside-applied")) faults.push(line);
          else detail(`${++applied} of ${objects.length}, ${line.replace(/ serverside-applied$/, "")}`);
        },
        JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
      );
      if (code !== 0) throw new UserError(`The cluster refuses:\n${indent(cause(faults.join("\n")))}`);
      for (const fault of faults) progress.warn(fault.replace(/^Warning: /, ""));
    },
    () => `${objects.length} objects`,
  );
}

const indent = (text: string): string => text.replace(/^/gm, "  ");

export interface Claim extends KubernetesObject {
  readonly spec: {
    readonly accessModes?: readonly string[];
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly resources?: { readonly requests?: { readonly storage?: string } };
  };
}

/**
 * The objects as they can be applied to what is there: a volume that exists keeps its class and access mode, which cannot be
 * changed, and never shrinks.
 */
export function adoptClaims(namespaces: readonly NamespaceManifests[], claims: readonly Claim[]): NamespaceManifests[] {
  const existing = new Map(claims.map((claim) => [`${claim.metadata.namespace}/${claim.metadata.name}`, claim]));
  const adopt = (object: Manifest): Manifest => {
    const claim =
      object.kind === "PersistentVolumeClaim"
        ? existing.get(`${object.metadata.namespace}/${object.metadata.name}`)
        : undefined;
    if (claim === undefined) return object;
    const { accessModes, storageClassName, resources } = claim.spec;
    const wanted = object.spec.resources.requests.storage;
    const had = resources?.requests?.storage;
    const storage = had !== undefined && bytes(had) > bytes(wanted) ? had : wanted;
    return {
      ...object,
      spec: {
        ...object.spec,
        ...(accessModes ? { accessModes } : {}),
        ...(storageClassName === undefined ? {} : { storageClassName }),
        resources: { requests: { storage } },
      },
    };
  };
  return namespaces.map(({ namespace, objects }) => ({ namespace, objects: objects.map(adopt) }));
}

const UNITS = ["", "K", "M", "G", "T", "P", "E"];

/** `5Gi` → 5368709120 */
export function bytes(quantity: string): number {
  const [, number = "0", unit = "", binary] = /^([\d.]+)([KMGTPEk]?)(i?)$/.exec(quantity) ?? [];
  return Number(number) * (binary ? 1024 : 1000) ** UNITS.indexOf(unit.toUpperCase());
}

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
      // In the foreground a workload goes after its pods: who is told that it is gone may start it again.
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
  /** Every claim in them, also such as somebody made there by hand. */
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
