import type { Team } from "../../../config/members";
import { UserError } from "../../errors";
import { cause, type Kubectl } from "../../tools/kubectl";

/** What one rule of a ClusterRole would allow. */
export interface Access {
  /** API group; empty for the core. */
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verbs: readonly string[];
}

const CHANGE = ["get", "list", "watch", "create", "patch", "delete"];

/** What leads to the gateway from outside, if the config has it. */
export type Routing = Pick<Team["kubernetes"], "ingress" | "gatewayApi">;

/** All that the commands do in the cluster. Nodes and DaemonSets are only read for warnings and addresses. */
export function requiredAccess({ ingress, gatewayApi }: Routing): Access[] {
  const changed = (group: string, ...resources: string[]): Access[] =>
    resources.map((resource) => ({ group, resource, verbs: CHANGE }));
  return [
    ...changed("", "namespaces", "services", "secrets", "persistentvolumeclaims", "resourcequotas", "limitranges"),
    ...changed("apps", "deployments", "statefulsets"),
    ...changed("networking.k8s.io", "networkpolicies", "ingresses"),
    ...(ingress?.className ? [{ group: "networking.k8s.io", resource: "ingressclasses", verbs: ["list"] }] : []),
    ...(gatewayApi
      ? [
          ...changed("gateway.networking.k8s.io", "httproutes"),
          { group: "gateway.networking.k8s.io", resource: "gateways", verbs: ["get"] },
        ]
      : []),
    { group: "", resource: "pods", verbs: ["get", "list"] },
    { group: "", resource: "pods", subresource: "log", verbs: ["get"] },
    { group: "", resource: "pods", subresource: "exec", verbs: ["create"] },
    { group: "", resource: "pods", subresource: "portforward", verbs: ["create"] },
    { group: "", resource: "events", verbs: ["list"] },
    { group: "storage.k8s.io", resource: "storageclasses", verbs: ["list"] },
  ];
}

interface Review {
  readonly spec: { readonly resourceAttributes: Omit<Access, "verbs"> & { readonly verb: string } };
  readonly status?: { readonly allowed?: boolean };
}

/**
 * Required access that the account lacks, as `create secrets, namespaces`. A review creates nothing.
 *
 * @throws UserError when the cluster answers no reviews
 */
export async function deniedAccess(kubectl: Kubectl, routing: Routing): Promise<string[]> {
  const items = requiredAccess(routing).flatMap(({ verbs, ...resource }) =>
    verbs.map((verb) => ({
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { ...resource, verb } },
    })),
  );
  const { code, stdout, stderr } = await kubectl.capture(
    ["create", "--filename", "-", "--output", "json", "--validate=false"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items }),
  );
  if (code !== 0) throw new UserError(`The cluster does not say what you may do there: ${cause(stderr)}`);
  return describeDenied(parseObjects(stdout) as Review[]);
}

/** One text for resources that miss the same verbs: `create/patch namespaces, secrets`. */
export function describeDenied(reviews: readonly Review[]): string[] {
  const verbsOf = new Map<string, string[]>();
  for (const { spec, status } of reviews) {
    if (status?.allowed) continue;
    const { group, resource, subresource, verb } = spec.resourceAttributes;
    const name = [`${resource}${group ? `.${group}` : ""}`, ...(subresource ? [subresource] : [])].join("/");
    verbsOf.set(name, [...(verbsOf.get(name) ?? []), verb]);
  }
  const resourcesOf = new Map<string, string[]>();
  for (const [name, verbs] of verbsOf)
    resourcesOf.set(verbs.join("/"), [...(resourcesOf.get(verbs.join("/")) ?? []), name]);
  return [...resourcesOf].map(([verbs, names]) => `${verbs} ${names.join(", ")}`);
}

/** The objects of kubectl's answer: a List, or one document after the other. */
export function parseObjects(json: string): unknown[] {
  const documents = json
    .trim()
    .split(/^(?=\{)/m)
    .filter((text) => text.trim())
    .map((text) => JSON.parse(text));
  return documents.flatMap((document) => (document.kind === "List" ? document.items : [document]));
}
