import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { WORKLOADS, type Zone } from "../../config/catalogue";
import { reservedTeamReason } from "../../config/naming";
import { createImages } from "../images/resources";
import {
  checkScope,
  checkTeam,
  type ImageRef,
  type Platform,
  type PlatformArgs,
  resourceNames,
  rosterVariables,
  type Scope,
  type WorkloadSpec,
} from "../platform";
import { publishedAddresses } from "./addresses";
import { adopt } from "./adopted";
import {
  type ContainerArgs,
  containerName,
  type DockerNames,
  joinedZones,
  memberNetworkName,
  ROSTER,
  renderContainer,
  renderLabels,
  zoneAlias,
  zoneNetworkName,
} from "./render";
import { createCarrier } from "./roster";
import { createSubnets, DEFAULT_SUBNETS, gatewayOf } from "./subnets";
import { createTurns } from "./turns";

export interface DockerPlatformArgs extends PlatformArgs {
  /**
   * Address of the host that the port is published on. With 127.0.0.1 and 0.0.0.0, what stands for it in IPv6 is
   * another one, where this machine has that.
   *
   * @default "127.0.0.1"
   */
  readonly listen?: string;
  /**
   * CIDR, of /8 to /20, that the scopes' private networks are cut from, a /28 each.
   *
   * @default "10.192.0.0/12"
   */
  readonly subnets?: string;
  /**
   * Ids of scopes whose networks choose their addresses first, in this order; others do when they are made.
   *
   * @default []
   */
  readonly owners?: readonly string[];
}

/**
 * Local Docker: a container for each workload, an internal network for each member, one for each zone, and named
 * volumes that stay when their resource goes.
 *
 * The daemon is the provider's choice: `DOCKER_HOST`, else the default socket.
 *
 * @example
 * const platform = createDockerPlatform({ team: "shop", port: 8090 });
 *
 * @throws Error for an id that cannot be part of names; ConfigError for certificates and subnets that cannot be used
 */
export function createDockerPlatform({
  team,
  port = 8080,
  httpPort,
  listen = "127.0.0.1",
  subnets: pool = DEFAULT_SUBNETS,
  owners = [],
  ...args
}: DockerPlatformArgs): Platform {
  checkTeam(team);
  const reserved = reservedTeamReason(team);
  if (reserved !== undefined) throw new Error(`team "${team}" ${reserved}: choose another name`);
  const names: DockerNames = { team };
  const name = resourceNames(args.prefix);
  const subnetOf = createSubnets(pool, team, owners);
  const image = createImages(args);
  const published = { addresses: publishedAddresses(listen), port, httpPort };
  const networks = new Map<string, pulumi.Output<string>>();
  const turn = createTurns(NETWORKS_AT_ONCE);

  const joinZone = (zone: Zone) => {
    const network = zoneNetworkName(names, zone);
    if (networks.has(network)) return;
    const made = new docker.Network(
      name("network", zone === "sites" ? undefined : zone),
      { name: network, options: NETWORK_OPTIONS, labels: renderLabels(names, undefined, "network") },
      { ignoreChanges: ENGINES_CHOICE.network, ...adopt(network) },
    );
    networks.set(network, made.name);
  };
  joinZone("sites");

  const rosterMount = createCarrier(names, name, (carried) => {
    const spec = {
      component: ROSTER,
      env: {},
      port: WORKLOADS.roster.port,
      exposure: "private",
      clients: [],
      probe: { kind: "command", command: ["test", "-e", "/tmp/written"] },
      resources: WORKLOADS.roster.limits,
      stopGrace: 1,
    } as const;
    const { networks: _, ...args } = renderContainer(names, { member: undefined }, spec, published);
    const described = describeContainer(args, { ...spec, image: image(WORKLOADS.roster.image) });
    new docker.Container(
      name(ROSTER),
      {
        ...described,
        envs: carried.env,
        networkMode: "none",
        networksAdvanced: [],
        volumes: carried.volumes,
        ports: [],
      },
      REPLACED,
    );
  });

  return {
    kind: "docker",
    name,
    image,

    scope(member, opts) {
      if (member === undefined) return { member };
      checkScope(member);
      const subnet = subnetOf(member);
      const networkName = memberNetworkName(names, member);
      const network = new docker.Network(
        name(member, "network"),
        {
          name: turn.next(networkName),
          internal: true,
          ipamConfigs: [{ subnet, gateway: gatewayOf(subnet) }],
          options: NETWORK_OPTIONS,
          labels: renderLabels(names, member, "network"),
        },
        // Two networks cannot have one name or one subnet.
        {
          ...opts,
          deleteBeforeReplace: true,
          ignoreChanges: ENGINES_CHOICE.privateNetwork,
          replacementTrigger: subnet,
          ...adopt(networkName),
        },
      );
      turn.taken(network);
      networks.set(networkName, network.name);
      return { member };
    },

    volume(scope: Scope, purpose, opts) {
      const volume = new docker.Volume(
        name(scope.member, purpose),
        {
          name: containerName(names, scope.member, purpose),
          labels: renderLabels(names, scope.member, purpose),
        },
        // Data outlives the roster and the environment: a volume of this name is found again (docs/operations.md).
        { ...opts, retainOnDelete: true, ignoreChanges: ENGINES_CHOICE.volume },
      );
      return { name: volume.name };
    },

    workload(scope, spec, opts) {
      joinedZones(scope, spec).forEach(joinZone);
      const args = renderContainer(
        names,
        scope,
        { ...spec, env: { ...spec.env, ...rosterVariables(spec) } },
        published,
      );
      const mounts = [
        ...(spec.mounts ?? []),
        ...(spec.roster ? [rosterMount(scope, spec.component, spec.roster, opts)] : []),
      ];
      new docker.Container(
        name(scope.member, spec.component),
        {
          ...describeContainer(args, spec),
          envs: environment(args.env, spec.secrets ?? {}),
          networksAdvanced: args.networks.map(({ name, ...rest }) => ({ name: networks.get(name) ?? name, ...rest })),
          volumes: mounts.map(({ volume, path, readOnly = false }) => ({
            volumeName: volume.name,
            containerPath: path,
            ...(readOnly ? { readOnly } : {}),
          })),
          ports: args.ports,
        },
        { ...opts, ...REPLACED, ...keptPorts(args.ports) },
      );
      return { host: args.name, port: spec.port };
    },

    host: (scope, component) => containerName(names, scope.member, component),
    insideHost: (scope, component) => containerName(names, scope.member, component),
    zoneHost: (scope, component, zone) => zoneAlias(names, scope.member, component, zone),
    memberEndpoint: (component, port) => `${containerName(names, "{member}", component)}:${port}`,
  } satisfies Platform;
}

