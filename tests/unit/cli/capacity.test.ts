import { createServer } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { createProgress } from "../../../cli/progress";
import {
  capacityWarnings,
  type DockerInfo,
  inotifyWarning,
  limitWarning,
  poolProblem,
  processWarning,
  roomProblem,
  watchesWarning,
} from "../../../cli/targets/docker/capacity";
import { listened, listenRefusal, preflight } from "../../../cli/targets/docker/preflight";
import type { Docker, Network } from "../../../cli/tools/docker";
import type { DockerHost } from "../../../cli/tools/docker-host";
import { processLimit } from "../../../config/catalogue";
import { resolveTeam } from "../../../config/members";
import { parseTeamConfig } from "../../../config/schema/team";
import { workloads } from "../../../config/workloads";

const teamOf = (members: number) =>
  resolveTeam(parseTeamConfig({ members: Array.from({ length: members }, (_, index) => ({ id: `m${index}` })) }));

const info: DockerInfo = { DockerRootDir: "/var/lib/docker", NCPU: 2, MemTotal: 2 ** 40 };

describe("what the engine cannot limit", () => {
  test("is named", () => {
    const warning = limitWarning({ ...info, MemoryLimit: false, PidsLimit: false, CpuCfsQuota: true });
    expect(warning).toContain("Docker cannot limit memory, processes here");
    expect(warning).toContain("Delegate=");
  });

  test("is nothing where it can, or does not say", () => {
    expect(limitWarning({ ...info, MemoryLimit: true, PidsLimit: true, CpuCfsQuota: true })).toBeUndefined();
    expect(limitWarning(info)).toBeUndefined();
  });
});

describe("the kernel's settings", () => {
  test("inotify instances are three for each editor", () => {
    expect(inotifyWarning(teamOf(42), 128)).toBeUndefined();
    const warning = inotifyWarning(teamOf(43), 128);
    expect(warning).toContain("43 editors need about 129 inotify instances, and the machine has 128");
    expect(warning).toContain("echo fs.inotify.max_user_instances=512 | sudo tee -a /etc/sysctl.d/60-muster.conf");
  });

  test("watches are eight thousand for each editor", () => {
    expect(watchesWarning(teamOf(3), 24_000)).toBeUndefined();
    expect(watchesWarning(teamOf(3), 23_999)).toContain("echo fs.inotify.max_user_watches=65536 | sudo tee -a");
  });

  test("processes are the sum of all limits", () => {
    const team = teamOf(3);
    const sum = workloads(team).reduce((total, { component }) => total + (processLimit(component) as number), 0);
    const warning = (pid_max?: number, threads?: number) => processWarning(team, { pid_max, "threads-max": threads });
    expect(warning(sum, sum)).toBeUndefined();
    expect(warning(sum - 1, sum)).toMatch(
      /^the limits on processes add up to (\d+), .*: echo kernel.pid_max=4194304 \|/,
    );
    // A machine with 2 GiB has fewer threads than numbers for them.
    expect(warning(sum, sum - 2)).toMatch(
      new RegExp(`has ${sum - 2}: echo kernel.threads-max=1048576 \\| sudo tee -a`),
    );
    expect(warning(sum - 1, sum - 2)).toMatch(
      new RegExp(`has ${sum - 2}: echo kernel.pid_max.* && echo kernel.threads`),
    );
    expect(warning()).toBeUndefined();
  });

  test("that cannot be read warn of nothing", () => {
    expect(capacityWarnings(teamOf(60), info, () => undefined).filter(Boolean)).toEqual([]);
  });
});

