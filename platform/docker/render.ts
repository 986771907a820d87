import type { types } from "@pulumi/docker";
import { type Zone, zonesOf } from "../../config/catalogue";
import { labels, type Scope, scopedName, type WorkloadSpec } from "../platform";

/**
 * Docker's terms for the platform's specs. Pure: names and specs in, resource arguments out; `platform/docker` turns
 * them into resources and `export/compose` reads them back from a recording.
 */

/** Where things are on the Docker host. */
export interface DockerNames {
  readonly team: string;
}

/** Component of what hands out the roster, volumes included: it is no data, and goes with the environment. */
export const ROSTER = "roster";

/** `<team>-<member>-<component>`, or `<team>-<component>` for the team's own. */
export const containerName = ({ team }: DockerNames, member: string | undefined, component: string): string =>
  `${team}-${scopedName(member, component)}`;

/** The network of a zone. No member's has a "_". */
export const zoneNetworkName = ({ team }: DockerNames, zone: Zone): string =>
  zone === "sites" ? team : `${team}_${zone}`;

/** A container's further name in the network of a zone: no component ends so. */
export const zoneAlias = (names: DockerNames, member: string | undefined, component: string, zone: Zone): string =>
  `${containerName(names, member, component)}-${zone}`;

/** A member's own network. */
export const memberNetworkName = ({ team }: DockerNames, member: string): string => `${team}-${member}`;

/**
 * Health checks only serve people who look at `docker ps`: readiness is asked through the gateway. One check a second
 * on 60 containers took both cores of a small machine, so they are rare.
 */
const HEALTH_INTERVAL = "1m0s";

export interface ContainerArgs {
  readonly name: string;
  readonly hostname: string;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: types.input.ContainerLabel[];
  /** With the further names that it has in each. */
  readonly networks: readonly { readonly name: string; readonly aliases?: string[] }[];
  readonly ports: types.input.ContainerPort[];
  readonly healthcheck: types.input.ContainerHealthcheck | undefined;
  /** MiB */
  readonly memory: number;
  readonly cpus: string;
  readonly stopGrace: number;
}

/**
 * @param published where a `published` workload listens on the host
 */
export function renderContainer(
  names: DockerNames,
  scope: Scope,
  spec: Omit<WorkloadSpec, "image" | "secrets" | "mounts">,
  published: {
    readonly addresses: readonly string[];
    readonly port: number;
    readonly httpPort?: number | undefined;
  },
): ContainerArgs {
  const { member } = scope;
  return {
    name: containerName(names, member, spec.component),
    hostname: scopedName(member, spec.component),
    env: Object.fromEntries(Object.entries(spec.env).sort(([a], [b]) => (a < b ? -1 : 1))),
    labels: renderLabels(names, member, spec.component),
    networks: [
      ...(member === undefined ? [] : [{ name: memberNetworkName(names, member) }]),
      ...joinedZones(scope, spec).map((zone) => ({
        name: zoneNetworkName(names, zone),
        ...(spec.extraPorts?.some((port) => port.zone === zone)
          ? { aliases: [zoneAlias(names, member, spec.component, zone)] }
          : {}),
      })),
    ],
    ports:
      spec.exposure === "published"
        ? [published.port, ...(published.httpPort === undefined ? [] : [published.httpPort])].flatMap((external) =>
            published.addresses.map((ip) => ({ internal: spec.port, external, ip })),
          )
        : [],
    healthcheck: healthcheck(spec),
    memory: spec.resources.memory,
    cpus: renderCpus(spec.resources.cpus),
    stopGrace: spec.stopGrace,
  };
}

/** The zones whose networks a workload is on; what is private to its scope is on none. */
export const joinedZones = (
  { member }: Scope,
  { component, exposure }: Pick<WorkloadSpec, "component" | "exposure">,
) => (exposure === "private" && member !== undefined ? [] : zonesOf(component));

/** As the Docker provider reads it back (`2.0`, `0.5`): any other text would replace the container at every update. */
const renderCpus = (cpus: number): string => (Number.isInteger(cpus) ? cpus.toFixed(1) : String(cpus));

/** Sorted, as the Docker provider keeps them. */
export function renderLabels(
  { team }: DockerNames,
  member: string | undefined,
  component: string,
): types.input.ContainerLabel[] {
  return Object.entries(labels(team, member, component))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => ({ label, value }));
}

function healthcheck({ probe, port }: Pick<WorkloadSpec, "probe" | "port">): ContainerArgs["healthcheck"] {
  const test = (...command: string[]) => ({
    tests: ["CMD", ...command],
    interval: HEALTH_INTERVAL,
    timeout: "5s",
    retries: 3,
    startPeriod: "1m0s",
  });
  switch (probe.kind) {
    case "http":
      return test("http-healthcheck", probe.path, String(port));
    case "command":
      return test(...probe.command);
    case "none":
      return undefined;
    default: {
      const exhaustive: never = probe;
      return exhaustive;
    }
  }
}
