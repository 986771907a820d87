import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, jest, test } from "@jest/globals";
import type { PulumiCli } from "../../../cli/pulumi/cli";
import { memoryWarning } from "../../../cli/targets/docker/capacity";
import { runningEngine, teamContainers } from "../../../cli/targets/docker/containers";
import {
  cpuProblems,
  diskProblem,
  nameProblems,
  neighbourhoodWarning,
  networkProblems,
  portOwnerProblem,
} from "../../../cli/targets/docker/preflight";
import { isAppliedFrom } from "../../../cli/targets/docker/target";
import { missingContainers } from "../../../cli/targets/docker/update";
import { chooseEngine } from "../../../cli/targets/engines";
import type { Container, Network } from "../../../cli/tools/docker";
import type { Team } from "../../../config/members";
import { resolveTeam } from "../../../config/members";
import { parseTeamConfig } from "../../../config/schema/team";

const team: Team = resolveTeam(parseTeamConfig({ members: [{ id: "alice", cache: "redis" }, { id: "bob" }] }));

function container(name: string, labels: Record<string, string> = {}, ports: number[] = []): Container {
  return { id: name, name, state: "running", status: "Up 1 minute", labels, ports };
}

const ofPulumi = container("muster-gateway", { "muster.team": "muster" }, [8080]);
const ofCompose = container("muster-gateway", { "muster.team": "muster", "com.docker.compose.project": "muster" });
const ofOthers = container("rival-gateway", { "muster.team": "rival" }, [8080]);

describe("the engine that runs", () => {
  test("is told by Compose's label on the team's own containers", () => {
    expect(runningEngine([ofPulumi, ofOthers], "muster")).toBe("pulumi");
    expect(runningEngine([ofCompose, ofOthers], "muster")).toBe("compose");
    expect(runningEngine([ofOthers], "muster")).toBeUndefined();
    expect(teamContainers([ofPulumi, ofOthers], "muster")).toEqual([ofPulumi]);
  });
});

describe("the choice of the engine", () => {
  const binary: PulumiCli = { binary: "/opt/pulumi" };
  const none: PulumiCli = { unavailable: "the Pulumi CLI is not installed" };
  const choose = (
    requested: "pulumi" | "compose" | undefined,
    running: "pulumi" | "compose" | undefined,
    found: PulumiCli,
  ) => chooseEngine({ requested, running, exporter: "compose", findPulumi: async () => found, options: "" });

  test.each([
    [undefined, undefined, binary, { name: "pulumi", binary: "/opt/pulumi" }],
    [undefined, "pulumi", binary, { name: "pulumi", binary: "/opt/pulumi" }],
    [undefined, undefined, none, { name: "compose", reason: "the Pulumi CLI is not installed" }],
    [undefined, "compose", binary, { name: "compose" }],
    ["compose", undefined, binary, { name: "compose" }],
    ["compose", "compose", none, { name: "compose" }],
    ["pulumi", undefined, binary, { name: "pulumi", binary: "/opt/pulumi" }],
  ] as const)("asked for %s while %s runs, CLI %j", async (requested, running, found, expected) => {
    expect(await choose(requested, running, found)).toEqual(expected);
  });

  test.each([
    [
      "pulumi",
      "compose",
      binary,
      /Docker Compose brought this environment up.*npm run down, then npm run up -- --engine pulumi \(data volumes stay\)/s,
    ],
    ["compose", "pulumi", binary, /^Pulumi brought this environment up, and Docker Compose cannot take it over/],
    ["pulumi", undefined, none, /^Pulumi cannot be used here: the Pulumi CLI is not installed\.$/],
    [undefined, "pulumi", none, /cannot be used now.*change to Docker Compose: npm run down, then npm run up/s],
  ] as const)("asked for %s while %s runs, CLI %j, fails", async (requested, running, found, message) => {
    await expect(choose(requested, running, found)).rejects.toThrow(message);
  });

  test("the advice names the stack", async () => {
    const choice = chooseEngine({
      requested: "compose",
      running: "pulumi",
      exporter: "compose",
      findPulumi: async () => binary,
      options: " -- --stack team2",
    });
    await expect(choice).rejects.toThrow(
      "npm run down -- --stack team2, then npm run up -- --engine compose --stack team2 (data volumes stay)",
    );
  });

  test("the CLI is not looked for when Compose is certain", async () => {
    const findPulumi = jest.fn(async () => binary);
    await chooseEngine({ requested: undefined, running: "compose", exporter: "compose", findPulumi, options: "" });
    expect(findPulumi).toHaveBeenCalledTimes(0);
  });
});

