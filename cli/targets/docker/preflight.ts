import { existsSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import type { Team } from "../../../config/members";
import { workloads } from "../../../config/workloads";
import { overlaps, teamSubnets } from "../../../platform/docker/subnets";
import type { Progress } from "../../progress";
import type { Container, Docker, Network } from "../../tools/docker";
import type { DockerHost } from "../../tools/docker-host";
import { certificateProblems, certificateWarnings } from "../certificates";
import { domainWarning, plainWarning, refuse } from "../preflight";
import { capacityWarnings, type DockerInfo, kernelSetting, poolProblem, roomProblem } from "./capacity";
import { teamContainerNames, teamContainers } from "./containers";

const GIB = 1024 ** 3;

/** Disk space for building the images, and the least for a running environment. */
const DISK_FOR_BUILD = 4 * GIB;
const DISK_TO_RUN = 1 * GIB;

/** What a new member takes before they have done anything: most of it are MariaDB's files. */
const DISK_FOR_MEMBER = 160 * 1024 ** 2;

export interface PreflightArgs {
  readonly team: Team;
  readonly host: DockerHost;
  readonly docker: Docker;
  readonly containers: readonly Container[];
  /** Whether images are still to be built. */
  readonly mustBuild: boolean;
}

/**
 * Looks for what would stop the environment half-way, before anything is created.
 *
 * @throws UserError that lists every problem with its remedy
 */
export async function preflight(args: PreflightArgs, progress: Progress): Promise<void> {
  const { team, host, docker, containers } = args;
  const [info, networks, domain] = await Promise.all([
    docker.run("info", "--format", "{{json .}}").then((json) => JSON.parse(json) as DockerInfo),
    docker.networks(),
    domainWarning(team, "this machine"),
  ]);
  // A socket may be passed on from another machine, or into a container: the folder of the data is not.
  const here = host.local && existsSync(info.DockerRootDir);
  const ports = await Promise.all(
    publishedPorts(team).map((published) => portProblem(team, { local: host.local, here }, containers, published)),
  );
  refuse([
    // Of an address that is not there, each port says the same.
    ...new Set(ports),
    ...certificateProblems(team),
    ...nameProblems(team, containers),
    ...networkProblems(team, networks),
    poolProblem(team, info.DefaultAddressPools, networks),
    roomProblem(team, info.DefaultAddressPools),
    ...cpuProblems(team, info.NCPU),
    host.local
      ? diskProblem(info.DockerRootDir, freeSpace(info.DockerRootDir), {
          mustBuild: args.mustBuild,
          newMembers: newMembers(team, containers),
        })
      : undefined,
  ]);
  const setting = here ? kernelSetting : () => undefined;
  for (const warning of [
    ...capacityWarnings(team, info, setting),
    host.local ? neighbourhoodWarning(team, networks, networkInterfaces()) : undefined,
    ...certificateWarnings(team),
    plainWarning(team),
    domain,
  ]) {
    if (warning !== undefined) progress.warn(warning);
  }
}

/** What stops Docker from publishing a port. */
async function portProblem(
  team: Pick<Team, "id" | "listen">,
  host: Pick<DockerHost, "local"> & { /** Whether this machine has the daemon's addresses. */ readonly here: boolean },
  containers: readonly Container[],
  { port, key }: PublishedPort,
): Promise<string | undefined> {
  const owner = containers.find(({ ports, state }) => state === "running" && ports.includes(port));
  if (owner) return portOwnerProblem(team, owner, { port, key });
  if (!host.local) return undefined;
  for (const address of listened(team.listen)) {
    const refusal = await listenRefusal(address, port);
    if (host.here && address === team.listen && refusal === "EADDRNOTAVAIL") return listenProblem(team.listen);
    if (refusal !== "EADDRINUSE") continue;
    const where = address.includes(":") ? ` on [${address}], where browsers look first,` : "";
    return `port ${port} is taken${where} by another program (sudo ss -ltnp "sport = :${port}" names it): ${portRemedy(key)}`;
  }
  return undefined;
}

/** A port of the host that leads to the gateway, and the key that sets it. */
export interface PublishedPort {
  readonly port: number;
  readonly key: "port" | "httpPort";
}

export const publishedPorts = ({ listenPort, httpPort }: Pick<Team, "listenPort" | "httpPort">): PublishedPort[] => [
  { port: listenPort, key: "port" },
  ...(httpPort === undefined ? [] : [{ port: httpPort, key: "httpPort" as const }]),
];

/** Where a neighbour would be in the way: browsers look for `localhost` in both address families. */
export function listened(listen: string): string[] {
  switch (listen) {
    case "127.0.0.1":
      return [listen, "::1"];
    case "0.0.0.0":
      return [listen, "::"];
    default:
      return [listen];
  }
}

const portRemedy = (key: PublishedPort["key"]): string =>
  `end it, or set another muster:${key} in the stack file${key === "httpPort" ? ", 0 for none" : ""}`;

/** What is wrong with `owner` publishing a port of the team's; nothing when it is the team's own gateway. */
export function portOwnerProblem(
  { id }: Pick<Team, "id">,
  owner: Container,
  { port, key }: PublishedPort,
): string | undefined {
  if (owner.labels["muster.team"] === id) return undefined;
  const team = owner.labels["muster.team"];
  return `port ${port} is taken by the container ${owner.name}${team ? ` of team ${team}` : ""}: ${portRemedy(key)}`;
}

/** Docker would refuse the gateway's container, when the others are there already. */
export function listenProblem(listen: string): string {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const known = own.flatMap(({ family, address }) => (family === "IPv4" ? [address] : []));
  return `muster:listen is ${listen}, which is no address of this machine: use 0.0.0.0 for all of them, or ${known.join(", ")}`;
}

/** Why a program cannot listen there; undefined where it can. Docker itself may use privileged ports. */
export function listenRefusal(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
    server.listen({ host: address, port, exclusive: true, ipv6Only: true }, () =>
      server.close(() => resolve(undefined)),
    );
  });
}