describe("the engine's address pools", () => {
  const networks = (subnets: readonly string[]): Network[] =>
    subnets.map((subnet, index) => ({ id: `${index}`, name: `n${index}`, labels: {}, subnets: [subnet] }));
  const builtIn = [
    ...Array.from({ length: 15 }, (_, index) => `172.${17 + index}.0.0/16`),
    ...Array.from({ length: 16 }, (_, index) => `192.168.${index * 16}.0/20`),
  ];

  test("have room as long as a block is free for each of the team's zones", () => {
    expect(poolProblem({ id: "red" }, null, networks(builtIn.slice(4)))).toBeUndefined();
    expect(poolProblem({ id: "red" }, null, networks(builtIn.slice(0, -4)))).toBeUndefined();
    expect(poolProblem({ id: "red" }, null, networks(builtIn.slice(3)))).toContain("docker network prune");
  });

  test("have room for everybody's sites and editors", () => {
    const pools = [{ Base: "10.9.0.0/16", Size: 24 }];
    expect(roomProblem(teamOf(1000), null)).toBeUndefined();
    expect(roomProblem(teamOf(20), [{ Base: "fd00::/48", Size: 64 }])).toBeUndefined();
    expect(roomProblem(teamOf(249), pools)).toBeUndefined();
    expect(roomProblem(teamOf(250), pools)).toMatch(/needs 254 addresses, and the engine gives each 253: .*"size": 23/);
  });

  test("are no help where the kernel has no more ports on a bridge", () => {
    const repositories = (count: number) => ({
      members: Array.from({ length: 1000 }, (_, index) => ({ id: `m${index}` })),
      repositories: Array.from({ length: count }, (_, index) => `r${index}`),
    });
    const problem = (count: number) => roomProblem(resolveTeam(parseTeamConfig(repositories(count))), null);
    expect(problem(20)).toBeUndefined();
    expect(problem(21)).toMatch(/^a network of this team needs 1024 containers, and Linux lets one have 1023: divide/);
  });

  test("may be the operator's own", () => {
    const pools = [{ Base: "10.9.0.0/22", Size: 24 }];
    expect(poolProblem({ id: "red" }, pools, networks([]))).toBeUndefined();
    expect(poolProblem({ id: "red" }, pools, networks(["10.9.0.0/24"]))).toContain("daemon.json");
    expect(poolProblem({ id: "red" }, [...pools, { Base: "fd00::/48", Size: 64 }], networks([]))).toBeUndefined();
  });

  test("do not matter to a team that has its networks", () => {
    const own = ["red", "red_editors", "red_ci", "red_workers"].map((name) => ({
      id: name,
      name,
      labels: {},
      subnets: [],
    }));
    expect(poolProblem({ id: "red" }, null, [...networks(builtIn), ...own])).toBeUndefined();
    expect(poolProblem({ id: "red" }, null, [...networks(builtIn), ...own.slice(1)])).toContain("docker network prune");
  });
});

describe("a neighbour on the port", () => {
  test.each([
    ["127.0.0.1", ["127.0.0.1", "::1"]],
    ["0.0.0.0", ["0.0.0.0", "::"]],
    ["192.0.2.7", ["192.0.2.7"]],
  ])("for %s is looked for on %j", (listen, expected) => {
    expect(listened(listen)).toEqual(expected);
  });

  test("is found in either family", async () => {
    for (const address of ["127.0.0.1", "::1"]) {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen({ host: address, port: 0 }, resolve));
      const { port } = server.address() as { port: number };
      const other = address === "::1" ? "127.0.0.1" : "::1";
      expect([await listenRefusal(address, port), await listenRefusal(other, port)]).toEqual(["EADDRINUSE", undefined]);
      await new Promise((resolve) => server.close(resolve));
      expect(await listenRefusal(address, port)).toBeUndefined();
    }
  });

  test("and an address that this machine does not have, but only where this machine is the engine's", async () => {
    const problem = (local: boolean, folder: string) => {
      const red = resolveTeam(parseTeamConfig({ members: [{ id: "alice" }], team: "red", listen: "192.0.2.7" }));
      const run = async () => JSON.stringify({ ...info, DockerRootDir: folder });
      const docker = { run, networks: async () => [] as Network[] } as Docker;
      const host = { local } as DockerHost;
      const progress = createProgress({ write: () => undefined });
      return preflight({ team: red, host, docker, containers: [], mustBuild: false }, progress).then(
        () => undefined,
        (error: Error) => error.message,
      );
    };
    expect(await problem(true, "/")).toMatch(
      /^ {2}muster:listen is 192\.0\.2\.7, which is no address of this machine: use 0\.0\.0\.0 for all of them, or .*127\.0\.0\.1/m,
    );
    // Its socket may be passed on from elsewhere: the folder of its data is not.
    expect(await problem(true, "/var/lib/docker-elsewhere")).toBeUndefined();
    expect(await problem(false, "/")).toBeUndefined();
  });
});