/** What every container has, whatever it is given. */
const describeContainer = (
  args: Omit<ContainerArgs, "networks">,
  spec: Pick<WorkloadSpec, "yields" | "reconnects" | "init" | "stopGrace"> & { readonly image: ImageRef },
) => ({
  name: args.name,
  hostname: args.hostname,
  image: spec.image.id,
  labels: args.labels,
  ...(args.healthcheck ? { healthcheck: args.healthcheck } : {}),
  memory: args.memory,
  // Without an equal swap limit the provider sees a difference at every second update.
  memorySwap: args.memory,
  cpus: args.cpus,
  ...(spec.yields ? { cpuShares: YIELDING_SHARES } : {}),
  ...(spec.reconnects ? { sysctls: REUSED_PORTS } : {}),
  capabilities: { drops: ["ALL"] },
  securityOpts: ["no-new-privileges:true"],
  init: spec.init ?? true,
  restart: "unless-stopped",
  // The provider kills at once without it, whatever stopTimeout says.
  destroyGraceSeconds: spec.stopGrace,
  logDriver: "json-file",
  logOpts: { "max-size": "10m", "max-file": "3" },
});

/**
 * The provider sleeps for two seconds at each network, and Pulumi does eight things at once on two cores: the containers
 * of the first members are made meanwhile.
 */
const NETWORKS_AT_ONCE = 4;

/** A container's name is taken until it is gone. The provider changes a health check in its state only. */
const REPLACED = { deleteBeforeReplace: true, replaceOnChanges: ["healthcheck"] };

/** Of the CPUs while they are busy; every other container has 1024. */
const YIELDING_SHARES = 128;

/** Otherwise 28,000 ports, each of which rests for a minute, are enough for 470 requests a second. */
const REUSED_PORTS = { "net.ipv4.tcp_tw_reuse": "1" };

/** Engines report several ports in an order of their own: only other ones than were described replace the container. */
const keptPorts = (ports: readonly object[]) =>
  ports.length === 0 ? {} : { ignoreChanges: ["ports"], replacementTrigger: JSON.stringify(ports) };

/** Otherwise an engine that gives every network IPv6 reports a network other than the one described. */
const NETWORK_OPTIONS = { "com.docker.network.enable_ipv6": "false" };

/**
 * What a network or volume that exists may have otherwise: engines report it differently, older versions of Muster did
 * not state it, or somebody made it with a driver of their own, or with Compose's labels. Replacing it would
 * replace everything on it. A new one gets what is stated, also where another subnet makes it anew.
 */
const ENGINES_CHOICE = {
  network: ["ipv6", "labels", "options"],
  privateNetwork: ["ipv6", "labels", "options", "ipamConfigs"],
  volume: ["driver", "driverOpts", "labels"],
};

/** `NAME=value` in the order of names; secret as soon as one value is. */
function environment(
  plain: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, pulumi.Output<string>>>,
): pulumi.Input<string>[] {
  return [...Object.keys(plain), ...Object.keys(secrets)]
    .sort()
    .map((name) => (name in secrets ? pulumi.interpolate`${name}=${secrets[name]}` : `${name}=${plain[name]}`));
}