/** Somebody else's containers under names that the team needs. */
export function nameProblems(team: Team, containers: readonly Container[]): string[] {
  const own = new Set(teamContainers(containers, team.id));
  const needed = new Set(teamContainerNames(team));
  return containers
    .filter((container) => needed.has(container.name) && !own.has(container))
    .map(
      ({ name }) =>
        `the name ${name} is taken by a container that is not Muster's: remove it (docker rm -f ${name}), or set another muster:team`,
    );
}

/** Somebody else's networks that share addresses with a member's. */
export function networkProblems(team: Parameters<typeof teamSubnets>[0], networks: readonly Network[]): string[] {
  const subnets = teamSubnets(team);
  return networks
    .filter(({ labels }) => labels["muster.team"] !== team.id)
    .flatMap(({ name, subnets: theirs }) => {
      const member = [...subnets].find(([, subnet]) => theirs.some((other) => overlaps(subnet, other)));
      if (!member) return [];
      return [
        `${member[0]}'s network (${member[1]}) overlaps the Docker network ${name} (${theirs.join(", ")}): set muster:docker to a free pool, for example { subnets: 172.24.0.0/14 }`,
      ];
    });
}

/**
 * A member's network in the place of the one that this machine is on: the machine itself would no longer reach these
 * addresses.
 *
 * @param interfaces as the system lists them
 */
export function neighbourhoodWarning(
  team: Parameters<typeof teamSubnets>[0],
  networks: readonly Network[],
  interfaces: ReturnType<typeof networkInterfaces>,
): string | undefined {
  // Bridges are interfaces too.
  const isDockers = (cidr: string) =>
    networks.some(({ subnets }) => subnets.some((subnet) => overlaps(subnet, `${cidr.split("/")[0]}/32`)));
  const subnets = [...teamSubnets(team)];
  for (const [name, addresses = []] of Object.entries(interfaces)) {
    for (const { cidr, internal } of addresses) {
      if (internal || cidr === null || isDockers(cidr)) continue;
      const member = subnets.find(([, subnet]) => overlaps(subnet, cidr));
      if (member === undefined) continue;
      return (
        `${member[0]}'s network (${member[1]}) is a part of the one that this machine is on (${cidr}, ${name}), and takes ` +
        "its addresses there away: set muster:docker to a pool that nobody uses, for example { subnets: 172.24.0.0/14 }"
      );
    }
  }
  return undefined;
}

/** Free bytes below `folder`; undefined when it is not on this machine (Docker Desktop). */
function freeSpace(folder: string): number | undefined {
  if (!existsSync(folder)) return undefined;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** How many of the roster have nothing here yet. */
function newMembers(team: Team, containers: readonly Container[]): number {
  const known = new Set(teamContainers(containers, team.id).map(({ labels }) => labels["muster.member"]));
  return team.members.filter(({ id }) => !known.has(id)).length;
}

export function diskProblem(
  folder: string,
  free: number | undefined,
  { mustBuild, newMembers }: { readonly mustBuild: boolean; readonly newMembers: number },
): string | undefined {
  const needed = (mustBuild ? DISK_FOR_BUILD : DISK_TO_RUN) + newMembers * DISK_FOR_MEMBER;
  if (free === undefined || free >= needed) return undefined;
  const reasons = [
    ...(mustBuild ? ["to build the images"] : []),
    ...(newMembers > 0 ? [`for ${newMembers} new member${newMembers === 1 ? "" : "s"}`] : []),
  ];
  return [
    `${(free / GIB).toFixed(1)} GiB are free in ${folder}, and ${(needed / GIB).toFixed(1)} GiB are needed`,
    `${reasons.length > 0 ? ` ${reasons.join(" and ")}` : ""}: make room, for example with docker system prune`,
  ].join("");
}

/** Docker refuses a container whose limit is above the machine's CPUs. */
export function cpuProblems(team: Team, available: number): string[] {
  const problems = workloads(team).flatMap(({ resources, setting }) =>
    resources !== undefined && resources.cpus > available
      ? [
          `${setting}/cpus is ${resources.cpus}, and Docker has ${available}: lower it` +
            (setting?.startsWith("members/") ? ", or muster:defaults for everybody" : ""),
        ]
      : [],
  );
  // One setting is for all that build.
  return [...new Set(problems)];
}
