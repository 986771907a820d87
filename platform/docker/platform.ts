import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Team } from "../../config/members";
import { createImages } from "../images/resources";
import { type Platform, type Scope, scopedName } from "../platform";
import {
  containerName,
  type DockerNames,
  memberNetworkName,
  renderContainer,
  renderLabels,
  teamNetworkName,
} from "./render";
import { teamSubnets } from "./subnets";

/**
 * Local Docker: a container for each workload, an internal network for each member beside the team's own, and named
 * volumes that stay when their resource goes.
 *
 * The daemon is the provider's choice: `DOCKER_HOST`, else the default socket.
 */
export function createDockerPlatform(team: Team): Platform {
  const names: DockerNames = { team: team.id };
  const subnets = teamSubnets(team);
  const image = createImages(team);
  const networks = new Map<string, pulumi.Output<string>>();

  const teamNetwork = new docker.Network("network", {
    name: teamNetworkName(names),
    labels: renderLabels(names, undefined, "network"),
  });
  networks.set(teamNetworkName(names), teamNetwork.name);

  return {
    kind: "docker",
    image,

    scope(member, opts) {
      if (member === undefined) return { member };
      const subnet = subnets.get(member);
      if (subnet === undefined) {
        throw new Error(`scope "${member}" has no entry on the roster, which the subnet of its network follows from`);
      }
      const network = new docker.Network(
        `${member}-network`,
        {
          name: memberNetworkName(names, member),
          internal: true,
          ipamConfigs: [{ subnet }],
          labels: renderLabels(names, member, "network"),
        },
        // Two networks cannot have one name or one subnet.
        { ...opts, deleteBeforeReplace: true },
      );
      networks.set(memberNetworkName(names, member), network.name);
      return { member };
    },

    volume(scope: Scope, purpose, opts) {
      const volume = new docker.Volume(
        scopedName(scope.member, purpose),
        {
          name: containerName(names, scope.member, purpose),
          labels: renderLabels(names, scope.member, purpose),
        },
        // Data outlives the roster and the environment: a volume of this name is found again (docs/operations.md).
        { ...opts, retainOnDelete: true },
      );
      return { name: volume.name };
    },

    workload(scope, spec, opts) {
      const args = renderContainer(names, scope, spec, team);
      new docker.Container(
        scopedName(scope.member, spec.component),
        {
          name: args.name,
          hostname: args.hostname,
          image: spec.image.id,
          envs: environment(args.env, spec.secrets ?? {}),
          labels: args.labels,
          networksAdvanced: args.networks.map((name) => ({ name: networks.get(name) ?? name })),
          volumes: (spec.mounts ?? []).map(({ volume, path, readOnly = false }) => ({
            volumeName: volume.name,
            containerPath: path,
            ...(readOnly ? { readOnly } : {}),
          })),
          ports: args.ports,
          ...(args.healthcheck ? { healthcheck: args.healthcheck } : {}),
          memory: args.memory,
          // Without an equal swap limit the provider sees a difference at every second update.
          memorySwap: args.memory,
          cpus: args.cpus,
          capabilities: { drops: ["ALL"] },
          securityOpts: ["no-new-privileges:true"],
          init: spec.init ?? true,
          restart: "unless-stopped",
          // The provider kills at once without it, whatever stopTimeout says.
          destroyGraceSeconds: spec.stopGrace,
          logDriver: "json-file",
          logOpts: { "max-size": "10m", "max-file": "3" },
        },
        // A container's name is taken until it is gone. The provider changes a health check in its state only.
        { ...opts, deleteBeforeReplace: true, replaceOnChanges: ["healthcheck"] },
      );
      return { host: args.name, port: spec.port };
    },

    host: (scope, component) => containerName(names, scope.member, component),
    memberEndpoint: (component, port) => `${containerName(names, "{member}", component)}:${port}`,
  } satisfies Platform;
}

/** `NAME=value` in the order of names; secret as soon as one value is. */
function environment(
  plain: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, pulumi.Output<string>>>,
): pulumi.Input<string>[] {
  return [...Object.keys(plain), ...Object.keys(secrets)]
    .sort()
    .map((name) => (name in secrets ? pulumi.interpolate`${name}=${secrets[name]}` : `${name}=${plain[name]}`));
}
