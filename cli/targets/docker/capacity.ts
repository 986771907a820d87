import { existsSync, readFileSync } from "node:fs";
import { processLimit, ZONES, zonesOf } from "../../../config/catalogue";
import type { Team } from "../../../config/members";
import { workloads } from "../../../config/workloads";
import { zoneNetworkName } from "../../../platform/docker/render";
import { blocks, overlaps } from "../../../platform/docker/subnets";
import type { Network } from "../../tools/docker";

/** What of `docker info` tells how much there is. */
export interface DockerInfo {
  readonly DockerRootDir: string;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly MemoryLimit?: boolean;
  readonly PidsLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
  readonly DefaultAddressPools?: readonly { readonly Base: string; readonly Size: number }[] | null;
}

const GIB = 1024 ** 3;

/** What an open editor takes, and a development server that watches its files. */
const INOTIFY_INSTANCES = 3;

/** One for each folder that these two watch; a framework's project has some thousands with its packages. */
const INOTIFY_WATCHES = 8_000;

/** What the engine hands out where daemon.json names nothing else. */
const BUILT_IN_POOLS = [
  ...Array.from({ length: 15 }, (_, index) => ({ Base: `172.${17 + index}.0.0/16`, Size: 16 })),
  { Base: "192.168.0.0/16", Size: 20 },
];

/** Containers that the kernel lets one network have: a port of its bridge each. */
const BRIDGE_PORTS = 1023;

/** The pools that networks of IPv4 come from. */
function usablePools(pools: DockerInfo["DefaultAddressPools"]) {
  const own = (pools ?? []).filter(({ Base }) => !Base.includes(":"));
  return own.length > 0 ? own : BUILT_IN_POOLS;
}

/** A setting of this machine's kernel; undefined where it has none of that name. */
export function kernelSetting(name: string): number | undefined {
  const file = `/proc/sys/${name.replaceAll(".", "/")}`;
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
}

/**
 * Where the team may need more than there is. Nothing is reserved, so these are warnings.
 *
 * @param setting reads the kernel's settings where the daemon is
 */
export function capacityWarnings(
  team: Team,
  info: DockerInfo,
  setting: (name: string) => number | undefined,
): (string | undefined)[] {
  return [
    memoryWarning(team, info.MemTotal),
    limitWarning(info),
    processWarning(team, { pid_max: setting("kernel.pid_max"), "threads-max": setting("kernel.threads-max") }),
    inotifyWarning(team, setting("fs.inotify.max_user_instances")),
    watchesWarning(team, setting("fs.inotify.max_user_watches")),
  ];
}

export function memoryWarning(team: Team, total: number): string | undefined {
  const limits = workloads(team).reduce((sum, { resources }) => sum + resources.memory, 0);
  if (total <= 0 || limits * 1024 ** 2 <= total) return undefined;
  return (
    `the memory limits add up to ${(limits / 1024).toFixed(1)} GiB, and Docker has ${(total / GIB).toFixed(1)} GiB. ` +
    "That works while not everybody uses theirs; otherwise lower muster:defaults limits."
  );
}

/** Docker starts containers with limits that it cannot hold, and says nothing. */
export function limitWarning({ MemoryLimit, PidsLimit, CpuCfsQuota }: DockerInfo): string | undefined {
  const missing = [
    ...(MemoryLimit === false ? ["memory"] : []),
    ...(CpuCfsQuota === false ? ["CPUs"] : []),
    ...(PidsLimit === false ? ["processes"] : []),
  ];
  if (missing.length === 0) return undefined;
  return (
    `Docker cannot limit ${missing.join(", ")} here, so that one member can take all there is: enable the cgroup ` +
    "controllers (rootless Docker: sudo systemctl set-property user@$(id -u).service Delegate='cpu memory pids')"
  );
}

