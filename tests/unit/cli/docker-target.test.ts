import { describe, expect, test } from "@jest/globals";
import type { Progress } from "../../../cli/progress";
import { wantsOlder } from "../../../cli/targets/docker/compose";
import { limitProcesses, unlimited } from "../../../cli/targets/docker/processes";
import { sweep } from "../../../cli/targets/docker/sweep";
import { podmanObstacle } from "../../../cli/targets/docker/target";
import { adopted, removeOrphans } from "../../../cli/targets/docker/update";
import type { Container, Docker, Network } from "../../../cli/tools/docker";
import { adopt } from "../../../platform/docker/adopted";

const container = (id: string, component: string, state = "running"): Container => ({
  id,
  name: `red-${component}`,
  state,
  status: "",
  labels: { "muster.team": "red", "muster.component": component },
  ports: [],
});

const network = (id: string): Network => ({ id, name: id, labels: { "muster.team": "red" }, subnets: [] });

/** A daemon whose commands `answer` answers, undefined for one that fails. */
function daemon(
  has: { containers?: Container[]; networks?: Network[] },
  answer: (command: string) => string | undefined,
) {
  const commands: string[] = [];
  const ask = async (...args: string[]) => {
    commands.push(args.join(" "));
    return answer(args.join(" "));
  };
  const docker: Docker = {
    env: {},
    run: async (...args) => (await ask(...args)) ?? "",
    tryRun: ask,
    containers: async () => has.containers ?? [],
    networks: async () => has.networks ?? [],
    volumes: async () => [],
    hasImage: async () => true,
    logs: async () => [],
  };
  return { docker, commands };
}

describe("limits on processes", () => {
  const containers = [container("1", "code"), container("2", "worker-2"), container("3", "web"), container("4", "odd")];

  test("are given to the containers that lack them", async () => {
    const { docker, commands } = daemon({}, () => "1 null\n2 1024\n3 0\n4 null\n");
    const lacking = await unlimited(docker, containers);
    expect(lacking).toEqual([
      { name: "red-code", limit: 1024 },
      { name: "red-web", limit: 512 },
    ]);
    await limitProcesses(docker, lacking);
    expect(commands.slice(2)).toEqual(["update --pids-limit 1024 red-code", "update --pids-limit 512 red-web"]);
  });

  test("are left out where the engine has none", async () => {
    const { docker } = daemon({}, (command) => (command.startsWith("info") ? "false\n" : "1 null\n"));
    expect(await unlimited(docker, containers)).toEqual([]);
  });

  test("are asked for nothing where there is none", async () => {
    const { docker, commands } = daemon({}, () => "");
    expect(await unlimited(docker, [])).toEqual([]);
    expect(commands).toEqual([]);
  });
});

describe("what a killed run has made", () => {
  const told: string[] = [];
  const progress = { note: (text: string) => void told.push(text) } as Progress;
  const remove = (docker: Docker, ...known: string[]) =>
    removeOrphans({ resourceIds: async () => new Set(known) }, { docker, team: "red", progress });

  test("is removed where Pulumi's state does not know it", async () => {
    const containers = [container("c1", "web"), container("c2", "db")];
    const { docker, commands } = daemon({ containers, networks: [network("n1"), network("n2")] }, () => "");
    expect(await remove(docker, "c1", "n2")).toEqual({});
    expect(commands).toEqual(["stop -t 60 red-db", "rm --force red-db", "network rm n1"]);
    expect(told).toEqual(["Removed what an interrupted run left: red-db, n1"]);
  });

  test("is not there after a run that was not", async () => {
    const { docker, commands } = daemon({ containers: [container("c1", "web")], networks: [network("n1")] }, () => "");
    expect(await remove(docker, "c1", "n1")).toBeUndefined();
    expect(commands).toEqual([]);
  });
});

describe("a network that Docker does not give up", () => {
  const stuckOn = (endpoints: object, containers: Container[] = []) =>
    daemon({ networks: [network("n1"), network("n2")], containers }, (command) => {
      if (command === "network rm n1") return undefined;
      return command.startsWith("network inspect") ? JSON.stringify(endpoints) : "";
    });

  test("keeps no other from being removed, and a connection of nobody is cut", async () => {
    const { docker, commands } = stuckOn({ gone: { Name: "red-worker-1" } });
    const { networks, stuck } = await sweep(docker, "red");
    expect(networks).toEqual(["n2"]);
    expect(commands).toContain("network disconnect --force n1 red-worker-1");
    expect(stuck).toEqual([{ id: "n1", name: "n1", advice: expect.stringContaining("sudo systemctl restart docker") }]);
    // Pulumi's program takes it by this.
    const env = adopted(stuck);
    expect([adopt("n1", env), adopt("other", env), adopted([])]).toEqual([{ import: "n1" }, {}, {}]);
  });

  test("names whoever uses it", async () => {
    const foreign = { ...container("c9", "x"), name: "own", labels: {} };
    const { docker } = stuckOn({ c9: { Name: "own" } }, [foreign]);
    expect((await sweep(docker, "red")).stuck.map(({ advice }) => advice)).toEqual([
      "the network n1 stays, because own uses it: docker network disconnect n1 own",
    ]);
  });

  test("running containers are stopped before they are removed", async () => {
    const { docker, commands } = daemon(
      { containers: [container("1", "db"), container("2", "web", "exited")] },
      () => "",
    );
    await sweep(docker, "red");
    expect(commands).toEqual(["stop -t 60 red-db", "rm --force red-db red-web"]);
  });
});

describe("Pulumi", () => {
  const server = (...names: string[]) =>
    JSON.stringify({ Components: names.map((Name) => ({ Name, Version: "4.3.1" })) });
  const obstacle = (version: string) => podmanObstacle(daemon({}, () => version).docker);

  test("cannot work on Podman, and the remedy is named", async () => {
    expect(await obstacle(server("Podman Engine", "Conmon"))).toContain("--engine compose works");
  });

  test("is no reason for Compose 2 on a Podman whose networks it takes for others", async () => {
    const older = (components: string) => wantsOlder(daemon({}, () => components).docker);
    const podman = (version: string) => JSON.stringify({ Components: [{ Name: "Podman Engine", Version: version }] });
    expect(await Promise.all([podman("4.3.1"), podman("5.3.2"), podman("5.4.0"), "{}"].map(older))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test("asks a daemon once what it is, unless it did not answer", async () => {
    const answers = ["down", server("Engine")];
    let asked = 0;
    const { docker } = daemon({}, () => answers[Math.min(asked++, 1)] as string);
    await expect(podmanObstacle(docker)).rejects.toThrow("JSON");
    expect(await Promise.all([podmanObstacle(docker), wantsOlder(docker)])).toEqual([undefined, false]);
    expect(asked).toBe(2);
  });

  test("works on every other engine", async () => {
    for (const version of [server("Engine", "containerd"), "{}", '{"Components":null}']) {
      expect(await obstacle(version)).toBeUndefined();
    }
  });
});
