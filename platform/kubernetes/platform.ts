import { createHash } from "node:crypto";
import { CustomResource } from "@pulumi/kubernetes/apiextensions";
import { Deployment, StatefulSet } from "@pulumi/kubernetes/apps/v1";
import {
  LimitRange,
  Namespace,
  PersistentVolumeClaim,
  ResourceQuota,
  Secret,
  Service,
} from "@pulumi/kubernetes/core/v1";
import { Ingress, NetworkPolicy } from "@pulumi/kubernetes/networking/v1";
import { Provider } from "@pulumi/kubernetes/provider";
import * as pulumi from "@pulumi/pulumi";
import type { Owner, Registry, Team } from "../../config/members";
import { clusterOf } from "../../config/options";
import type { ClusterOptions } from "../../config/schema/team";
import { createImages } from "../images/resources";
import { checkScope, checkTeam, type Platform, type PlatformArgs, resourceNames, type VolumeRef } from "../platform";
import { renderLimitRange, renderNamespace, renderPullSecret, renderQuota } from "./namespace";
import { rosterName } from "./pod";
import { renderBasePolicies, renderWorkloadPolicy } from "./policies";
import { type Routes, renderRoutes } from "./routes";
import { type KubernetesNames, serviceHost } from "./terms";
import { insideName, renderClaim, renderWorkload, servicePort } from "./workload";

export interface KubernetesPlatformArgs extends PlatformArgs {
  /**
   * Where images go and come from. Needed unless `images` has every image that is used.
   *
   * @default none
   */
  readonly registry?: Registry | undefined;
  /**
   * Prebuilt images by name, each with its digest: they are neither built nor pushed.
   *
   * @default {}
   */
  readonly images?: Team["images"];
  /**
   * The keys of `kubernetes` in a roster: `context`, `storage`, `storageClass`, `accessMode`, `service`, `ingress`,
   * `gatewayApi`.
   *
   * @default {}
   */
  readonly cluster?: ClusterOptions;
  /**
   * Domain that an ingress or a Gateway leads here, with every name below it.
   *
   * @default "localhost"
   */
  readonly domain?: string;
  /**
   * Whose namespaces get a quota and bounds that follow from their limits; others have none.
   *
   * @default []
   */
  readonly owners?: readonly Owner[];
}

/**
 * Kubernetes: a namespace for each member beside the team's own, closed by network policies and bounded by a quota.
 *
 * The cluster is the kubeconfig's: its current context, or the one that `cluster` names.
 *
 * @example
 * const registry = { push: "registry.example.org", pull: "registry.example.org", account: undefined };
 * const platform = createKubernetesPlatform({ team: "shop", registry, cluster: { context: "kind-dev" } });
 *
 * @throws Error for an id that cannot be part of names; ConfigError for `cluster` and certificates that cannot be used
 */
