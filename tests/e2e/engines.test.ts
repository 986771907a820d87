import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { DockerEnvironment } from "../support/docker-environment";
import { onDocker } from "../support/engines";
import { request } from "../support/http";

jest.setTimeout(20 * 60_000);

/** Sockets of further engines, with blanks between them: the other tests run on the one that they find. */
const SOCKETS = (process.env.MUSTER_TEST_ENGINES ?? "").split(/\s+/).filter(Boolean);

/** Asked while the tests are listed. */
const isPodman = (socket: string): boolean => {
  const env = { ...process.env, DOCKER_HOST: `unix://${socket}` };
  return execFileSync("docker", ["version", "--format", "{{json .Server}}"], { env }).includes("Podman Engine");
};

const walks = SOCKETS.flatMap((socket) =>
  onDocker().map(({ engine, unavailable }) => ({
    socket,
    engine: engine as "compose" | "pulumi",
    unavailable,
    refused: engine === "pulumi" && isPodman(socket),
  })),
);

if (walks.length === 0) test.skip("skipped: MUSTER_TEST_ENGINES names no socket of a further engine", () => {});
else describe.each(walks)("an environment on $socket by $engine", walk);

function walk({ socket, engine, unavailable, refused }: (typeof walks)[number]): void {
  if (unavailable !== undefined) {
    test.skip(`skipped: ${unavailable}`, () => {});
    return;
  }
  if (refused) {
    test("is refused, with the engine that works", async () => {
      const podman = await DockerEnvironment.create("enginespodman", engine, socket);
      const { code, output } = await podman.muster("up");
      await podman.dispose();
      expect(code).toBe(1);
      expect(output).toContain("this is Podman");
      expect(output).toContain("--engine compose works");
    });
    return;
  }

  let muster: DockerEnvironment;
  let before: Record<string, string>;
  /** Seconds by step, for whoever runs this by hand. */
  const took: string[] = [];
  const alice = { id: "alice", name: "Alice" };
  const roster = (...others: string[]) => ({ members: [alice, ...others.map((id) => ({ id }))] });

  async function timed(step: string, ...command: string[]): Promise<string> {
    const begin = performance.now();
    const output = await muster.succeed(...(command as [string]));
    took.push(`${step} ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    return output;
  }
  const replaced = async () => {
    const now = await muster.containers();
    return Object.keys(before).filter((name) => before[name] !== now[name]);
  };
  /** Networks, containers and untagged images, but for those of other teams, which come and go meanwhile. */
  const listing = async () => {
    const team = '{{.Label "muster.team"}}';
    const parts = await Promise.all([
      muster.docker("network", "ls", "--format", `{{.Name}} ${team}`),
      muster.docker("ps", "--all", "--format", `{{.Names}} ${team}`),
      muster.docker("image", "ls", "--filter", "dangling=true", "--format", "{{.ID}} "),
    ]);
    return parts.map(({ output }) =>
      output
        .split("\n")
        .filter((line) => line.endsWith(" ") || line.endsWith(` ${muster.team}`))
        .sort()
        .join(""),
    );
  };
  let empty: string[];

  beforeAll(async () => {
    muster = await DockerEnvironment.create(`engines${engine}`, engine, socket);
    empty = await listing();
  });
  afterAll(async () => {
    await muster?.dispose();
    console.info(`${socket} ${engine}: ${took.join(", ")}`);
  });

  test("comes up", async () => {
    muster.configure(roster("bob"));
    await timed("first up", "up");
    before = await muster.containers();
    expect((await request(muster.url("alice"))).status).toBe(200);
  });

  test("stays as it is at a second up, and where a refresh looks at the engine", async () => {
    await timed("second up", "up");
    expect(await replaced()).toEqual([]);
    if (engine !== "pulumi") return;
    const begin = performance.now();
    const { code, output } = await muster.pulumi("preview", "--refresh", "--expect-no-changes", "--non-interactive");
    took.push(`refresh ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    expect({ code, output: code === 0 ? "" : output }).toEqual({ code: 0, output: "" });
  });

  test("takes another member, and touches nobody else's", async () => {
    muster.configure(roster("bob", "carol"));
    await timed("add", "up");
    expect((await replaced()).sort()).toEqual(["roster"]);
    before = await muster.containers();
  });

  test("heals one container by itself", async () => {
    await muster.remove("bob-web");
    await timed("heal", "up");
    expect(await replaced()).toEqual(["bob-web"]);
    expect((await request(muster.url("bob"))).status).toBe(200);
  });

  test("goes, and leaves nothing but its volumes", async () => {
    await timed("down", "down");
    expect(await muster.containers()).toEqual({});
    expect(await listing()).toEqual(empty);
    expect(await muster.volumes()).toContain(muster.volume("alice", "home"));
  });
}
