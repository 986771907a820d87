import { createHash } from "node:crypto";
import { ConfigError } from "../config/schema";

/** A /28 has 13 addresses beside the bridge's own; a member's network needs four. */
const SUBNET_BITS = 28;

/**
 * A private network's address block for each member, cut from `pool`.
 *
 * Docker's own pools end after about 31 networks, so each network gets a small block of its own. The block follows
 * from the hash of team and member, so that it is the same at every run and no roster edit moves it. Members whose
 * hashes meet take the next free block in roster order (20 members in the default /12: one team in 350).
 *
 * @param pool CIDR of /8 to /20
 * @returns CIDR by member id
 * @throws ConfigError when the pool has fewer blocks than members
 */
export function allocateSubnets(pool: string, team: string, members: readonly string[]): Map<string, string> {
  const [address = "", bits = ""] = pool.split("/");
  const start = address.split(".").reduce((value, octet) => value * 256 + Number(octet), 0);
  const count = 2 ** (SUBNET_BITS - Number(bits));
  if (members.length > count) {
    throw new ConfigError([
      `config/docker/subnets: "${pool}" holds ${count} networks for ${members.length} members: use a larger one`,
    ]);
  }
  const taken = new Set<number>();
  return new Map(
    members.map((member) => {
      let slot = createHash("sha256").update(`${team}/${member}`).digest().readUInt32BE() % count;
      while (taken.has(slot)) slot = (slot + 1) % count;
      taken.add(slot);
      return [member, `${dotted(start + slot * 2 ** (32 - SUBNET_BITS))}/${SUBNET_BITS}`] as const;
    }),
  );
}

const dotted = (address: number) => [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
