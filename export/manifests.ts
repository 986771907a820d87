import { createHash } from "node:crypto";
import { stringify } from "yaml";
import { ROSTER_VOLUME } from "../platform/kubernetes/pod";
import { SECRETS_HASH } from "../platform/kubernetes/terms";
import { type RecordedResource, type Recording, replaceSecrets } from "./recording";
import { type SecretSpec, secretSpecs } from "./secrets";

/** A Kubernetes object as the API takes it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    /** Undefined for a Namespace itself. */
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has fields of its own.
  readonly [field: string]: any;
}

/** A namespace and all that is in it, in the order in which it can be applied. */
export interface NamespaceManifests {
  readonly namespace: string;
  readonly objects: readonly Manifest[];
}

/** The environment as kubectl wants it. */
export interface ManifestExport {
  /** Sorted by name; secrets are stand-ins, which `fillSecrets` replaces. */
  readonly namespaces: readonly NamespaceManifests[];
  readonly secrets: readonly SecretSpec[];
}

/** What others refer to comes first: a pod finds its policies, limits, volumes and secrets. */
const ORDER = [
  "Namespace",
  "NetworkPolicy",
  "ResourceQuota",
  "LimitRange",
  "PersistentVolumeClaim",
  "Secret",
  "Service",
  "StatefulSet",
  "Deployment",
];

/**
 * Writes a recording of the kubernetes target as the objects that Pulumi would create, without what only its provider
 * reads.
 *
 * @throws Error for a resource that is not a Kubernetes object, and for a secret outside a Secret
 */
export function renderManifests(recording: Recording): ManifestExport {
  const namespaces = new Map<string, Manifest[]>();
  for (const { type, name, inputs } of recording.resources) {
    if (type.startsWith("kubernetes:")) {
      const object = toManifest(inputs);
      refuseLeak(object);
      const namespace = object.metadata.namespace ?? object.metadata.name;
      namespaces.set(namespace, [...(namespaces.get(namespace) ?? []), object]);
    } else if (!/^(?:muster|docker|random|pulumi:providers):/.test(type)) {
      throw new Error(`${type} "${name}" is no Kubernetes object`);
    }
  }
  return {
    namespaces: [...namespaces]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([namespace, objects]) => ({ namespace, objects: objects.sort(byOrder) })),
    secrets: secretSpecs(recording),
  };
}

function toManifest({ apiVersion, kind, metadata, ...fields }: RecordedResource["inputs"]): Manifest {
  const { annotations, ...rest } = metadata;
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith("pulumi.com/"));
  return {
    apiVersion,
    kind,
    metadata: { ...rest, ...(kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {}) },
    ...fields,
  };
}

/** Everything but a Secret is written to files, and `kubectl get` shows it to whoever may read it. */
function refuseLeak(object: Manifest): void {
  if (object.kind === "Secret") return;
  replaceSecrets(JSON.stringify(object), (secret) => {
    throw new Error(`${object.kind} ${object.metadata.name} holds the secret ${secret}`);
  });
}

function byOrder(a: Manifest, b: Manifest): number {
  const rank = ({ kind }: Manifest) => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length);
  const key = ({ kind, metadata }: Manifest) => `${kind} ${metadata.name}`;
  return rank(a) - rank(b) || (key(a) < key(b) ? -1 : 1);
}

/**
 * Fills in the secrets' values. Secrets get `data` in place of `stringData`, whose keys an apply never removes again;
 * pods get the hash of their secrets.
 *
 * @param objects of one namespace
 * @param values by name
 */
export function fillSecrets(
  objects: readonly Manifest[],
  values: Readonly<Record<string, string>>,
): readonly Manifest[] {
  const fill = (text: string) => replaceSecrets(text, (name) => values[name] ?? missing(name));
  const secrets = new Map(
    objects
      .filter(({ kind }) => kind === "Secret")
      .map(({ metadata, stringData = {} }) => [
        metadata.name,
        Object.fromEntries(Object.entries<string>(stringData).map(([key, text]) => [key, fill(text)])),
      ]),
  );
  return objects.map((object) => {
    const data = object.kind === "Secret" ? secrets.get(object.metadata.name) : undefined;
    return data === undefined ? withSecretsHash(object, secrets) : withData(object, data);
  });
}

function missing(name: string): never {
  throw new Error(`the secret ${name} has no value`);
}

function withData({ stringData: _, ...secret }: Manifest, values: Readonly<Record<string, string>>): Manifest {
  const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  return { ...(secret as Manifest), data: Object.fromEntries(data) };
}

type Values = Readonly<Record<string, string>>;

function withSecretsHash(object: Manifest, secrets: ReadonlyMap<string, Values>): Manifest {
  if (object.spec?.template?.metadata?.annotations?.[SECRETS_HASH] === undefined) return object;
  const { spec, ...rest } = object;
  const { metadata, spec: pod } = spec.template;
  const given = givenSecrets(pod).map((name) => Object.entries(secrets.get(name) ?? {}).sort());
  const hash = createHash("sha256").update(JSON.stringify(given)).digest("hex");
  const annotations = { ...metadata.annotations, [SECRETS_HASH]: hash };
  return {
    ...(rest as Manifest),
    spec: { ...spec, template: { ...spec.template, metadata: { ...metadata, annotations } } },
  };
}

interface PodSpec {
  readonly volumes?: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
  readonly containers?: readonly {
    readonly env?: readonly { readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string } } }[];
  }[];
}

/** Names of the Secrets that a pod mounts or takes variables of, but for the one that it follows. */
function givenSecrets({ volumes = [], containers = [] }: PodSpec): string[] {
  const mounted = volumes.map(({ name, secret }) => (name === ROSTER_VOLUME ? undefined : secret?.secretName));
  const taken = containers.flatMap(({ env = [] }) => env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name));
  return [...new Set([...mounted, ...taken].filter((name) => name !== undefined))].sort();
}

/**
 * What `fillSecrets` returns, with the Secrets' values taken out again: each is `${NAME}`.
 *
 * @param objects from which `filled` was made, in the same order
 */
export const concealSecrets = (objects: readonly Manifest[], filled: readonly Manifest[]): Manifest[] =>
  objects.map((object, index) =>
    object.kind === "Secret"
      ? JSON.parse(replaceSecrets(JSON.stringify(object), (name) => `\${${name}}`))
      : (filled[index] ?? object),
  );

/** Objects as one YAML file. */
export const manifestYaml = (objects: readonly Manifest[]): string =>
  objects
    .map((object) => stringify(object, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false }))
    .join("---\n");
