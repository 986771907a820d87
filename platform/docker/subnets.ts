import { createHash } from "node:crypto";
import { LIVE } from "../../config/catalogue";
import type { Team } from "../../config/members";
import { ConfigError } from "../../config/problems";
import { liveSites } from "../../config/workloads";

export const DEFAULT_SUBNETS = "10.192.0.0/12";

/** A /28 has 13 addresses beside the bridge's own; a member's network needs four. */
const SUBNET_BITS = 28;

/**
 * A private network's address block for each of `owners`, cut from `pool`.
 *
 * Docker's own pools end after about 31 networks, so each network gets a small block of its own. The block follows
 * from the hash of team and owner, so that it is the same at every run and no roster edit moves it. Owners whose
 * hashes meet take the next free block in their order (20 members in the default /12: one team in 350).
 *
 * @param pool CIDR of /8 to /20
 * @param owners ids
 * @returns CIDR by id
 * @throws ConfigError when the pool has fewer blocks than owners
 */
export function allocateSubnets(pool: string, team: string, owners: readonly string[]): Map<string, string> {
  const [address = "", bits = ""] = pool.split("/");
  const start = address.split(".").reduce((value, octet) => value * 256 + Number(octet), 0);
  const count = 2 ** (SUBNET_BITS - Number(bits));
  if (owners.length > count) {
    throw new ConfigError([
      `config/docker/subnets: "${pool}" holds ${count} networks, and ${owners.length} are needed: use a larger one`,
    ]);
  }
  const taken = new Set<number>();
  return new Map(
    owners.map((owner) => {
      let slot = createHash("sha256").update(`${team}/${owner}`).digest().readUInt32BE() % count;
      while (taken.has(slot)) slot = (slot + 1) % count;
      taken.add(slot);
      return [owner, `${dotted(start + slot * 2 ** (32 - SUBNET_BITS))}/${SUBNET_BITS}`] as const;
    }),
  );
}

/**
 * As `allocateSubnets`, with owners that become known one by one.
 *
 * @param first ids that are known already
 * @throws ConfigError when the pool is used up, also at a later owner
 */
export function createSubnets(pool: string, team: string, first: readonly string[]): (owner: string) => string {
  let subnets = allocateSubnets(pool, team, first);
  return (owner) => {
    if (!subnets.has(owner)) subnets = allocateSubnets(pool, team, [...subnets.keys(), owner]);
    return subnets.get(owner) as string;
  };
}

/** The address that the engine gives to a block's bridge: the first. */
export function gatewayOf(subnet: string): string {
  const first = range(subnet)?.[0];
  if (first === undefined) throw new Error(`"${subnet}" is no IPv4 block`);
  return dotted(first + 1);
}

/** The blocks of a team's private networks: the live server's, which no member can move, and the members'. */
export const teamSubnets = (
  team: Pick<Team, "id" | "members" | "live" | "repositories" | "docker">,
): Map<string, string> => allocateSubnets(team.docker.subnets, team.id, networkOwners(team));

/** Whose private networks a team has, in the order in which they choose. */
export const networkOwners = (team: Pick<Team, "members" | "live" | "repositories">): string[] => [
  LIVE,
  ...team.members.map(({ id }) => id),
  ...liveSites(team).flatMap(({ owner }) => (owner.id === LIVE ? [] : [owner.id])),
];

const dotted = (address: number) => [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");

/** An IPv4 block as its first and last address. */
function range(cidr: string): [number, number] | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (!match) return undefined;
  const [a, b, c, d, bits] = match.slice(1).map(Number) as [number, number, number, number, number];
  const size = 2 ** (32 - bits);
  const address = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  const first = address - (address % size);
  return [first, first + size - 1];
}

/** The blocks of `bits` that an IPv4 pool is made of; at most 4096 of them. */
export function blocks(pool: string, bits: number): string[] {
  const [first, last] = range(pool) ?? [0, -1];
  const size = 2 ** (32 - bits);
  const count = Math.min(Math.floor((last - first + 1) / size), 4096);
  return Array.from({ length: count }, (_, index) => `${dotted(first + index * size)}/${bits}`);
}

/** Whether two blocks share an address. IPv6 blocks never meet the team's. */
export function overlaps(a: string, b: string): boolean {
  const [left, right] = [range(a), range(b)];
  return left !== undefined && right !== undefined && left[0] <= right[1] && right[0] <= left[1];
}
