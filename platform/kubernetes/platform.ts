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
import type { Team } from "../../config/members";
import { createImages } from "../images/resources";
import { type Platform, type Scope, scopedName, type VolumeRef } from "../platform";
import { renderLimitRange, renderNamespace, renderPullSecret, renderQuota } from "./namespace";
import { renderBasePolicies, renderWorkloadPolicy } from "./policies";
import { type Routes, renderRoutes } from "./routes";
import { type KubernetesNames, serviceHost } from "./terms";
import { renderClaim, renderWorkload, servicePort } from "./workload";

/**
 * Kubernetes: a namespace for each member beside the team's own, closed by network policies and bounded by a quota.
 *
 * The cluster is the kubeconfig's: its current context, or the one that the config names.
 */
export function createKubernetesPlatform(team: Team): Platform {
  const { context } = team.kubernetes;
  const image = createImages(team, { registry: team.registry, prebuilt: team.images });
  const names: KubernetesNames = { team: team.id };
  const owners = new Map([...team.members, team.live].map((owner) => [owner.id, owner]));
  /** What a scope's other objects need to exist before them. */
  const prerequisites = new Map<string | undefined, pulumi.Resource[]>();
  const volumeOwners = new Map<VolumeRef, string | undefined>();

  const provider = new Provider("kubernetes", {
    ...(context === undefined ? {} : { context }),
    // A member who returns, and an update that was cut short, find their namespace and volumes there already.
    upsertExistingObjects: true,
    enablePatchForce: true,
    // A changed password is written into the same Secret; the pods' annotation makes them read it.
    enableSecretMutable: true,
  });

  return {
    kind: "kubernetes",
    image,

    scope(member, opts) {
      const scope: Scope = { member };
      const owner = member === undefined ? undefined : owners.get(member);
      if (member !== undefined && owner === undefined) {
        throw new Error(`scope "${member}" has no entry on the roster, which the limits of its namespace follow from`);
      }
      const child = { ...opts, provider };
      // It holds the volumes, which outlive the roster and the environment (docs/operations.md).
      const namespace = new Namespace(scopedName(scope.member, "namespace"), renderNamespace(names, scope), {
        ...child,
        retainOnDelete: true,
      });
      const inside = { ...child, dependsOn: [namespace] };
      const policies = renderBasePolicies(names, scope);
      const bounds: pulumi.Resource[] = [
        new NetworkPolicy(scopedName(scope.member, "default-deny"), policies.deny, inside),
        new NetworkPolicy(scopedName(scope.member, "dns"), policies.dns, inside),
      ];
      if (owner !== undefined) {
        // Larger volumes and limits are admitted only once these are.
        bounds.push(
          new ResourceQuota(scopedName(scope.member, "quota"), renderQuota(names, owner, team.kubernetes), inside),
          new LimitRange(scopedName(scope.member, "limits"), renderLimitRange(names, owner), inside),
        );
      }
      const pullSecret = team.registry && renderPullSecret(names, scope, team.registry);
      if (pullSecret !== undefined) {
        const stringData = pulumi.secret(pullSecret.stringData);
        bounds.push(new Secret(scopedName(scope.member, "registry"), { ...pullSecret, stringData }, inside));
      }
      prerequisites.set(member, [namespace, ...bounds]);
      return scope;
    },

    volume(scope, purpose, opts) {
      const claim = new PersistentVolumeClaim(
        scopedName(scope.member, purpose),
        renderClaim(names, scope, purpose, team.kubernetes),
        { ...opts, provider, retainOnDelete: true, dependsOn: prerequisites.get(scope.member) ?? [] },
      );
      const volume = { name: claim.metadata.name };
      volumeOwners.set(volume, scope.member);
      return volume;
    },

    workload(scope, spec, opts) {
      const name = scopedName(scope.member, spec.component);
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
        team,
      );
      new NetworkPolicy(name, renderWorkloadPolicy(names, scope, spec), child);
      new Service(name, objects.service, child);
      if (spec.exposure === "published") publish(name, renderRoutes(names, scope, spec.component, team), child);
      const secrets = objects.secret === undefined ? [] : [new Secret(name, objects.secret, child)];
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
      return { host: serviceHost(names, scope.member, spec.component), port: servicePort(spec, team.port) };
    },

    host: (scope, component) => serviceHost(names, scope.member, component),
    memberEndpoint: (component, port) => `${serviceHost(names, "{member}", component)}:${port}`,
  } satisfies Platform;
}

function publish(name: string, { ingress, httpRoute }: Routes, opts: pulumi.CustomResourceOptions): void {
  if (ingress !== undefined) new Ingress(name, ingress, opts);
  if (httpRoute !== undefined) new CustomResource(name, httpRoute, opts);
}

/** `<member>-<what>`; without the member for the team's own. */

function hash(secrets: Readonly<Record<string, pulumi.Output<string>>>): pulumi.Output<string> {
  return pulumi.all(secrets).apply((values) =>
    createHash("sha256")
      .update(JSON.stringify(Object.entries(values).sort()))
      .digest("hex"),
  );
}