export function createKubernetesPlatform({
  team,
  port = 8080,
  httpPort,
  domain = "localhost",
  registry,
  images = {},
  cluster = {},
  owners: bounded = [],
  ...args
}: KubernetesPlatformArgs): Platform {
  checkTeam(team);
  const kubernetes = clusterOf(cluster);
  const { context } = kubernetes;
  const options = { port, httpPort, domain, registry, kubernetes };
  const resourceName = resourceNames(args.prefix);
  const image = createImages({ ...args, registry, prebuilt: images });
  const names: KubernetesNames = { team };
  const owners = new Map(bounded.map((owner) => [owner.id, owner]));
  /** What a scope's other objects need to exist before them. */
  const prerequisites = new Map<string | undefined, pulumi.Resource[]>();
  const volumeOwners = new Map<VolumeRef, string | undefined>();

  const provider = new Provider(resourceName("kubernetes"), {
    ...(context === undefined ? {} : { context }),
    // A member who returns, and an update that was cut short, find their namespace and volumes there already.
    upsertExistingObjects: true,
    enablePatchForce: true,
    // A changed password is written into the same Secret; the pods' annotation makes them read it.
    enableSecretMutable: true,
  });

  return {
    kind: "kubernetes",
    name: resourceName,
    image,

    scope(member, opts) {
      if (member !== undefined) checkScope(member);
      const scope = { member };
      const owner = member === undefined ? undefined : owners.get(member);
      const child = { ...opts, provider };
      // It holds the volumes, which outlive the roster and the environment (docs/operations.md).
      const namespace = new Namespace(resourceName(scope.member, "namespace"), renderNamespace(names, scope), {
        ...child,
        retainOnDelete: true,
      });
      const inside = { ...child, dependsOn: [namespace] };
      const policies = renderBasePolicies(names, scope);
      const bounds: pulumi.Resource[] = [
        new NetworkPolicy(resourceName(scope.member, "default-deny"), policies.deny, inside),
        new NetworkPolicy(resourceName(scope.member, "dns"), policies.dns, inside),
      ];
      if (owner !== undefined) {
        // Larger volumes and limits are admitted only once these are.
        bounds.push(
          new ResourceQuota(resourceName(scope.member, "quota"), renderQuota(names, owner, kubernetes), inside),
          new LimitRange(resourceName(scope.member, "limits"), renderLimitRange(names, owner), inside),
        );
      }
      const pullSecret = registry && renderPullSecret(names, scope, registry);
      if (pullSecret !== undefined) {
        const stringData = pulumi.secret(pullSecret.stringData);
        bounds.push(new Secret(resourceName(scope.member, "registry"), { ...pullSecret, stringData }, inside));
      }
      prerequisites.set(member, [namespace, ...bounds]);
      return scope;
    },

    volume(scope, purpose, opts) {
      const claim = new PersistentVolumeClaim(
        resourceName(scope.member, purpose),
        renderClaim(names, scope, purpose, kubernetes),
        { ...opts, provider, retainOnDelete: true, dependsOn: prerequisites.get(scope.member) ?? [] },
      );
      const volume = { name: claim.metadata.name };
      volumeOwners.set(volume, scope.member);
      return volume;
    },

    workload(scope, spec, opts) {
      const name = resourceName(scope.member, spec.component);
      for (const { volume, path } of spec.mounts ?? []) {
        if (volumeOwners.get(volume) !== scope.member) {
          throw new Error(`workload "${name}" mounts another scope's volume at ${path}: Kubernetes cannot share it`);
        }
      }
      const child = { ...opts, provider, dependsOn: prerequisites.get(scope.member) ?? [] };
      const objects = renderWorkload(
        names,
        scope,
        { ...spec, ...(spec.secrets ? { secretsHash: hash(spec.secrets) } : {}) },
        options,
      );
      new NetworkPolicy(name, renderWorkloadPolicy(names, scope, spec), child);
      new Service(name, objects.service, child);
      if (objects.inside !== undefined) new Service(insideName(name), objects.inside, child);
      if (spec.exposure === "published") publish(name, renderRoutes(names, scope, spec.component, options), child);
      const secrets = [
        ...(objects.secret === undefined ? [] : [new Secret(name, objects.secret, child)]),
        ...(objects.roster === undefined ? [] : [new Secret(rosterName(name), objects.roster, child)]),
      ];
      const started = {
        ...child,
        dependsOn: [...child.dependsOn, ...secrets],
        // A pod that has not started by then will not: the default of ten minutes only delays the message.
        customTimeouts: { create: "6m", update: "6m" },
      };
      const { controller } = objects;
      switch (controller.kind) {
        case "Deployment":
          new Deployment(name, controller.object, started);
          break;
        case "StatefulSet":
          new StatefulSet(name, controller.object, started);
          break;
        default: {
          const exhaustive: never = controller;
          return exhaustive;
        }
      }
      return { host: serviceHost(names, scope.member, spec.component), port: servicePort(spec, port) };
    },

    host: (scope, component) => serviceHost(names, scope.member, component),
    insideHost: (scope, component) => serviceHost(names, scope.member, insideName(component)),
    zoneHost: () => undefined,
    memberEndpoint: (component, port) => `${serviceHost(names, "{member}", component)}:${port}`,
  } satisfies Platform;
}

function publish(name: string, { ingress, httpRoute }: Routes, opts: pulumi.CustomResourceOptions): void {
  if (ingress !== undefined) new Ingress(name, ingress, opts);
  if (httpRoute !== undefined) new CustomResource(name, httpRoute, opts);
}

function hash(secrets: Readonly<Record<string, pulumi.Output<string>>>): pulumi.Output<string> {
  return pulumi.all(secrets).apply((values) =>
    createHash("sha256")
      .update(JSON.stringify(Object.entries(values).sort()))
      .digest("hex"),
  );
}
