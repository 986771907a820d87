import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { resolveTeam } from "../../../config/members";
import { ConfigError } from "../../../config/problems";
import { parseTeamConfig } from "../../../config/schema/team";
import { allocateSubnets, createSubnets, gatewayOf, teamSubnets } from "../../../platform/docker/subnets";

const POOL = "10.192.0.0/12";

const memberIds = (count: number, prefix = "m") => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** First and last address of a block as numbers. */
function range(cidr: string): [number, number] {
  const [address = "", bits = ""] = cidr.split("/");
  const first = address.split(".").reduce((value, octet) => value * 256 + Number(octet), 0);
  return [first, first + 2 ** (32 - Number(bits)) - 1];
}

test("a block follows from team and member", () => {
  // Written down, because a change of the rule would move the network of everybody who has one.
  expect([...allocateSubnets(POOL, "muster", ["alice", "bob"])]).toEqual([
    ["alice", "10.199.65.144/28"],
    ["bob", "10.204.95.144/28"],
  ]);
  expect(allocateSubnets(POOL, "other", ["alice"]).get("alice")).not.toBe(
    allocateSubnets(POOL, "muster", ["alice"]).get("alice"),
  );
});

test("a block's gateway is its first address", () => {
  expect(gatewayOf("10.199.65.144/28")).toBe("10.199.65.145");
  expect(gatewayOf("172.24.0.0/28")).toBe("172.24.0.1");
  expect(() => gatewayOf("fd00::/64")).toThrow(new Error('"fd00::/64" is no IPv4 block'));
});

describe("the live server's block", () => {
  const subnets = (members: readonly string[], pool = POOL) =>
    teamSubnets({ ...resolveTeam(roster(members)), docker: { subnets: pool } });
  const roster = (members: readonly string[]) => parseTeamConfig({ members: members.map((id) => ({ id })) });

  test("follows from the team alone, and moves no member", () => {
    expect([...subnets(["alice", "bob"])]).toEqual([
      ["live", "10.199.155.208/28"],
      ["alice", "10.199.65.144/28"],
      ["bob", "10.204.95.144/28"],
    ]);
  });

  test("is the same whoever comes and goes, in a pool without a free block too", () => {
    for (const count of [1, 20, 255]) {
      expect(subnets(memberIds(count)).get("live")).toBe("10.199.155.208/28");
      expect(subnets(memberIds(count).reverse(), "10.0.0.0/20").get("live")).toBe("10.0.11.208/28");
    }
  });

  test("is one of those that a pool must hold", () => {
    expect(subnets(memberIds(255), "10.0.0.0/20").size).toBe(256);
    expect(() => subnets(memberIds(256), "10.0.0.0/20")).toThrow(
      new ConfigError([
        'config/docker/subnets: "10.0.0.0/20" holds 256 networks, and 257 are needed: use a larger one',
      ]),
    );
  });
});

test("adding and removing members moves nobody", () => {
  const all = allocateSubnets(POOL, "muster", memberIds(20));
  const some = memberIds(20).filter((_, index) => index % 3 !== 0);
  for (const [member, subnet] of allocateSubnets(POOL, "muster", some)) expect(subnet).toBe(all.get(member));
});

test("a member added at the end moves nobody even in a full pool", () => {
  const members = memberIds(256);
  const full = [...allocateSubnets("10.0.0.0/20", "muster", members)];
  expect([...allocateSubnets("10.0.0.0/20", "muster", members.slice(0, 200))]).toEqual(full.slice(0, 200));
});

test("blocks are /28 networks of the pool, and no two meet", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 8, max: 20 }),
      fc.integer({ min: 0, max: 255 }),
      fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/), { minLength: 1, maxLength: 200 }),
      (bits, octet, members) => {
        const pool = `${octet}.0.0.0/${bits}`;
        const [first, last] = range(pool);
        const blocks = [...allocateSubnets(pool, "muster", members).values()];
        expect(blocks).toHaveLength(members.length);
        const starts = blocks.map((block) => {
          const [start, end] = range(block);
          if (!block.endsWith("/28") || start % 16 !== 0 || start < first || end > last) throw new Error(block);
          return start;
        });
        expect(new Set(starts).size).toBe(members.length);
      },
    ),
    { numRuns: 50 },
  );
});

describe("a pool of 256 blocks", () => {
  test("serves 256 members", () => {
    const blocks = [...allocateSubnets("192.168.240.0/20", "muster", memberIds(256)).values()]
      .map(range)
      .map(([start]) => start);
    const [first] = range("192.168.240.0/20");
    expect(blocks.sort((a, b) => a - b)).toEqual(Array.from({ length: 256 }, (_, index) => first + 16 * index));
  });

  test("refuses 257", () => {
    expect(() => allocateSubnets("192.168.240.0/20", "muster", memberIds(257))).toThrow(
      new ConfigError([
        'config/docker/subnets: "192.168.240.0/20" holds 256 networks, and 257 are needed: use a larger one',
      ]),
    );
  });
});

test("the last block of the address space is written as an address", () => {
  const blocks = [...allocateSubnets("255.255.240.0/20", "muster", memberIds(256)).values()];
  expect(blocks).toContain("255.255.255.240/28");
});

test("an owner who becomes known later moves nobody", () => {
  const pool = "192.168.240.0/20";
  const owners = Array.from({ length: 200 }, (_, index) => `m${index}`);
  const subnetOf = createSubnets(pool, "shop", owners.slice(0, 100));
  const late = owners.map(subnetOf);
  expect(late).toEqual([...allocateSubnets(pool, "shop", owners).values()]);
  expect(owners.map(subnetOf)).toEqual(late);
});