/** @param settings of the kernel, by their names below `kernel` */
export function processWarning(
  team: Team,
  settings: { readonly [K in keyof typeof MOST_PROCESSES]: number | undefined },
): string | undefined {
  const limits = workloads(team).reduce((sum, { component }) => sum + (processLimit(component) ?? 0), 0);
  const names = Object.keys(MOST_PROCESSES) as (keyof typeof MOST_PROCESSES)[];
  const low = names.filter((name) => limits > (settings[name] ?? Number.POSITIVE_INFINITY));
  if (low.length === 0) return undefined;
  const least = Math.min(...low.map((name) => settings[name] as number));
  return (
    `the limits on processes add up to ${limits}, and the machine has ${least}: ` +
    `${low.map((name) => raise(`kernel.${name}`, MOST_PROCESSES[name])).join(" && ")} gives it more`
  );
}

/** What settings of the kernel that bound processes are raised to; threads are counted as processes are. */
const MOST_PROCESSES = { pid_max: 2 ** 22, "threads-max": 2 ** 20 } as const;

/** All containers run as one user, whose instances the kernel counts together. */
export function inotifyWarning({ members }: Pick<Team, "members">, max: number | undefined): string | undefined {
  const needed = members.length * INOTIFY_INSTANCES;
  if (max === undefined || needed <= max) return undefined;
  return (
    `${members.length} editors need about ${needed} inotify instances, and the machine has ${max}; without one, an editor ` +
    `does not see changed files: ${raise("fs.inotify.max_user_instances", 2 ** Math.ceil(Math.log2(needed * 2)))} gives it more`
  );
}

/** These, too, are counted together. */
export function watchesWarning({ members }: Pick<Team, "members">, max: number | undefined): string | undefined {
  const needed = members.length * INOTIFY_WATCHES;
  if (max === undefined || needed <= max) return undefined;
  return (
    `${members.length} editors may watch ${needed} folders, and the machine lets one user watch ${max}: ` +
    `${raise("fs.inotify.max_user_watches", 2 ** Math.ceil(Math.log2(needed * 2)))} gives it more`
  );
}

/** Everybody's sites are on one network, and everybody's editors on another; the engine's pools say how large they are. */
export function roomProblem(team: Team, pools: DockerInfo["DefaultAddressPools"]): string | undefined {
  const all = workloads(team);
  const needed = Math.max(
    ...ZONES.map((zone) => all.filter(({ component }) => zonesOf(component).includes(zone)).length),
  );
  if (needed > BRIDGE_PORTS) {
    return (
      `a network of this team needs ${needed} containers, and Linux lets one have ${BRIDGE_PORTS}: ` +
      "divide muster:members or muster:repositories between two stacks, each with a muster:team of its own"
    );
  }
  const usable = usablePools(pools);
  // Without the network's own two, and the bridge's.
  const room = Math.min(...usable.map(({ Size }) => 2 ** (32 - Size) - 3));
  if (needed <= room) return undefined;
  const size = 32 - Math.ceil(Math.log2(needed + 3));
  return (
    `a network of this team needs ${needed} addresses, and the engine gives each ${room}: make the blocks of ` +
    `default-address-pools in daemon.json larger ("size": ${size}), and restart Docker`
  );
}

const raise = (name: string, value: number): string =>
  `echo ${name}=${value} | sudo tee -a /etc/sysctl.d/60-muster.conf && sudo sysctl --system`;

/** The network of each zone takes a block of Docker's pools, which may be used up. */
export function poolProblem(
  team: Pick<Team, "id">,
  pools: DockerInfo["DefaultAddressPools"],
  networks: readonly Network[],
): string | undefined {
  const needed = ZONES.filter((zone) =>
    networks.every(({ name }) => name !== zoneNetworkName({ team: team.id }, zone)),
  );
  const taken = networks.flatMap(({ subnets }) => subnets);
  const isFree = (block: string) => !taken.some((other) => overlaps(block, other));
  const free = usablePools(pools)
    .flatMap(({ Base, Size }) => blocks(Base, Size))
    .filter(isFree);
  if (free.length >= needed.length) return undefined;
  return (
    `the ${networks.length} Docker networks here have used up the engine's addresses: remove those that nobody uses ` +
    "(docker network prune), or give it more with default-address-pools in daemon.json"
  );
}
