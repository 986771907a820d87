import type { Manifest, NamespaceManifests } from "../../../export/manifests";
import { UserError } from "../../errors";
import type { Progress } from "../../progress";
import { cause, type Kubectl, type KubernetesObject } from "../../tools/kubectl";

/** Who the API server notes as the writer of what the export holds. */
export const FIELD_MANAGER = "muster";

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
 * The objects adapted to the volumes that exist: each keeps its class and access mode, which cannot be changed, and
 * never shrinks.
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