describe("before anything is created", () => {
  const published = { port: 8080, key: "port" } as const;
  test("the port's owner is named, unless it is the team's own gateway", () => {
    expect(portOwnerProblem(team, ofPulumi, published)).toBeUndefined();
    expect(portOwnerProblem(team, ofOthers, published)).toBe(
      "port 8080 is taken by the container rival-gateway of team rival: end it, or set another muster:port in the stack file",
    );
    expect(portOwnerProblem(team, container("web", {}, [8080]), published)).toMatch(
      /^port 8080 is taken by the container web: /,
    );
  });

  test("a name that the team needs must be free or its own", () => {
    const free = ["muster-carl-web", "muster-bob-cache", "muster-worker-2", "muster-live-cache", "muster-live-code"];
    expect(nameProblems(team, [ofPulumi, ofOthers, ...free.map((name) => container(name))])).toEqual([]);
    const taken = ["muster-alice-web", "muster-portal", "muster-git", "muster-worker-1", "muster-live-deployer"];
    expect(
      nameProblems(
        team,
        [...taken].map((name) => container(name)),
      ),
    ).toEqual([
      expect.stringMatching(/^the name muster-alice-web is taken .*docker rm -f muster-alice-web/),
      ...taken.slice(1).map((name) => expect.stringMatching(`^the name ${name} is taken `)),
    ]);
  });

  test("a network of others may not share a member's addresses", () => {
    const network = (name: string, subnets: string[], labels = {}): Network => ({ id: name, name, labels, subnets });
    expect(networkProblems(team, [network("bridge", ["172.17.0.0/16"]), network("none", [])])).toEqual([]);
    expect(networkProblems(team, [network("muster-alice", ["10.199.65.144/28"], { "muster.team": "muster" })])).toEqual(
      [],
    );
    expect(networkProblems(team, [network("vpn", ["10.199.64.0/18"])])).toEqual([
      expect.stringMatching(
        /^alice's network \(10\.199\.65\.144\/28\) overlaps the Docker network vpn \(10\.199\.64\.0\/18\): set muster:docker/,
      ),
    ]);
    expect(networkProblems(team, [network("vpn", ["10.199.128.0/18"])])).toEqual([
      expect.stringMatching(/^live's network \(10\.199\.155\.208\/28\) overlaps the Docker network vpn /),
    ]);
  });

  test("a member's network takes no addresses away that this machine is among", () => {
    const at = (cidr: string, internal = false) => [{ cidr, internal, family: "IPv4" }] as NetworkInterfaceInfo[];
    const own: Network = { id: "1", name: "muster-alice", labels: {}, subnets: ["10.199.65.144/28"] };
    const harmless = { lo: at("10.199.65.145/8", true), eth0: at("192.168.1.5/24"), br: at("10.199.65.145/28") };
    expect(neighbourhoodWarning(team, [own], harmless)).toBeUndefined();
    expect(neighbourhoodWarning(team, [own], { ...harmless, eth1: at("10.199.64.7/22") })).toMatch(
      /^alice's network \(10\.199\.65\.144\/28\) is a part of .* \(10\.199\.64\.7\/22, eth1\).*: set muster:docker to/,
    );
  });

  const GIB = 1024 ** 3;

  test.each([
    [3.9 * GIB, true, 0, /^3\.9 GiB are free in \/data, and 4\.0 GiB are needed to build the images: make room/],
    [0.5 * GIB, false, 0, /^0\.5 GiB are free in \/data, and 1\.0 GiB are needed: make room/],
    [9 * GIB, true, 60, /and 13\.4 GiB are needed to build the images and for 60 new members: make room/],
    [1.1 * GIB, false, 1, /and 1\.2 GiB are needed for 1 new member: make room/],
    [4 * GIB, true, 0, undefined],
    [1.5 * GIB, false, 2, undefined],
    [undefined, true, 60, undefined],
  ])("%p bytes free, to build: %p, %p new members", (free, mustBuild, newMembers, expected) => {
    const problem = diskProblem("/data", free, { mustBuild, newMembers });
    if (expected === undefined) expect(problem).toBeUndefined();
    else expect(problem).toMatch(expected);
  });

  test("memory limits beyond the machine are a warning", () => {
    const members = 2 * (384 + 384 + 1536) + 96;
    const live = 384 + 384 + 384;
    const shared = 128 + 192 + 384 + 512 + 192 + 16 + 2 * 1024;
    const sum = (members + live + shared) * 1024 ** 2;
    expect(memoryWarning(team, sum)).toBeUndefined();
    expect(memoryWarning(team, sum - 1)).toMatch(/^the memory limits add up to 9\.1 GiB, and Docker has 9\.1 GiB\. /);
    expect(memoryWarning(team, 0)).toBeUndefined();
  });
});

test("containers that an environment lacks", () => {
  const all = missingContainers(team, []);
  expect(all).toEqual([
    "muster-gateway",
    "muster-portal",
    "muster-git",
    "muster-ci",
    "muster-worker-1",
    "muster-release-worker",
    "muster-mail",
    "muster-roster",
    "muster-live-web",
    "muster-live-db",
    "muster-live-deployer",
    "muster-alice-web",
    "muster-alice-db",
    "muster-alice-cache",
    "muster-alice-code",
    "muster-bob-web",
    "muster-bob-db",
    "muster-bob-code",
  ]);
  expect(
    missingContainers(
      team,
      all.filter((name) => name !== "muster-bob-db"),
    ),
  ).toEqual(["muster-bob-db"]);
});

test("CPU limits beyond the machine are a problem", () => {
  // By default every environment comes up on a machine with one CPU.
  expect(cpuProblems(team, 1)).toEqual([]);
  const large = resolveTeam(
    parseTeamConfig({
      members: [{ id: "alice" }, { id: "bob", limits: { code: { cpus: 2 }, cache: { cpus: 8 } } }],
      ci: { limits: { cpus: 4 } },
      live: { limits: { web: { cpus: 3 }, code: { cpus: 8 } } },
    }),
  );
  expect(cpuProblems(large, 4)).toEqual([]);
  expect(cpuProblems(large, 1)).toEqual([
    "ci/limits/cpus is 4, and Docker has 1: lower it",
    "live/limits/web/cpus is 3, and Docker has 1: lower it",
    "members/bob/limits/code/cpus is 2, and Docker has 1: lower it, or muster:defaults for everybody",
  ]);
});

test("containers made from another compose file are told apart", () => {
  const made = (file: string) => ({ labels: { "com.docker.compose.project.config_files": file } });
  expect(isAppliedFrom("/p/compose.yaml", [made("/p/compose.yaml")])).toBe(true);
  expect(isAppliedFrom("/p/compose.yaml", [made("/q/compose.yaml")])).toBe(false);
  expect(isAppliedFrom("/p/compose.yaml", [{ labels: {} }])).toBe(true);
});
