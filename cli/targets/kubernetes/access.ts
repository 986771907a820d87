import type { Team } from "../../../config/members";
import { isLocalDomain } from "../../../config/naming";
import { namespaceName } from "../../../platform/kubernetes/terms";
import type { Kubectl, KubernetesObject } from "../../tools/kubectl";
import { answersAt, gatewayAt } from "../readiness";

/** The Service that every route from outside leads to. */
export const GATEWAY = "gateway";

interface Balanced extends KubernetesObject {
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] };
  };
}

interface RoutingGateway extends KubernetesObject {
  readonly status?: { readonly addresses?: readonly { readonly value: string }[] };
}

interface Node extends KubernetesObject {
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

/** How visitors reach the gateway: the command that forwards it to this machine, or what to put into DNS. */
export async function gatewayAccess(kubectl: Kubectl, team: Team): Promise<string | undefined> {
  const { service, ingress, gatewayApi } = team.kubernetes;
  const isPublished = ingress !== undefined || gatewayApi !== undefined || service.type !== "ClusterIP";
  if (!isPublished) return forwardAdvice(kubectl, team);
  if (isLocalDomain(team.domain)) {
    return (await answersAt(team, gatewayAt(team, "127.0.0.1"))) ? undefined : forwardAdvice(kubectl, team);
  }
  return dnsAdvice(team, await publicAddresses(kubectl, team));
}

/** The command that forwards the gateway's port to this machine. */
export function forwardAdvice(
  { context }: Pick<Kubectl, "context">,
  { id, listenPort }: Pick<Team, "id" | "listenPort">,
): string {
  const namespace = namespaceName({ team: id }, undefined);
  const command = [
    "kubectl",
    ...context,
    "-n",
    namespace,
    "port-forward",
    `service/${GATEWAY}`,
    `${listenPort}:${listenPort}`,
  ];
  return `Reached from this machine while this runs: ${command.join(" ")}`;
}

export function dnsAdvice({ domain, port }: Pick<Team, "domain" | "port">, addresses: readonly string[]): string {
  if (addresses.length === 0) {
    return `The cluster has not given the gateway an address yet: point ${domain} and *.${domain} at it in your DNS once npm run status answers.`;
  }
  return `Reached at ${addresses.join(", ")}, port ${port}: point ${domain} and *.${domain} there in your DNS`;
}

async function publicAddresses(kubectl: Kubectl, team: Team): Promise<string[]> {
  const { ingress, gatewayApi, service } = team.kubernetes;
  const own = ["--namespace", namespaceName({ team: team.id }, undefined)];
  if (gatewayApi !== undefined) {
    const gateway = await one<RoutingGateway>(
      kubectl,
      "gateways.gateway.networking.k8s.io",
      gatewayApi.gateway,
      ...["--namespace", gatewayApi.namespace],
    );
    return (gateway?.status?.addresses ?? []).map(({ value }) => value);
  }
  if (ingress !== undefined) return balanced(await one<Balanced>(kubectl, "ingress", GATEWAY, ...own));
  if (service.type === "LoadBalancer") return balanced(await one<Balanced>(kubectl, "service", GATEWAY, ...own));
  const nodes = await kubectl.list<Node>("nodes").catch((): Node[] => []);
  return nodes.flatMap(({ status }) => {
    const of = (wanted: string) => (status?.addresses ?? []).find(({ type }) => type === wanted)?.address;
    return of("ExternalIP") ?? of("InternalIP") ?? [];
  });
}

const balanced = (object: Balanced | undefined): string[] =>
  (object?.status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);

async function one<T>(kubectl: Kubectl, ...args: string[]): Promise<T | undefined> {
  const { code, stdout } = await kubectl.capture(["get", ...args, "--output", "json"]);
  return code === 0 ? (JSON.parse(stdout) as T) : undefined;
}
